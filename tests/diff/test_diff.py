"""``layerscope diff`` through the front door: what changed from one image to another, in every format."""

import inspect as introspection
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from builders import docker_archive, file, folder, hardlink, symlink, tar_of, whiteout
from images import Saved, as_tar, digest_of, docker_10
from looking import COPY, META, RUN, Step
from shops import BASE, NEW, OLD, differing, dpkg, shop

import layerscope
from layerscope.changes import DifferenceReport, GroupReport, StackReport
from layerscope.cli.kit.app import run
from layerscope.errors import NotFoundError, UsageError
from layerscope.render import formats, renderer
from layerscope.render.json import render
from layerscope.render.kit.view import View
from layerscope.rules import Choice

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "diff.md").read_text("utf-8")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command in this process; return what it prints."""
    assert run(["diff", *arguments]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


# The pages, whole


def test_the_page_is_the_one_that_is_documented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    example = re.search(r"^```console\n\$ layerscope diff shop-1.tar shop-2.tar\n((?:.*\n)*?)^```", DOC, re.MULTILINE)
    assert example
    assert printed(capsys, *shop(tmp_path)) == example[1]


def test_what_saves_no_bytes_stands_in_the_same_columns(capsys: pytest.CaptureFixture[str]) -> None:
    fixtures = Path(__file__).parents[2] / "fixtures"
    old, new = fixtures / "archives" / "docker-20.10-import.tar", fixtures / "example" / "tidewatch.tar.xz"
    page = printed(capsys, str(old), str(new), "--top", "20").partition("\nFindings ")[2]
    found = [line for line in page.splitlines() if line[:33].strip()]
    assert any("information  new " in line for line in found)
    assert {line.index("  new ") for line in found if "  new " in line} == {31}


MARKDOWN = Path(__file__).with_name("shop.md").read_text("utf-8")


def test_markdown_is_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, *shop(tmp_path), "--format", "markdown", "--top", "2") == MARKDOWN


NARROW = """\
shop:1 is 1.7 MB smaller than shop:2 (-74.3%)

     change       old       new
    -1.7 MB    2.3 MB  580.2 kB  content  in 4 layers instead of 5
    -1.7 MB    2.3 MB  597.5 kB  stored   as blobs
                       504.3 kB  pulled   beside OLD: 3 n...

Instructions  2 changed, 1 removed, 2 rebuilt, 2 the same
    -1.2 MB    1.3 MB  120.1 kB  changed  3 RUN ...--no-c...
                                 was      3 RUN ...flask=...
  -500.0 kB  500.0 kB            removed  5 COPY seed.sql...
  and 3 more (--top shows them)
  new layers from 2 RUN apt-get update && apt-get install...

Settings  4 changed
  ENV API_TOKEN  *** -> ***
  ENV MODE       production -> staging
  and 2 more (--top shows them)

Packages  2 down, 1 removed
   -31.0 kB   31.0 kB            removed  dpkg    jq  1.6-2.1
   -12.0 kB  132.1 kB  120.1 kB  down     python  flask  3....
  and 1 more (--top shows them)

Folders  each without those below that are listed too
    -1.2 MB    1.2 MB             1 file  /root.../a/b/c/d/e
  -430.0 kB  500.0 kB   70.0 kB  5 files  /srv/shop
  and 1 more (--top shows them)

Files  5 changed, 5 added, 6 removed, 4 the same
    -1.2 MB    1.2 MB            removed  /root...abcde.body
  -500.0 kB  500.0 kB            removed  /srv/shop/seed.sql
  and 14 more (--top shows them)

Findings  1 new, 1 gone, 1 the same
    -1.2 MB    1.2 MB            gone     pip-cache  in 3...
                                          /root/....d/e/abcde.body
   +70.0 kB             70.0 kB  new      vcs-directory...
                                          /sr...-1.pack and 2 more
                                          The history of the
                                          sources in
                                          /srv/shop/.git, written
                                          by COPY . /srv/shop,
                                          with all that was ever
                                          deleted from them
                                          -> List it in
                                            .dockerignore:
                                            **/.git.
