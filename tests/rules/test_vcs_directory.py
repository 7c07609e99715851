import pytest
from builders import file, whiteout
from looking import COPY, RUN, looked, reclaimable


@pytest.mark.parametrize("name", [".git", ".hg", ".svn", ".bzr"])
def test_a_copied_history_belongs_into_dockerignore(name: str) -> None:
    [found] = looked(
        "vcs-directory",
        COPY(". /app", file(f"app/{name}/objects/pack/a.pack", b"p" * 100), file("app/main.py", b"m")),
    )

    assert (found.finding.layer, reclaimable(found)) == (0, 100)
    assert found.finding.remedy == f"List it in .dockerignore: **/{name}."


def test_a_cloned_one_is_deleted_where_it_was_cloned() -> None:
    [found] = looked("vcs-directory", RUN("git clone", file("src/x/.git/HEAD", b"ref: x")))

    assert "RUN … && rm -rf /src/x/.git;" in found.finding.remedy


def test_several_are_told_one_by_one() -> None:
    assert len(looked("vcs-directory", COPY(". /", file("a/.git/HEAD", b"1"), file("b/.git/HEAD", b"1")))) == 2


def test_what_is_named_alike_or_gone_is_not() -> None:
    others = file("app/.gitignore", b"x"), file("app/.github/workflow", b"x"), file("sub/.git", b"gitdir: ../.git")

    assert looked("vcs-directory", COPY(". /app", *others)) == []
    assert looked("vcs-directory", COPY(". /", file(".git/HEAD", b"x")), RUN("rm", whiteout(".git"))) == []
