from builders import file, hardlink, symlink
from looking import COPY, RUN, Step, looked, reclaimable


def test_a_new_owner_costs_all_bytes_once_more() -> None:
    [found] = looked(
        "metadata-rewrite",
        COPY(". /app", file("app/a", b"a" * 100), file("app/b", b"b" * 20), file("app/c", b"c")),
        RUN("chown -R app /app", file("app/a", b"a" * 100, uid=7, gid=8), file("app/b", b"b" * 20, uid=7, gid=8)),
    )

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, ("app/a", "app/b"), 120)
    assert "changed only owner" in found.finding.message
    assert "COPY --chown=7:8 …" in found.finding.remedy


def test_owner_mode_and_time_are_told_apart() -> None:
    [found] = looked(
        "metadata-rewrite",
        RUN("make", file("a", b"a" * 100, mode=0o644, mtime=1)),
        RUN("chmod 755 a", file("a", b"a" * 100, mode=0o755, mtime=2)),
    )

    assert "changed only mode and time" in found.finding.message
    assert "RUN … && chmod 755 …" in found.finding.remedy


def test_all_three_at_once() -> None:
    after = file("a", b"a" * 100, uid=1, gid=2, mode=0o600, mtime=2)

    [found] = looked("metadata-rewrite", RUN("a", file("a", b"a" * 100)), COPY("a /", after))

    assert "changed only owner, mode and time" in found.finding.message
    assert "--chown=1:2 --chmod=600" in found.finding.remedy


def test_what_changes_nothing_is_found_as_well() -> None:
    [found] = looked(
        "metadata-rewrite",
        COPY("a /", file("a", b"a"), symlink("b", "a")),
        COPY(". /", file("a", b"a"), symlink("b", "a")),
    )

    assert reclaimable(found) == 2
    assert "changed nothing that can be seen" in found.finding.message
    assert "leave out the second COPY" in found.finding.remedy


def test_what_a_run_wrote_again_has_no_second_copy_to_leave_out() -> None:
    linked = RUN("ln a b", file("a", b"a" * 90), hardlink("b", "a"))
    [found] = looked("metadata-rewrite", COPY("a /", file("a", b"a" * 90)), linked)

    assert "leave out what writes it again (a second download, touch, ln, sed -i)." in found.finding.remedy
    [found] = looked("metadata-rewrite", RUN("make a", file("a", b"a" * 90)), linked)
    assert found.finding.remedy.endswith("sed -i); or make the two one: RUN … && ….")


def test_other_contents_are_not_even_of_one_size() -> None:
    assert looked("metadata-rewrite", RUN("a", file("a", b"11")), RUN("b", file("a", b"22"))) == []
    assert looked("metadata-rewrite", RUN("a", file("a", b"11")), RUN("b", file("a", b"1"))) == []


def test_within_one_layer_nothing_is_rewritten() -> None:
    assert looked("metadata-rewrite", RUN("a", file("a", b"11"), file("a", b"11", uid=1))) == []


def test_a_hard_link_in_its_place_is_compared_by_its_contents() -> None:
    after = RUN("b", file("b", b"1" * 50, uid=1), hardlink("a", "b"))

    [found] = looked("metadata-rewrite", RUN("a", file("a", b"1" * 50)), after)
    assert reclaimable(found) == 50
    assert looked("metadata-rewrite", RUN("a", file("a", b"2" * 50)), after) == []


def test_a_change_of_the_base_s_files_is_the_user_s() -> None:
    mine = b"m" * 5000
    base = Step("/bin/sh -c #(nop) ADD file:00 in / ", (file("usr/lib/big", mine),), "")
    [found] = looked("metadata-rewrite", base, RUN("chown -R app /usr", file("usr/lib/big", mine, uid=7)))

    assert (found.finding.layer, found.in_base, reclaimable(found)) == (1, False, 5000)
    assert found.finding.remedy.startswith("Change only your own files: ")
    assert found.finding.message.startswith("written by ADD file:00 in / and again")


def test_a_change_within_the_base_is_the_base_s() -> None:
    mine = b"m" * 5000
    steps = [Step(text, (file("big", mine, uid=uid),), "") for uid, text in enumerate(("/bin/sh -c a", "/bin/sh -c b"))]
    [found] = looked("metadata-rewrite", *steps, RUN("make", file("own", b"x")))

    assert (found.finding.layer, found.in_base) == (0, True)
    assert "chown -R 1:0" in found.finding.remedy
