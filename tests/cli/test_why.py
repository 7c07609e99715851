"""``layerscope why`` through the front door: who wrote, changed or hid a path; why a package is there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from bare_process import BARE, Run
from builders import file, folder, hardlink, long_name, opaque, symlink, whiteout
from looking import COPY, META, RUN, archive_of

import layerscope
from layerscope.errors import NotFoundError, UsageError
from layerscope.render.json import render
from layerscope.render.kit.view import View

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "why.md").read_text("utf-8")
STATUS = """\
Package: tool
Status: install ok installed
Version: 2.1
Depends: lib (>= 1)
Recommends: docs

Package: lib
Status: install ok installed
Version: 1.0
Provides: virtual-lib

Package: docs
Status: install ok installed
Version: 1.0
Depends: missing | virtual-lib

Package: srv
Status: install ok installed
Version: 0.1
"""
AUTOMATIC = "Package: lib\nAuto-Installed: 1\n\nPackage: docs\nAuto-Installed: 1\n"
METADATA = "usr/lib/python3/site-packages/{0}-{1}.dist-info/METADATA"
STEPS = [
    COPY(
        "base /",
        symlink("bin", "usr/bin"),
        folder("usr/bin"),
        file("usr/bin/dash", b"d" * 1000, mode=0o755),
        symlink("usr/bin/sh", "dash"),
        file("opt/tool/a", b"a" * 500),
        hardlink("opt/tool/b", "opt/tool/a"),
        symlink("etc/loop", "loop"),
        file("etc/conf", b"c" * 80),
        symlink("etc/nowhere", "/gone/x"),
        file("usr/bin/perl", b"p" * 800),
        hardlink("usr/bin/perl5", "usr/bin/perl"),
    ),
    RUN(
        "TOKEN=hunter2secret make",
        file("srv/data", b"s" * 2000),
        file("srv/log", b"l" * 300),
        file("var/cache/x/y", b"y" * 70),
    ),
    META("ENV A=b"),
    RUN(
        "chown",
        folder("srv", uid=1000),
        folder("usr/bin", uid=7, gid=7, mode=0o700),
        file("srv/data", b"s" * 2000, uid=1000, gid=1000, mode=0o600, mtime=86400),
        file("opt/tool/a", b"A" * 500),
    ),
    RUN(
        "rm -rf",
        symlink("etc/conf", "../bin/tool"),
        whiteout("opt/tool"),
        opaque("var/cache"),
        file("srv/log/deep", b"z" * 10),
    ),
    RUN(
        "apt-get install tool",
        file("var/lib/dpkg/status", STATUS.encode()),
        file("var/lib/apt/extended_states", AUTOMATIC.encode()),
        file("var/lib/dpkg/info/tool.list", b"/usr/bin/tool\n"),
        file("var/lib/dpkg/info/lib.list", b"/usr/lib/lib.so\n/usr/lib/lib.a\n"),
        file("usr/bin/tool", b"t" * 4000),
        file("usr/lib/lib.so", b"l" * 9000),
        file("usr/lib/lib.a", b"l" * 700),
    ),
    RUN(
        "pip install lib",
        file(METADATA.format("lib", "9"), b"Name: lib\nVersion: 9\n\n"),
        file(METADATA.format("App_Kit", "3"), b"Name: App_Kit\nVersion: 3\nRequires-Dist: lib; extra == 'more'\n\n"),
    ),
]
PAGES = {
    "/bin/sh": """\
/bin/sh → /usr/bin/dash
  file of 1.0 kB
  /bin is a link to usr/bin, by 0 COPY base /
  /usr/bin/sh is a link to dash, by 0 COPY base /

  1.0 kB  wrote it; kept
          by 0 COPY base /
""",
    "./srv/../srv//data": """\
/srv/data
  file of 2.0 kB, 2.0 kB wasted

  2.0 kB  wrote it; overwritten by 3 RUN
          by 1 RUN TOKEN=*** make
  2.0 kB  wrote the same contents again, owner 0:0 → 1000:1000, mode 0644 →
          0600, time 1970-01-01T00:00:00Z → 1970-01-02T00:00:00Z; kept
          by 3 RUN chown
""",
    "/srv/log": """\
/srv/log
  folder of 10 B in 1 file, 300 B wasted

  300 B  wrote it; overwritten by 4 RUN
         by 1 RUN TOKEN=*** make
         put a folder in its place
         by 4 RUN rm -rf

