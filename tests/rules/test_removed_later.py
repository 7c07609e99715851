from builders import file, hardlink, whiteout
from looking import COPY, RUN, looked, reclaimable


def test_what_a_later_instruction_deletes_is_found_with_both() -> None:
    [found] = looked(
        "removed-later",
        COPY("model.bin /tmp/", file("tmp/model.bin", b"m" * 5000), file("tmp/small", b"s" * 10)),
        RUN("rm /tmp/model.bin /tmp/small", whiteout("tmp/model.bin"), whiteout("tmp/small")),
    )

    assert reclaimable(found) == 5010
    assert found.finding.layer == 0
    assert found.finding.paths == ("tmp/model.bin", "tmp/small")
    assert "COPY model.bin /tmp/" in found.finding.message
    assert "RUN rm /tmp/model.bin" in found.finding.message


def test_what_is_kept_or_overwritten_is_not() -> None:
    assert looked("removed-later", RUN("a", file("a", b"1")), RUN("b", file("a", b"22"))) == []


def test_the_remedy_names_what_is_gone_and_never_a_folder_that_is_still_there() -> None:
    [found] = looked(
        "removed-later",
        RUN("make", file("opt/app", b"a"), file("opt/work/src/a.c", b"c" * 9), file("opt/log file", b"l" * 5)),
        RUN("rm", whiteout("opt/work"), whiteout("opt/log file")),
    )

    assert "rm -rf /opt/work '/opt/log file';" in found.finding.remedy


def test_what_was_copied_is_better_never_copied() -> None:
    [found] = looked("removed-later", COPY("a /a", file("a", b"1")), RUN("rm /a", whiteout("a")))

    assert "--mount=type=bind" in found.finding.remedy


def test_of_hard_links_the_bytes_count_when_the_last_name_goes() -> None:
    linked = RUN("ln", file("a", b"1" * 100), hardlink("b", "a"))

    assert looked("removed-later", linked, RUN("rm a", whiteout("a"))) == []
    [found] = looked("removed-later", linked, RUN("rm a", whiteout("a")), RUN("rm b", whiteout("b")))
    assert reclaimable(found) == 100
    assert "RUN rm b" in found.finding.message
