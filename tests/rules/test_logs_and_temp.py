import pytest
from builders import file, symlink
from looking import COPY, RUN, looked, reclaimable

LOG = b"l" * 20_000


@pytest.mark.parametrize("path", ["var/log/apt/term.log", "tmp/a/b", "var/tmp/x", "run/x/y"])
def test_what_nothing_reads_again_is_found(path: str) -> None:
    [found] = looked("logs-and-temp", RUN("make", file(path, LOG), file("opt/x", LOG)))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (path,), 20_000)


def test_the_remedy_leaves_the_folders_that_servers_log_to() -> None:
    [found] = looked(
        "logs-and-temp", RUN("make", *(file(path, LOG) for path in ("var/log/nginx/a", "run/x/y", "tmp/z")))
    )

    assert found.finding.remedy == (
        "Delete them in the instruction that writes them: RUN … && rm -rf /tmp/* && find /run /var/log -type f "
        "-delete; or keep nothing of it: RUN --mount=type=tmpfs,target=/tmp …."
    )


def test_the_remedy_leaves_what_the_container_is_started_with() -> None:
    made = RUN("make", file("tmp/app/x", LOG), file("tmp/log file", LOG))
    [found] = looked("logs-and-temp", made, run={"Cmd": ["/tmp/app/x"]})

    assert found.finding.remedy.endswith("RUN … && rm '/tmp/log file'.")


def test_links_little_and_login_logs_are_not() -> None:
    assert looked("logs-and-temp", RUN("a", symlink("var/log/nginx.log", "/dev/stdout"))) == []
    assert looked("logs-and-temp", RUN("a", file("var/log/x.log", b"x" * 9_999))) == []
    assert looked("logs-and-temp", RUN("a", file("var/log/lastlog", bytes(292_000)), file("tmpx/a", LOG))) == []


@pytest.mark.parametrize("run", [{"WorkingDir": "/tmp/app"}, {"Cmd": ["sh", "-c", "exec /tmp/app/x"]}])
def test_what_the_container_is_started_with_is_needed(run: dict[str, object]) -> None:
    assert looked("logs-and-temp", RUN("a", file("tmp/app/x", LOG)), run=run) == []


def test_what_was_copied_there_is_better_mounted() -> None:
    assert "type=bind" in looked("logs-and-temp", COPY("x /tmp/", file("tmp/x", LOG)))[0].finding.remedy
