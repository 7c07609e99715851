import pytest
from builders import file, symlink
from looking import COPY, RUN, looked, reclaimable

LOG = b"l" * 20_000


@pytest.mark.parametrize("path", ["var/log/apt/term.log", "tmp/a/b", "var/tmp/x", "run/x/y"])
def test_what_nothing_reads_again_is_found(path: str) -> None:
    [found] = looked("logs-and-temp", RUN("make", file(path, LOG), file("opt/x", LOG)))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (path,), 20_000)
    folder = "var/log" if "log" in path else "var/tmp" if path.startswith("var") else path.partition("/")[0]
    assert f"rm -rf /{folder}/*;" in found.finding.remedy


def test_links_little_and_login_logs_are_not() -> None:
    assert looked("logs-and-temp", RUN("a", symlink("var/log/nginx.log", "/dev/stdout"))) == []
    assert looked("logs-and-temp", RUN("a", file("var/log/x.log", b"x" * 9_999))) == []
    assert looked("logs-and-temp", RUN("a", file("var/log/lastlog", bytes(292_000)), file("tmpx/a", LOG))) == []


@pytest.mark.parametrize("run", [{"WorkingDir": "/tmp/app"}, {"Cmd": ["sh", "-c", "exec /tmp/app/x"]}])
def test_what_the_container_is_started_with_is_needed(run: dict[str, object]) -> None:
    assert looked("logs-and-temp", RUN("a", file("tmp/app/x", LOG)), run=run) == []


def test_what_was_copied_there_is_better_mounted() -> None:
    assert "type=bind" in looked("logs-and-temp", COPY("x /tmp/", file("tmp/x", LOG)))[0].finding.remedy
