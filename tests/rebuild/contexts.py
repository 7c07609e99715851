"""The build context of the pairs: a tree of files, the same as an archive, and a project under Git."""

import random
import tarfile
from pathlib import Path

from engines import checked


def make_context(folder: Path) -> Path:
    """Write everything that the Dockerfiles copy, the same bytes each time (but for Git's own)."""
    noise = random.Random(1)
    for number in range(40):
        path = folder / "tree" / f"part-{number % 4}" / f"file-{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise.randbytes(50_000 + 1000 * number))
    with tarfile.open(folder / "tree.tar", "w") as tar:
        tar.add(folder / "tree", "tree")
    _make_project(folder / "project", noise)
    return folder


def _make_project(folder: Path, noise: random.Random) -> None:
    """Make a project with a past, and with what tools and systems leave beside sources."""
    (folder / "src" / ".mypy_cache").mkdir(parents=True)
    checked("git", "init", "--quiet", folder)
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    for version in range(3):
        (folder / "src" / "model.bin").write_bytes(noise.randbytes(500_000))
        (folder / "src" / "main.py").write_text(f"print({version})\n")
        checked("git", "-C", folder, "add", "--all", HOME=str(folder))
        checked("git", "-C", folder, *who, "commit", "--quiet", "--message", f"version {version}", HOME=str(folder))
    (folder / "src" / ".mypy_cache" / "cache.db").write_bytes(noise.randbytes(900_000))
    (folder / "src" / ".DS_Store").write_bytes(bytes(6148))