"""


def test_a_narrow_terminal_of_ascii(tmp_path: Path) -> None:
    """Where a line changed is seen, though little of it fits."""
    command = [sys.executable, "-m", "layerscope", "diff", *reversed(shop(tmp_path)), "--top", "2"]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "60", "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    environment["LAYERSCOPE_NO_CACHE"] = "1"
    done = subprocess.run(command, capture_output=True, check=True, env=environment, cwd=tmp_path)
    assert done.stdout.decode("ascii") == NARROW


@pytest.mark.parametrize("name", ["table", "markdown"])
def test_of_identical_images_one_sentence(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = shop(tmp_path)
    quoted = "shop:1" if name == "table" else "`shop:1`"  # within <code>, Markdown would still be Markdown
    assert printed(capsys, old, old, "--format", name) == f"Nothing changed: both are {quoted}.\n"


def test_of_one_image_under_two_names_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "all.tar"
    path.write_bytes(as_tar(docker_10(Saved(tags=["app:1"]), Saved(tags=["app:2"]))))
    assert printed(capsys, f"{path}:app:1", f"{path}:app:2") == "Nothing changed: app:2 is what app:1 is.\n"


def test_json_tells_what_the_library_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = shop(tmp_path)
    text = printed(capsys, *paths, "--format", "json", "--top", "3")
    made = layerscope.diff(*paths, top=3)
    assert text == render(made, View())
    assert msgspec.json.decode(text, type=layerscope.DiffReport).diff.totals == made.diff.totals
    assert layerscope.diff(*paths, top=3) == made


def amount(old: int | None, new: int | None) -> dict[str, int | None]:
    return {"old": old, "new": new}


def groups(names: str, **told: tuple[int, int, int]) -> dict[str, dict[str, int]]:
    keys = ("count", "old_bytes", "new_bytes")
    return {name: dict(zip(keys, told.get(name, (0, 0, 0)), strict=True)) for name in names.split()}


def test_json_of_a_small_pair_whole() -> None:
    old = [COPY("a /", file("a", b"x" * 10)), RUN("make", file("b", b"y" * 5))]
    new = [COPY("a /", file("a", b"x" * 10)), RUN("make", file("b", b"y" * 7)), META("USER app")]
    whole = json.loads(render(layerscope.DiffReport(1, differing(old, new, ({}, {"User": "app"}))), View()))["diff"]
    ids = {digest_of(tar_of(step.members or ())): f"layer {at}" for at, step in enumerate((*old, new[1]))}
    for each in whole["instructions"]:
        for side in ("old", "new"):
            if each[side]:
                each[side] = [each[side][key] for key in ("index", "kind", "text", "layer", "content_bytes")] + [
                    ids.get(each[side]["diff_id"])
                ]
    assert {each.pop("image_id")[:7] for each in (whole["old"], whole["new"])} == {"sha256:"}
    image = {
        "reference": "made:1",
        "source": "docker-archive",
        "digest": None,
        "platform": {"os": "linux", "architecture": "amd64", "variant": ""},
        "created": None,
        "base": None,
        "fetched_bytes": None,
    }
    assert whole == {
        "old": image,
        "new": image,
        "identical": False,
        "totals": {
            "content_bytes": amount(15, 17),
            "kept_bytes": amount(15, 17),
            "wasted_bytes": amount(0, 0),
            "reclaimable_bytes": amount(0, 0),
            "tar_bytes": amount(4096, 4096),
            "blob_bytes": amount(4096, 4096),
            "layers": amount(2, 2),
            "entries": amount(2, 2),
            "unowned_bytes": amount(15, 17),
            "shared": {"layers": 1, "content_bytes": 10, "blob_bytes": 2048},
            "only_old": {"layers": 1, "content_bytes": 5, "blob_bytes": 2048},
            "only_new": {"layers": 1, "content_bytes": 7, "blob_bytes": 2048},
            "instructions": groups(
                "added removed changed rebuilt same", added=(1, 0, 0), rebuilt=(1, 5, 7), same=(1, 10, 10)
            ),
            "paths": groups("added removed changed same uncompared", changed=(1, 5, 7), same=(1, 10, 10)),
            "packages": groups("added removed up down changed resized same"),
            "findings": {"new": 0, "gone": 0, "changed": 0, "same": 0},
        },
        "instructions": [
            {
                "change": "same",
                "old": [0, "COPY", "a /", 0, 10, "layer 0"],
                "new": [0, "COPY", "a /", 0, 10, "layer 0"],
                "arguments": [],
            },
            {
                "change": "rebuilt",
                "old": [1, "RUN", "make", 1, 5, "layer 1"],
                "new": [1, "RUN", "make", 1, 7, "layer 2"],
                "arguments": [],
            },
            {"change": "added", "old": None, "new": [2, "USER", "app", None, 0, None], "arguments": []},
        ],
        "settings": [{"what": "USER", "old": None, "new": "app"}],
        "folders": [{"path": "", "count": 1, "old_bytes": 5, "new_bytes": 7}],
        "paths": [{"change": "changed", "path": "b", "old_bytes": 5, "new_bytes": 7}],
        "packages": [],
        "findings": [],
        "notes": [],
    }


# What is hostile


@pytest.mark.parametrize("name", formats("diff"))
def test_no_format_shows_a_secret_or_lets_a_name_speak_its_language(name: str, tmp_path: Path) -> None:
    evil = 'a:<script>|`"\x1b[31m\n# x @team'
    secrets = ("hunter2secret", "hunter3secret")
    for tag, secret in zip((evil, "b:1"), secrets, strict=True):
        layer = tar_of([file(f"srv/{evil[2:]}", secret.encode())])
        texts = [f"TOKEN={secret} make", f"echo '{evil[2:]}'"]
        given = f"|2 A={tag} TOKEN={secret} /bin/sh -c x"
        settings = {"Env": [f"PASSWORD={secret}"], "Labels": {evil: f"https://a:{secret}@b/"}, "Cmd": ["x", evil]}
        past = [{"created_by": f"RUN /bin/sh -c {text} # buildkit"} for text in texts]
        past.append({"created_by": f"RUN {given} # buildkit", "empty_layer": True})
        saved = Saved([layer, layer], [tag], {"history": past, "config": settings})
        (tmp_path / f"{secret}.tar").write_bytes(as_tar(docker_10(saved)))
    report = layerscope.diff(*(str(tmp_path / f"{secret}.tar") for secret in secrets))
    text = renderer(name, "diff")(report, View(truncate=False)).replace(str(tmp_path), "")
    assert "ARG TOKEN" in text
    assert "hunter" not in text
    assert "\x1b" not in text
    assert "\n# x" not in text
    if name == "markdown":
        assert "<script>" not in re.sub("(`+).*?\\1", "", text)
        assert "@team" not in re.sub("(`+).*?\\1|<code>.*?</code>", "", text)
        assert len({line.count(" | ") for line in text.splitlines() if line.startswith("|")}) == 1


@pytest.mark.parametrize(
    ("names", "error"), [(("-", "-"), UsageError), (("docker-archive:absent.tar", "-"), NotFoundError)]
)
def test_what_cannot_be_asked(names: tuple[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        layerscope.diff(*names, pull="never")


def test_two_from_standard_input_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "-", "-"]) == 2
    assert "two images cannot both come from standard input" in capsys.readouterr().err


def test_every_parameter_is_documented() -> None:
    parameters = introspection.signature(layerscope.diff).parameters
    documentation = introspection.getdoc(layerscope.diff) or ""
    assert all(f"``{name}``" in documentation for name in parameters)


# Instructions


def told(report: DifferenceReport) -> list[tuple[str, str, int, int]]:
    """Return the instructions that are not the same, with the bytes of both sides."""
    return [
        (
            each.change,
            (each.new or each.old).text,  # type: ignore[union-attr]
            each.old.content_bytes if each.old else 0,
            each.new.content_bytes if each.new else 0,
        )
        for each in report.instructions
        if each.change != "same"
    ]


def test_one_changed_line() -> None:
    """Those below it are the same, those above it were built again, with as many bytes."""
    stamp = file("etc/stamp", b"1")
    old = [BASE, RUN("make -j1 all", file("app", b"a" * 100)), RUN("date > /etc/stamp", stamp), META("CMD app")]
    new = [BASE, RUN("make -j2 all", file("app", b"a" * 170)), RUN("date > /etc/stamp", file("etc/stamp", b"2"))]
    report = differing(old, [*new, META("CMD app")])
    assert told(report) == [("changed", "make -j2 all", 100, 170), ("rebuilt", "date > /etc/stamp", 1, 1)]
    assert report.totals.content_bytes.new - report.totals.content_bytes.old == 70


def test_where_new_layers_begin_though_no_byte_is_more() -> None:
    """A base image that is the same, a line built again with the cache gone: why so much is pulled."""
    apt = [RUN("apt-get install", file("var/log/apt", when)) for when in (b"1", b"2")]
    pages = {}
    for name, below in (("shared", BASE), ("alone", COPY("other /", file("x", b"x")))):
        report = differing([BASE, META("ENV A=b"), apt[0]], [below, META("ENV A=b"), apt[1], META("CMD sh")])
        pages[name] = renderer("table", "diff")(layerscope.DiffReport(1, report), View())
    assert (
        "the same\n                                 added    3 CMD sh\n  new layers from 2 RUN apt-get install\n"
        in (pages["shared"])
    )
    assert "new layers from" not in pages["alone"]


def test_an_inserted_line_does_not_shift_the_rest() -> None:
    lines = [RUN(f"step {number}", file(f"f{number}", b"x" * number)) for number in range(8)]
    twice = META("WORKDIR /app")
    old = [twice, *lines[:4], twice, *lines[4:]]
    new = [twice, lines[0], twice, RUN("other thing", file("g", b"g" * 50)), *lines[1:4], twice, *lines[4:]]
    assert told(differing(old, new)) == [("added", "/app", 0, 0), ("added", "other thing", 0, 50)]
    assert told(differing(new, old)) == [("removed", "/app", 0, 0), ("removed", "other thing", 50, 0)]


def test_what_sets_one_thing_is_changed_and_what_is_not_alike_is_not() -> None:
    old = [META("USER root"), RUN("pip install --upgrade flask", file("a", b"a")), META('CMD ["x"]')]
    new = [META("USER app"), RUN("curl -O example", file("b", b"bb")), META('CMD ["y"]')]
    assert told(differing(old, new)) == [
        ("changed", "app", 0, 0),
        ("removed", "pip install --upgrade flask", 1, 0),
        ("added", "curl -O example", 0, 2),
        ("changed", '["y"]', 0, 0),
    ]


def test_the_layout_of_a_line_does_not_matter() -> None:
    old, new = (RUN(f"a {blank} b", file("a", b"a")) for blank in ("&&", "  \\t &&"))
    assert [each.change for each in differing([old], [old._replace(created_by=new.created_by)]).instructions] == [
        "changed"
    ]
    spaced = old._replace(created_by=old.created_by.replace(" && ", "   &&\t\t"))
    assert differing([old], [spaced]).identical


def built_with(arguments: str, size: int, command: str = "make") -> Step:
    return Step(f"RUN {arguments}/bin/sh -c {command} # buildkit", (file(f"srv/{command}", b"a" * size),))


ARGUMENTS = """\
Instructions  1 rebuilt, 3 the same
        0 B       1 B       1 B  same     1 RUN curl
                                 with     ARG TOKEN  *** → ***
                                 with     ARG VERSION  1.2 → 1.3 beta
      +70 B     100 B     170 B  rebuilt  2 RUN make