Bytes at and below it
  brought  wasted    hid  instruction
    300 B   300 B         1 RUN TOKEN=*** make
     10 B          300 B  4 RUN rm -rf
""",
    "/opt/tool/a": """\
/opt/tool/a
  gone, 1.0 kB wasted

  500 B  wrote it; removed by 4 RUN
         by 0 COPY base /
  500 B  overwrote it with other contents; removed by 4 RUN
         by 3 RUN chown
         removed it (whiteout of /opt/tool)
         by 4 RUN rm -rf
""",
    "/opt/tool/b": """\
/opt/tool/b
  gone

  made a hard link to /opt/tool/a, whose 500 B it shares; removed by 4 RUN
    by 0 COPY base /
  removed it (whiteout of /opt/tool)
    by 4 RUN rm -rf
""",
    "opt/tool/": """\
/opt/tool
  gone, 1.0 kB wasted

  made a folder
    by 0 COPY base /
  removed it (whiteout)
    by 4 RUN rm -rf

Bytes at and below it
  brought  wasted     hid  instruction
    500 B   500 B          0 COPY base /
    500 B   500 B          3 RUN chown
                   1.0 kB  4 RUN rm -rf
""",
    "/var/cache/x/y": """\
/var/cache/x/y
  gone, 70 B wasted

  70 B  wrote it; removed by 4 RUN
        by 1 RUN TOKEN=*** make
        removed it with all that lower layers had in /var/cache (opaque
        whiteout)
        by 4 RUN rm -rf
""",
    "/var/cache": """\
/var/cache
  empty folder, 70 B wasted

  made a folder
    by 1 RUN TOKEN=*** make
  hid all that lower layers had in it (opaque whiteout)
    by 4 RUN rm -rf

Bytes at and below it
  brought  wasted   hid  instruction
     70 B    70 B        1 RUN TOKEN=*** make
                   70 B  4 RUN rm -rf
""",
    "/srv/": """\
/srv
  folder of 2.0 kB in 2 files, 2.3 kB wasted

  made a folder
    by 1 RUN TOKEN=*** make

Bytes at and below it
  brought  wasted     hid  instruction
   2.3 kB  2.3 kB          1 RUN TOKEN=*** make
   2.0 kB          2.0 kB  3 RUN chown
     10 B           300 B  4 RUN rm -rf
""",
    "/bin/": """\
/bin/ → /usr/bin
  folder of 5.8 kB in 5 files
  /bin is a link to usr/bin, by 0 COPY base /

  made a folder
    by 0 COPY base /
  changed the folder, owner 0:0 → 7:7, mode 0755 → 0700
    by 3 RUN chown

Bytes at and below it
  brought  instruction
   1.8 kB  0 COPY base /
   4.0 kB  5 RUN apt-get install tool
""",
    "/etc/conf": """\
/etc/conf → /usr/bin/tool
  file of 4.0 kB, of the package tool 2.1 (dpkg)
  /etc/conf is a link to ../bin/tool, by 4 RUN rm -rf
  /bin is a link to usr/bin, by 0 COPY base /

  4.0 kB  wrote it; kept
          by 5 RUN apt-get install tool

At the link /etc/conf
  80 B  wrote it; overwritten by 4 RUN
        by 0 COPY base /
  11 B  put a link to ../bin/tool in its place; kept
        by 4 RUN rm -rf
""",
    "/usr/bin/perl5": """\
/usr/bin/perl5
  file of 0 B
  /usr/bin/perl is the same file (hard link)

  made a hard link to /usr/bin/perl, whose 800 B it shares; kept
    by 0 COPY base /
""",
    "/etc/loop": """\
/etc/loop
  symbolic link of 4 B

  4 B  made a link to loop; kept
       by 0 COPY base /
""",
    "/bin/../etc/nowhere": """\
/etc/nowhere
  symbolic link of 7 B

  7 B  made a link to /gone/x; kept
       by 0 COPY base /
""",
    "/usr/bin/tool": """\
/usr/bin/tool
  file of 4.0 kB, of the package tool 2.1 (dpkg)

  4.0 kB  wrote it; kept
          by 5 RUN apt-get install tool
""",
    "tool": """\
tool 2.1
  package       dpkg, 4.0 kB in 2 files
  installed by  5 RUN apt-get install tool
  why           asked for by name
  needed by     no installed package
  recorded in   /var/lib/dpkg/info/tool.list

Largest files
  4.0 kB  /usr/bin/tool
    14 B  /var/lib/dpkg/info/tool.list
