from builders import file, hardlink, symlink, whiteout
from looking import COPY, RUN, Step, looked, reclaimable


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


def test_what_is_moved_is_no_waste_to_delete_but_to_write_elsewhere() -> None:
    [found] = looked(
        "removed-later",
        RUN("curl -o /tmp/kubectl", file("tmp/kubectl", b"k" * 5000)),
        RUN("mv", whiteout("tmp/kubectl"), file("usr/local/bin/kubectl", b"k" * 5000, mode=0o755)),
    )

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, ("tmp/kubectl",), 5000)
    assert "and moved by RUN mv, which writes it once more" in found.finding.message
    assert "RUN … && mv /tmp/kubectl /usr/local/bin/kubectl." in found.finding.remedy


def test_a_moved_folder_is_named_once_and_what_was_only_deleted_is_told_apart() -> None:
    moved, deleted = looked(
        "removed-later",
        COPY("site /opt/site", file("opt/site/a/b.js", b"b" * 90), symlink("opt/site/c.js", "a/b.js"), file("x", b"x")),
        RUN("mv", whiteout("opt/site"), whiteout("x"), file("srv/a/b.js", b"b" * 90), symlink("srv/c.js", "a/b.js")),
        RUN("keep", file("opt/else", b"e")),
    )

    assert (deleted.finding.paths, moved.finding.paths) == (("x",), ("opt/site/a/b.js", "opt/site/c.js"))
    assert "COPY … /srv;" in moved.finding.remedy


def test_as_large_is_not_moved() -> None:
    [found] = looked(
        "removed-later", RUN("a", file("a", b"1" * 50)), RUN("b", whiteout("a"), file("b", b"2" * 50), file("c", b"1"))
    )

    assert "and deleted by RUN b" in found.finding.message


def test_what_the_base_brought_no_instruction_of_ours_takes_back() -> None:
    base = Step("/bin/sh -c #(nop) ADD file:00 in / ", (file("usr/doc/a", b"a" * 50), file("usr/b", b"b")), "")
    [found] = looked("removed-later", base, RUN("rm -rf /usr/doc", whiteout("usr/doc")))

    assert (found.in_base, found.finding.layer) == (True, 0)
    assert found.finding.remedy.startswith("Leave it, or begin with a base image that does without: ")


def test_a_layer_of_which_nothing_is_told_is_named_by_its_number() -> None:
    [found] = looked("removed-later", Step("", (file("a", b"1"),), ""), Step("", (whiteout("a"),), ""))

    assert found.finding.message.startswith("written by layer 0 and deleted by layer 1, ")