"""


def test_build_arguments_that_changed() -> None:
    """Of one text, and another layer: why is told where it first matters, and without the secret."""
    steps = [
        [
            BASE,
            *(
                built_with(f"|2 TOKEN={token} VERSION={version} ", *each)
                for each in ((1, "curl"), (size, "make"), (2, "ls"))
            ),
        ]
        for token, version, size in (("hunter2secret", "1.2", 100), ("hunter3secret phrase", "1.3 beta", 170))
    ]
    report = differing(*steps)
    changed = [(each.what, each.old, each.new) for each in report.instructions[1].arguments]
    assert changed == [("ARG TOKEN", "***", "***"), ("ARG VERSION", "1.2", "1.3 beta")]
    assert [len(each.arguments) for each in report.instructions] == [0, 2, 2, 2]
    assert told(report) == [("rebuilt", "make", 100, 170)]
    page, comment = (renderer(name, "diff")(layerscope.DiffReport(1, report), View()) for name in ("table", "markdown"))
    assert ARGUMENTS in page
    assert "| same `1 RUN curl`, with `ARG TOKEN` `***` → `***`, with `ARG VERSION` `1.2` → `1.3 beta` |" in comment
    assert "| rebuilt `2 RUN make` |" in comment
    assert "hunter" not in page + comment + render(layerscope.DiffReport(1, report), View())


def test_a_build_argument_alone_is_a_change() -> None:
    """It is one that the instruction does not read, or one that is new."""
    [one, none] = built_with("|1 A=b ", 1), built_with("", 1)
    report = differing([one], [none])
    assert not report.identical
    assert [(each.what, each.old, each.new) for each in report.instructions[0].arguments] == [("ARG A", "b", None)]
    assert report.instructions[0].change == "same"
    several = [built_with(f"|2 A={value} b=c C=d ", 1) for value in "xy"]  # which are two would be a guess
    [told] = differing([several[0]], [several[1]]).instructions[0].arguments
    assert (told.what, told.old, told.new) == ("ARG", "A=x b=c C=d", "A=y b=c C=d")


def test_layers_that_the_history_does_not_tell_of(tmp_path: Path) -> None:
    layers = [tar_of([file(name, name.encode() * 9)]) for name in "abcd"]
    paths = []
    for number, stack in enumerate((layers[:3], [layers[0], layers[3], layers[2]])):
        paths.append(tmp_path / f"{number}.tar")
        paths[-1].write_bytes(docker_archive(stack, created_by=["RUN one"]))
    report = layerscope.diff(*map(str, paths)).diff
    assert [
        (each.change, each.old and each.old.layer, each.new and each.new.layer) for each in report.instructions
    ] == [
        ("same", None, None),
        ("same", 0, 0),
        ("removed", 1, None),
        ("added", None, 1),
        ("same", 2, 2),
    ]
    assert "(unattributed layer 1)" in renderer("table", "diff")(layerscope.DiffReport(1, report), View())
    assert len(report.notes) == 1  # true of both, and said once
    assert report.totals.shared.layers == 1  # the third stands on another parent
    assert report.totals.only_new.blob_bytes == len(layers[3])  # and is not pulled again


def test_layers_that_differ_in_times_alone() -> None:
    """It is said that files were looked at, and what does not count."""
    one, other = (COPY(". /app", file("app/a", b"a" * 5000, mtime=mtime)) for mtime in (5, 9))
    pages = [
        renderer(name, "diff")(layerscope.DiffReport(1, differing([BASE, one], [BASE, other])), View())
        for name in ("table", "markdown")
    ]
    assert "Files  3 the same; owners, modes and times do not count\n" in pages[0]
    assert "**Files** 3 the same; owners, modes and times do not count" in pages[1]
    meta = layerscope.DiffReport(1, differing([BASE], [BASE, META("USER app")]))
    assert "Files" not in renderer("table", "diff")(meta, View())


def test_plain_root_filesystems(tmp_path: Path) -> None:
    for name, size in (("one", 5), ("two", 7)):
        members = [folder("bin"), file("bin/sh", b"s" * 9), file("etc/passwd", b"p" * size), symlink("lib", "usr/lib")]
        (tmp_path / name).write_bytes(tar_of(members))
    report = layerscope.diff(str(tmp_path / "one"), str(tmp_path / "two")).diff
    assert [(each.change, each.path) for each in report.paths] == [("changed", "etc/passwd")]
    assert [each.change for each in report.instructions] == ["rebuilt"]
    assert report.totals.only_new.blob_bytes is None
    assert "unknown  pulled" in renderer("table", "diff")(layerscope.DiffReport(1, report), View())
    assert layerscope.diff(str(tmp_path / "one"), str(tmp_path / "one")).diff.identical


# Paths


def paths(*members: tuple[bytes, bytes], compressed: bool = False) -> list[tuple[str, str, int, int]]:
    """Return what became of paths; every pair is what the old and the new image's only layer have of it."""
    old, new = zip(*members, strict=True)
    report = differing([COPY("x /", *filter(None, old))], [COPY("x /", *filter(None, new))], compressed=compressed)
    return sorted((each.path, each.change, each.old_bytes, each.new_bytes) for each in report.paths)


