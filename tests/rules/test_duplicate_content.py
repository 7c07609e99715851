from pathlib import Path

from builders import file, hardlink, symlink, whiteout
from looking import COPY, RUN, archive_of, looked, reclaimable

from layerscope import inspect


def big(fill: bytes) -> bytes:
    return fill * 150_000


def test_a_copy_under_another_name_is_found_and_the_lower_one_stays() -> None:
    [found] = looked(
        "duplicate-content",
        COPY("model.bin /models/", file("models/model.bin", big(b"m"))),
        RUN("cp", file("srv/weights", big(b"m")), file("srv/other", big(b"o"))),
    )

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (1, ("srv/weights",), 150_000)
    assert "/srv/weights written by RUN cp with the same contents as /models/model.bin" in found.finding.message
    assert "RUN … && ln -s /models/model.bin /srv/weights." in found.finding.remedy


def test_a_tree_that_was_copied_twice_is_one_finding() -> None:
    tree = {f"lib/{number % 7}/{number}.py": b"%d" % number * 2000 for number in range(100, 140)}

    [found] = looked(
        "duplicate-content",
        COPY("src /app", *(file(f"app/{path}", contents) for path, contents in tree.items())),
        COPY("src /srv/app", *(file(f"srv/app/{path}", contents) for path, contents in tree.items())),
    )

    assert reclaimable(found) == sum(map(len, tree.values()))
    assert "40 files in /srv/app written by COPY src /srv/app" in found.finding.message
    assert "RUN ln -s /app /srv/app;" in found.finding.remedy


def test_a_folder_with_more_in_it_than_copies_is_not_to_be_replaced_by_a_link() -> None:
    tree = {f"{number}.py": b"%d" % number * 20_000 for number in range(100, 110)}
    first = COPY("src /app", *(file(f"app/{path}", contents) for path, contents in tree.items()))
    second = [file(f"srv/app/{path}", contents) for path, contents in tree.items()]

    [found] = looked("duplicate-content", first, COPY("src /srv/app", *second, file("srv/app/own.py", b"o")))

    assert "RUN ln -s /app/100.py /srv/app/100.py;" in found.finding.remedy


def test_a_tree_that_was_copied_beside_others_is_named_itself() -> None:
    tree = {f"app/{number % 7}/{number}.py": b"%d" % number * 2000 for number in range(100, 140)}

    [found] = looked(
        "duplicate-content",
        COPY("src /srv/app", *(file(f"srv/{path}", contents) for path, contents in tree.items())),
        RUN("make", file("opt/tool", b"tool"), *(file(f"opt/{path}", contents) for path, contents in tree.items())),
    )

    assert "40 files in /opt/app written by RUN make with the same contents as files in /srv/app" in (
        found.finding.message
    )
    assert "RUN … && ln -s /srv/app /opt/app." in found.finding.remedy


def test_three_copies_claim_two() -> None:
    found = looked("duplicate-content", RUN("cp", *(file(f"lib/x.so{end}", big(b"x")) for end in ("", ".1", ".1.2"))))

    assert sum(map(reclaimable, found)) == 300_000


def test_hard_links_and_symbolic_links_are_no_copies() -> None:
    assert looked("duplicate-content", RUN("ln", file("a", big(b"a")), hardlink("b", "a"), symlink("c", "a"))) == []


def test_a_copy_with_two_names_is_claimed_once() -> None:
    [found] = looked("duplicate-content", RUN("cp", file("a", big(b"a")), file("b", big(b"a")), hardlink("c", "b")))

    assert reclaimable(found) == 150_000
    assert set(found.finding.paths) == {"b", "c"}


def test_a_copy_whose_first_name_is_gone_is_still_one() -> None:
    [found] = looked(
        "duplicate-content",
        RUN("cp", file("a", big(b"a")), file("b", big(b"a")), hardlink("c", "b")),
        RUN("rm", file("a", big(b"a"), uid=1), whiteout("b")),
    )

    assert "/a" in found.finding.message


def test_small_files_other_contents_and_hidden_copies_are_left_out() -> None:
    licences = [file(f"node_modules/{number}/LICENSE", b"MIT" * 400) for number in range(200)]

    assert looked("duplicate-content", RUN("npm ci", *licences)) == []
    assert looked("duplicate-content", RUN("a", file("a", big(b"a")), file("b", big(b"b")))) == []
    assert looked("duplicate-content", RUN("a", file("a", big(b"a"))), RUN("b", file("a", big(b"a"), uid=1))) == []


def test_many_pairs_of_folders_stay_readable() -> None:
    copies = [
        file(f"{side}/{number}.{number}/{side}{number}", big(b"%d" % number)) for number in range(10) for side in "ab"
    ]

    found = looked("duplicate-content", RUN("a", *copies))

    assert len(found) == 6
    assert sum(map(reclaimable, found)) == 1_500_000
    assert any("in 4 more pairs of folders" in each.finding.message for each in found)


def test_what_a_program_will_write_again_is_not_to_be_linked() -> None:
    files = [file(f"var/lib/postgresql/15/main/base/{number}/1255", big(b"d")) for number in (1, 4)]

    assert looked("duplicate-content", RUN("initdb", *files)) == []
    [found] = looked("duplicate-content", COPY("content /var/lib/ghost", *files))
    assert reclaimable(found) == 150_000


def installed(*paths: str) -> list[bytes]:
    """Make the books of npm for packages at these places, with a file each."""
    names = {path: path.rpartition("/")[2].encode() for path in paths}
    books = [file(f"{path}/package.json", b'{"name": "%s", "version": "1.0.0"}' % name) for path, name in names.items()]
    return [*books, *(file(f"{path}/data.js", big(b"d")) for path in paths)]


def test_what_two_packages_hold_is_their_makers_matter_but_not_one_package_twice(tmp_path: Path) -> None:
    image = tmp_path / "image.tar"
    places = "app/node_modules/a", "app/node_modules/b", "opt/node_modules/a"
    image.write_bytes(archive_of([RUN("npm", *installed(*places))]))

    [found] = [each for each in inspect(str(image)).findings if each.rule == "duplicate-content"]
    assert found.paths == ("opt/node_modules/a/data.js",)
    unowned = [each for each in inspect(str(image), packages=False).findings if each.rule == "duplicate-content"]
    assert sum(each.reclaimable_bytes for each in unowned) == 300_000
