"""Small applications in every way that they are usually built, in ``applications/NAME``.

Each has a Dockerfile of a single stage as people write them, with all tools in the final image; the same as somebody
would split it by hand, but where there is nothing to split; its context, and what its container prints.
"""

from pathlib import Path
from typing import Final, NamedTuple

COLUMNS: Final = (
    "application",
    "proposal",
    "before",
    "predicted",
    "after",
    "difference",
    "by hand",
    "of its saving",
)
"""Of the table of what splits gave."""
FOLDER: Final = Path(__file__).parent / "applications"
BASES: Final = {"debian:bookworm": "debian", "node:20": "node"}
"""What the Dockerfiles stand on, as they know it → the base of these tests that takes its place."""


class Application(NamedTuple):
    """One folder, read."""

    name: str
    path: Path
    """Of the Dockerfile."""
    by_hand: str
    """The Dockerfile as a person would split it; empty where there is nothing to split."""
    output: str
    """What the container prints."""

    @property
    def dockerfile(self) -> str:
        return self.path.read_text()

    @property
    def context(self) -> Path:
        return self.path.with_name("context")

    @property
    def buildkit(self) -> bool:
        """Whether it takes BuildKit to build."""
        return "--mount" in self.dockerfile

    @property
    def bases(self) -> dict[str, str]:
        """Those of the Dockerfile, as BASES has them."""
        lines = self.dockerfile.splitlines()
        return {name: base for name, base in BASES.items() if any(line.startswith(f"FROM {name}") for line in lines)}


def _read(folder: Path) -> Application:
    by_hand = folder / "by-hand.dockerfile"
    text = by_hand.read_text() if by_hand.exists() else ""
    return Application(folder.name, folder / "Dockerfile", text, (folder / "output").read_text())


APPLICATIONS: Final = {each.name: _read(each) for each in sorted(FOLDER.iterdir())}