@pytest.mark.parametrize("compressed", [False, True])
def test_paths(compressed: bool) -> None:
    assert paths(
        (file("same", b"x" * 9, mtime=1), file("same", b"x" * 9, mtime=2, uid=7)),
        (file("as-large", b"x" * 9, mtime=1), file("as-large", b"y" * 9, mtime=1)),
        (file("grown", b"x"), file("grown", b"xx")),
        (file("gone", b"x"), b""),
        (b"", file("come/deep", b"x" * 3)),
        (symlink("link", "abc"), symlink("link", "abd")),
        (symlink("kept-link", "abc"), symlink("kept-link", "abc")),
        (file("kind", b"abc"), symlink("kind", "abc")),
        (file("folder", b"abc"), folder("folder")),
        (folder("empty"), b""),
        (file("hollow", mtime=1), file("hollow", mtime=2)),
        compressed=compressed,
    ) == [
        ("as-large", "changed", 9, 9),
        ("come/deep", "added", 0, 3),
        ("folder", "removed", 3, 0),
        ("gone", "removed", 1, 0),
        ("grown", "changed", 1, 2),
        ("kind", "changed", 3, 3),
        ("link", "changed", 3, 3),
    ]


def test_hard_links() -> None:
    """One name has the bytes; where it is gone, the next one has."""
    old = COPY("x /", file("a", b"x" * 9), hardlink("b", "a"), hardlink("c", "a"))
    report = differing([old], [old, RUN("rm a", whiteout("a"))])
    assert [(each.path, each.change, each.old_bytes, each.new_bytes) for each in report.paths] == [
        ("a", "removed", 9, 0),
        ("b", "changed", 0, 9),
    ]
    copy = COPY("x /", file("a", b"x" * 9, mtime=1), hardlink("b", "a"), hardlink("c", "a"))
    assert differing([old], [copy]).paths == ()


