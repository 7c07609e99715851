"""What ends a command from outside or inside."""

import sys
from pathlib import Path
from typing import NoReturn

import pytest

import layerscope.api
from layerscope.__main__ import main
from layerscope.cli.kit.output import write
from layerscope.errors import AmbiguousImageError, DigestError, LayerscopeError, UsageError


def fails_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def inspect(*_: object, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(layerscope.api, "inspect", inspect)
    monkeypatch.setattr(sys, "argv", ["layerscope", "inspect", "x"])


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    fails_with(monkeypatch, KeyboardInterrupt())
    assert main() == 130
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "printed", "code"),
    [
        (
            DigestError("blob a\nb is not what its digest says", hint="Pull it\x1b again."),
            "layerscope: blob a\\nb is not what its digest says\n  Pull it\\x1b again.\n",
            3,
        ),
        (AmbiguousImageError("two images: a, b"), "layerscope: two images: a, b\n", 2),
    ],
)
def test_errors_are_at_most_two_lines(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    error: LayerscopeError,
    printed: str,
    code: int,
) -> None:
    fails_with(monkeypatch, error)
    assert main() == code
    assert capfd.readouterr() == ("", printed)


def test_an_error_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main()


def test_a_file_is_never_half_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def replace(_: Path, __: Path) -> NoReturn:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "replace", replace)
    (tmp_path / "report").write_text("old")
    with pytest.raises(UsageError, match=r"cannot write .*/report: Operation not permitted"):
        write("new", tmp_path / "report")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report", "old")]