""",
    "docs": """\
docs 1.0
  package       dpkg, 0 B in 0 files
  installed by  5 RUN apt-get install tool
  why           tool → docs (tool recommends it); tool: asked for by name
  needed by     tool (recommends it)
  recorded in   /var/lib/dpkg/status
""",
    "dpkg:lib": """\
lib 1.0
  package       dpkg, 9.7 kB in 3 files
  installed by  5 RUN apt-get install tool
  why           tool → lib; tool: asked for by name
  needed by     docs, tool
  recorded in   /var/lib/dpkg/info/lib.list

Largest files
  9.0 kB  /usr/lib/lib.so
   700 B  /usr/lib/lib.a
    31 B  /var/lib/dpkg/info/lib.list
""",
    "app-kit": """\
App_Kit 3
  package       python, 62 B in 1 file
  installed by  6 RUN pip install lib
  why           its manager does not note that
  needed by     no installed package
  recorded in   /usr/lib/python3/site-packages/App_Kit-3.dist-info/METADATA

Largest files
  62 B  /usr/lib/python3/site-packages/App_Kit-3.dist-info/METADATA
""",
}


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "compressed"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image, contents read when asked for, or noted as they pass: the answers are the same."""
    path = tmp_path_factory.mktemp("why") / "made.tar"
    path.write_bytes(archive_of(STEPS, compressed=request.param))
    return path