def test_what_would_take_too_long_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small files first, those with another time before all others."""
    sizes = {"a": 3000, "b": 2000, "c": 4000, "d": 10}
    old, new = (
        COPY("x /", *(file(name, letter * size, mtime=mtime * (name == "c")) for name, size in sizes.items()))
        for letter, mtime in ((b"x", 1), (b"y", 2))
    )
    monkeypatch.setattr("layerscope.difference.paths._READING", 2 * (4000 + 10) + 2 * 8192)
    for report in (
        differing([old], [new], rules=Choice(ignore=("*",))),
        differing([new], [old], rules=Choice(ignore=("*",))),
    ):
        assert [(each.path, each.change) for each in report.paths] == [("c", "changed"), ("d", "changed")]
        assert report.totals.paths.uncompared == GroupReport(2, 5000, 5000)
        [note] = report.notes
        assert "(2)" in note
    passing = differing([old], [new], rules=Choice(ignore=("*",)), compressed=True)
    assert [each.path for each in passing.paths] == ["c", "a", "b", "d"]
    assert passing.notes == ()


def test_folders_are_those_that_explain_the_change() -> None:
    """What has a twentieth is named; all else is counted with the folder above that is."""
    new = [
        *(file(f"usr/lib/big/{number}", b"x" * 1000) for number in range(8)),
        file("usr/lib/one", b"x" * 600),
        file("usr/share/doc/a/b", b"x" * 300),
        file("usr/share/doc/a/c", b"x" * 400),
        file("etc/x", b"x" * 99),
        file("etc/y/z", b"x"),
        file("usr/x", b"x"),  # above what is named, and hardly any more
    ]
    report = differing([COPY("x /", file("keep", b"k"))], [COPY("x /", file("keep", b"k"), *new)])
    assert [(each.path, each.count, each.old_bytes, each.new_bytes) for each in report.folders] == [
        ("usr/lib/big", 8, 0, 8000),
        ("usr/share/doc/a", 2, 0, 700),
        ("usr/lib", 1, 0, 600),
        ("", 3, 0, 101),
    ]


def test_where_nothing_grew_folders_are_named_for_their_bytes() -> None:
    one, other = (
        COPY("x /", file("var/cache/index", letter * 9000), file("etc/x/y", letter * 9), file("etc/z", letter))
        for letter in (b"a", b"b")
    )
    assert [(each.path, each.count, each.new_bytes) for each in differing([one], [other]).folders] == [
        ("var/cache", 1, 9000),
        ("", 2, 10),
    ]


# Packages, settings, findings


def test_packages() -> None:
    old = RUN(
        "apt", *dpkg({"up": "1.0", "down": "2:1", "gone": "1", "same": "1", "bytes": "1"}), file("usr/bin/bytes", b"b")
    )
    new = RUN(
        "apt", *dpkg({"up": "1.1~rc1", "down": "3", "come": "1", "same": "1", "bytes": "1"}), file("usr/bin/bytes")
    )
    report = differing([old], [new])
    changes = {(each.change, each.name, each.old_version, each.new_version) for each in report.packages}
    assert {each for each in changes if each[0] != "resized"} == {
        ("up", "up", "1.0", "1.1~rc1"),
        ("down", "down", "2:1", "3"),
        ("removed", "gone", "1", None),
        ("added", "come", None, "1"),
    }
    assert ("resized", "bytes", "1", "1") in changes


def test_several_versions_of_one_name() -> None:
    """Each is found again in its place, then by its version; what is left is put side by side in order."""

    def tree(**places: str) -> Step:
        files = [
            file(f"app/node_modules/{place.replace('_', '/node_modules/')}/package.json", manifest(place, version))
            for place, version in places.items()
        ]
        return COPY(". /app", *files)

    def manifest(place: str, version: str) -> bytes:
        return json.dumps({"name": place.rpartition("_")[2], "version": version, "description": "x" * 99}).encode()

    old = tree(lodash="4.17.20", left="1.0.0", left_lodash="3.10.1", right="1.0.0", right_lodash="2.4.2")
    new = tree(lodash="4.17.21", left="1.0.0", left_lodash="3.10.1", right="1.0.0", other="1.0.0", other_lodash="2.4.2")
    report = differing([old], [new])
    assert {(each.change, each.name, each.old_version, each.new_version) for each in report.packages} == {
        ("up", "lodash", "4.17.20", "4.17.21"),
        ("added", "other", None, "1.0.0"),
    }
    assert differing([old], [new], packages=False).totals.packages is None
    assert differing([old], [new], packages=False).packages == ()


def test_settings() -> None:
    check = {"Test": ["CMD", "curl", "localhost"], "Interval": 30_000_000_000, "Retries": 3}
    runs = (
        {"Env": ["A=1", "TOKEN=hunter2secret", "GONE=x"], "Cmd": ["sh"], "WorkingDir": "/", "Labels": {"v": "1"}},
        {
            "Env": ["A=2", "TOKEN=hunter3secret"],
            "Cmd": ["sh", "-c", "x"],
            "WorkingDir": "/app",
            "Entrypoint": ["init"],
            "Volumes": {"/data": {}},
            "Labels": {"v": "2"},
            "Healthcheck": check,
        },
    )
    assert [(each.what, each.old, each.new) for each in differing([BASE], [BASE], runs).settings] == [
        ("CMD", '["sh"]', '["sh", "-c", "x"]'),
        ("ENTRYPOINT", None, '["init"]'),
        ("ENV A", "1", "2"),
        ("ENV GONE", "x", None),
        ("ENV TOKEN", "***", "***"),
        ("HEALTHCHECK", None, '--interval=30s --retries=3 ["CMD", "curl", "localhost"]'),
        ("LABEL v", "1", "2"),
        ("VOLUME /data", None, ""),
        ("WORKDIR", "/", "/app"),
    ]


def test_a_label_is_named_in_full_where_there_is_room() -> None:
    what = "org.opencontainers.image.revision"
    runs = {"Labels": {what: "a1"}}, {"Labels": {what: "a2"}}
    report = layerscope.DiffReport(1, differing([BASE], [BASE], runs))
    assert f"\n  LABEL {what}  a1 → a2\n" in renderer("table", "diff")(report, View(width=80))
    assert "\n  LABEL org.opencontainer…  a1 → a2\n" in renderer("table", "diff")(report, View(width=40))


def test_images_for_two_platforms_say_so_first(tmp_path: Path) -> None:
    for name in ("amd64", "arm64"):
        saved = Saved([tar_of(BASE.members or ())], ["app:1"], {"architecture": name})
        (tmp_path / f"{name}.tar").write_bytes(as_tar(docker_10(saved)))
    report = layerscope.diff(*(str(tmp_path / f"{name}.tar") for name in ("amd64", "arm64"))).diff
    assert report.notes[0] == "OLD is for linux/amd64, NEW for linux/arm64: their programs differ for that alone."
    assert layerscope.diff(str(tmp_path / "amd64.tar"), str(tmp_path / "amd64.tar")).diff.identical


def findings(report: DifferenceReport) -> list[tuple[str, str, int, int]]:
    return [
        (
            each.change,
            (each.new or each.old).rule,  # type: ignore[union-attr]
            each.old.reclaimable_bytes if each.old else 0,
            each.new.reclaimable_bytes if each.new else 0,
        )
        for each in report.findings
    ]


def cache(size: int, command: str = "pip install flask") -> Step:
    return RUN(command, file("root/.cache/pip/http/a/b/c/d/e/abcde", b"w" * 1000 * size))


def test_a_finding_that_only_claims_other_bytes_is_neither_new_nor_gone() -> None:
    assert findings(differing([BASE, cache(100)], [BASE, cache(170)])) == [("changed", "pip-cache", 100_000, 170_000)]
    moved = [BASE, RUN("true"), cache(170, "python -m pip install django celery")]
    assert findings(differing([BASE, cache(100)], moved)) == [
        ("changed", "pip-cache", 100_000, 170_000)
    ]  # known by its path
    assert findings(differing([BASE, cache(100)], [BASE])) == [("gone", "pip-cache", 100_000, 0)]
    assert differing([BASE, cache(100)], [BASE, RUN("true"), cache(100)]).totals.findings.same == 1


def hiding(name: str, size: int) -> Step:
    """Write a file that a RUN of ``clean`` deletes."""
    return RUN(f"install {name}", file(f"srv/{name}", b"h" * size))


def clean(*names: str) -> Step:
    return RUN("clean up", *(whiteout(f"srv/{name}") for name in names))


ROWS = Choice(select=("consecutive-runs",))


def test_a_row_of_runs_is_the_same_row_when_its_first_one_is_another() -> None:
    ends = META("CMD sh")
    old = [BASE, ends, hiding("a", 20_000), clean("a")]
    new = [BASE, ends, hiding("first", 30_000), hiding("a", 20_000), clean("a", "first")]
    assert findings(differing(old, new, rules=ROWS)) == [("changed", "consecutive-runs", 20_000, 50_000)]
    one, other = [BASE, ends, hiding("a", 20_000), clean("a")], [BASE, ends, hiding("other thing", 9_999), clean("a")]
    assert findings(differing(one, other, rules=ROWS)) == [("gone", "consecutive-runs", 20_000, 0)]


def test_information_about_other_instructions_is_no_change() -> None:
    runs = [RUN(f"step {name}", file(name, b"x")) for name in "abcd"]
    ends = META("CMD sh")
    first = RUN("make all", file("z", b"z"))
    for old, new in (
        ([BASE, ends, *runs], [BASE, ends, first, *runs[1:]]),
        ([BASE, ends, *runs], [ends, BASE, ends, *runs]),
    ):
        report = differing(old, new, rules=ROWS)
        assert (report.totals.findings.same, report.findings) == (1, ())


def test_the_same_waste_written_anew_is_one_finding() -> None:
    """The instruction is another one, and so are the names of the files."""
    new = RUN("uv sync --frozen", file("root/.cache/pip/http/f/0/1/2/3/f0123", b"w" * 170_000))
    assert findings(differing([BASE, cache(100)], [BASE, new])) == [("changed", "pip-cache", 100_000, 170_000)]


def test_another_secret_is_another_finding() -> None:
    def secret(name: str, value: str, command: str) -> Step:
        return COPY(command, file(f"srv/{name}/.env", f"API_TOKEN={value}\n".encode()))

    only = Choice(select=("secret-in-image",))
    old, new = secret("a", "hunter2secret", "a /srv"), secret("b", "hunter3secret", "of another kind /")
    assert [each[0] for each in findings(differing([BASE, old], [BASE, new], rules=only))] == ["gone", "new"]
    in_its_place = [BASE, old._replace(members=new.members)]
    assert [each[0] for each in findings(differing([BASE, old], in_its_place, rules=only))] == ["changed"]
    variables = [[BASE, META(f"ENV MODE=x {name}=hunter2secret")] for name in ("A_TOKEN", "B_TOKEN")]
    report = differing(*variables, rules=only)
    assert [each[0] for each in findings(report)] == ["changed"]
    page = renderer("table", "diff")(layerscope.DiffReport(1, report), View())
    assert "Secrets in variables of ENV (instruction 1): B_TOKEN" in page  # what it is about now
    assert "→ Set it when" not in page


def test_waste_of_the_base_image_is_not_taken_for_the_images_own(tmp_path: Path) -> None:
    ends = META('CMD ["sh"]')
    own = [
        BASE,
        ends,
        RUN("make", file("app", b"a")),
        RUN("uv sync", file("root/.cache/pip/http/f/0/1/2/3/f0123", b"w" * 90_000)),
    ]
    paths = []
    for name, steps, below in (("old", [cache(100), ends, RUN("make", file("app", b"a"))], 1), ("new", own, 1)):
        layers = [tar_of(step.members) for step in steps if step.members is not None]
        history = [{"created_by": each.created_by, "empty_layer": each.members is None} for each in steps]
        base = Saved(layers[:below], ["base:1"], {"history": history[: below + 1]})
        paths.append(tmp_path / f"{name}.tar")
        paths[-1].write_bytes(as_tar(docker_10(Saved(layers, ["app:1"], {"history": history}), base)))
    report = layerscope.diff(*(f"{path}:app:1" for path in paths), rules=Choice(select=("pip-cache",))).diff
    assert findings(report) == [("gone", "pip-cache", 100_000, 0), ("new", "pip-cache", 0, 90_000)]


def test_choosing_rules() -> None:
    pair = [BASE, cache(100)], [BASE, cache(170)]
    for choice in (
        Choice(select=("apt-lists",)),
        Choice(ignore=("pip-*",)),
        Choice(min_bytes=200_000),
        Choice(ignore=("*",)),
    ):
        assert differing(*pair, rules=choice).findings == ()
    assert differing(*pair, rules=Choice(min_bytes=150_000)).findings[0].change == "new"


def test_findings_in_the_base_image_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both images are built on another one, in whose layers something is to be found."""
    ends = META('CMD ["sh"]')
    old, new = ([BASE, cache(size), ends, RUN("make", file("app", b"a" * size))] for size in (100, 170))
    paths = []
    for name, steps in (("old", old), ("new", new)):
        layers = [tar_of(step.members) for step in steps if step.members is not None]
        history = [{"created_by": each.created_by, "empty_layer": each.members is None} for each in steps]
        images = Saved(layers, ["app:1"], {"history": history}), Saved(layers[:2], ["base:1"], {"history": history[:3]})
        paths.append(tmp_path / f"{name}.tar")
        paths[-1].write_bytes(as_tar(docker_10(*images)))
    targets = [f"{path}:app:1" for path in paths]
    page = printed(capsys, *targets)
    assert "in the base image: 1 (--include-base shows them)" in page
    assert "pip-cache" not in page
    assert "pip-cache" in printed(capsys, *targets, "--include-base")


def test_what_both_builds_share_and_what_is_pulled(tmp_path: Path) -> None:
    paths = shop(tmp_path)
    totals = layerscope.diff(*paths).diff.totals
    layers = [[tar_of(step.members) for step in steps if step.members is not None] for steps in (OLD, NEW)]
    assert totals.shared == StackReport(1, 90_014, len(layers[0][0]))
    assert totals.only_new.layers == 4
    assert totals.only_new.blob_bytes == sum(map(len, layers[1][1:]))
    assert totals.only_old.blob_bytes == sum(map(len, layers[0][1:]))
