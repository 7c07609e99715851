from builders import file
from looking import RUN, looked

from layerscope.rules.kit.rule import Severity


def test_bytecode_is_told_and_nothing_claimed() -> None:
    [found] = looked("python-bytecode", RUN("pip install", file("usr/lib/python3/__pycache__/a.pyc", b"p" * 100_000)))

    assert found.rule.severity is Severity.INFORMATION
    assert found.finding.claims == {}
    assert found.finding.layer == 0
    assert "ENV PYTHONDONTWRITEBYTECODE=1" in found.finding.remedy


def test_little_of_it_is_not() -> None:
    assert (
        looked("python-bytecode", RUN("pip install", file("a.pyc", b"p" * 99_999), file("a.py", b"p" * 200_000))) == []
    )