def page(image: Path, what: str, *options: str, width: int = 80, encoding: str = "utf-8") -> str:
    command = [sys.executable, "-m", "layerscope", "why", str(image), what, *options]
    env = BARE | {"COLUMNS": str(width), "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=env, check=False)
    assert (done.stderr, done.returncode) == (b"", 0)
    return done.stdout.decode(encoding)


@pytest.mark.parametrize("what", PAGES)
def test_pages(made: Path, what: str) -> None:
    heading, _, rest = page(made, what).partition("\n\n")

    assert heading.startswith("made:1  linux/amd64  ")
    assert rest == PAGES[what]


def test_a_name_that_several_managers_have(made: Path) -> None:
    both = layerscope.why(str(made), "lib")
    assert [(each.package.manager, each.package.version) for each in both.packages] == [
        ("dpkg", "1.0"),
        ("python", "9"),
    ]
    [python] = layerscope.why(str(made), "python:LIB").packages
    assert [(need.name, need.how) for need in python.needed_by or ()] == [("App_Kit", "depends on it (extra more)")]

    lines = page(made, "lib", "--top", "1").splitlines()
    assert lines[2] == "lib 1.0"
    assert lines[-1] == "and 1 more of this name (--top shows them)"


def test_a_name_without_a_slash_is_a_package_first(made: Path) -> None:
    package, path, again = (layerscope.why(str(made), what) for what in ("srv", "/srv", "etc"))

    assert [each.package.name for each in package.packages] == ["srv"]
    assert path.path is not None
    assert (path.path.path, path.packages) == ("srv", ())
    assert again.path is not None
    assert again.path.path == "etc"


def test_the_root_has_all_bytes(made: Path) -> None:
    totals = layerscope.inspect(str(made)).totals

    for what in ("/", ".", "..", "/bin/../.."):
        root = layerscope.why(str(made), what).path
        assert root is not None
        assert (root.path, root.kind, root.content_bytes, root.wasted_bytes, root.steps) == (
            *("", "directory", totals.kept_bytes, totals.wasted_bytes, ()),
        )


@pytest.mark.parametrize(
    ("what", "message", "hint"),
    [
        ("/usr/bin/tol", "no layer has /usr/bin/tol", "Did you mean /usr/bin/tool?"),
        ("/bin/tol", "no layer has /bin/tol", "Did you mean /usr/bin/tool?"),
        ("/user/bin/dash", "no layer has /user/bin/dash", "Did you mean /usr/bin/dash?"),
        ("/op/missing", "no layer has /op/missing", "Did you mean /opt?"),
        ("/zzz", "no layer has /zzz", "Check the spelling: nothing of that name is elsewhere either."),
        ("tol", "no package is called tol, and no layer has /tol", "Did you mean tool?"),
        ("dpkg:tol", "no package is called dpkg:tol", "Did you mean dpkg:tool?"),
        ("dash", "no package is called dash, and no layer has /dash", "Did you mean /usr/bin/dash?"),
        (
            "zzz",
            "no package is called zzz, and no layer has /zzz",
            "A path begins with a slash; a package is named alone.",
        ),
    ],
)
def test_what_never_was(made: Path, what: str, message: str, hint: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        layerscope.why(str(made), what)

    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_nothing_is_asked(made: Path) -> None:
    with pytest.raises(UsageError, match="Nothing was named"):
        layerscope.why(str(made), "")


def test_json_is_the_answer_of_the_api(run: Run, made: Path, tmp_path: Path) -> None:
    answer = layerscope.why(str(made), "/srv/data", top=3)
    printed = run("why", made, "/srv/data", "--format", "json", "--top", "3").stdout
    run("why", made, "/srv/data", "-f", "json", "-o", "out.json", "--top", "3")

    assert printed.decode() == render(answer, View())
    assert (tmp_path / "out.json").read_bytes() == printed
    assert msgspec.json.decode(printed, type=layerscope.WhyReport) == answer
    assert json.loads(printed)["path"]["steps"][1] == {
        "by": {"layer": 2, "instruction": 3, "kind": "RUN", "text": "chown", "in_base": None},
        "action": "changed",
        "kind": "file",
        "content_bytes": 2000,
        "fate": "kept",
        "fate_by": None,
        "symlink": None,
        "hardlink": None,
        "shared_bytes": 0,
        "same_contents": True,
        "changes": [
            {"what": "owner", "before": "0:0", "after": "1000:1000"},
            {"what": "mode", "before": "0644", "after": "0600"},
            {"what": "time", "before": "1970-01-01T00:00:00Z", "after": "1970-01-02T00:00:00Z"},
        ],
        "removed_at": None,
        "removed_how": None,
    }


def test_errors_are_two_lines_and_an_exit_code(run: Run, made: Path) -> None:
    done = run("why", made, "/usr/bin/tol\x1b")

    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr == b"layerscope: no layer has /usr/bin/tol\\x1b\n  Did you mean /usr/bin/tool?\n"
    assert run("why", made, "/", "--format", "xml").returncode == 2


def test_hostile_names_are_shown_harmless(tmp_path: Path) -> None:
    evil = "e\x1b[2J\udcff"
    path = tmp_path / "evil.tar"
    path.write_bytes(
        archive_of(
            [
                COPY(
                    "e\x1b[2J\u202e",
                    symlink(evil, f"{evil}/\u202e"),
                    file(f"d/{evil}", b"x", mtime=2**62),
                    symlink("to", f"d/{evil}"),
                ),
                RUN("x", file(f"d/{evil}", b"x", mtime=-(2**62))),
            ]
        )
    )

    assert page(path, "/to", encoding="ascii").partition("\n\n")[2] == (
        "/to -> /d/e\\x1b[2J\\xff\n  file of 1 B, 1 B wasted\n"
        "  /to is a link to d/e\\x1b[2J\\xff, by 0 COPY e\\x1b[2J\\u202e\n\n"
        "  1 B  wrote it; overwritten by 1 RUN\n       by 0 COPY e\\x1b[2J\\u202e\n"
        f"  1 B  wrote the same contents again, time {2**62} ->\n       {-(2**62)}; kept\n       by 1 RUN x\n"
    )
    with_byte = os.fsencode(page(path, f"/{evil}"))
    assert b"\xe2\x80\xae" not in with_byte
    assert b"made a link to e\\x1b[2J\\xff/\\u202e; kept" in with_byte


def test_links_that_lead_far_are_given_up(tmp_path: Path) -> None:
    chain = [symlink(f"l{at}", f"l{at + 1}") for at in range(50)]
    deep = long_name("x/" * 9000, flag=b"K") + symlink("deep", "x")
    up = [symlink("up", "../../../l45")]
    path = tmp_path / "links.tar"
    path.write_bytes(archive_of([COPY("links", *chain, deep, *up, file("l50", b"end"))]))

    def ends(what: str) -> tuple[str, int]:
        found = layerscope.why(str(path), what).path
        assert found is not None
        return found.path, len(found.links)

    assert ends("/l20") == ("l50", 30)
    assert ends("/l0") == ("l0", 0)
    assert ends("/deep") == ("deep", 0)
    assert ends("/up") == ("l50", 6)


def test_the_examples_of_the_documentation() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(
        r"^```console\n\$ layerscope why (fixtures/\S+) (\S+)\n(.*?)^```", DOC + readme, re.MULTILINE | re.DOTALL
    )

    assert len(blocks) == 3
    for image, what, shown in blocks:
        assert page(ROOT / image, what, width=100) == shown
