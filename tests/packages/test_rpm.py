"""rpm's packages, by its database in each of its forms, and who asked for them."""

import lzma
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import file, symlink
from hypothesis import given
from hypothesis import strategies as st
from looking import archive_of
from owning import RUN, by_name, inspected, packages_of
from rpm_files import GHOST, File, as_berkeley, as_ndb, as_sqlite, header, header_of, sqlite_of

import layerscope
from layerscope.errors import DamagedError, LayerscopeError
from layerscope.packages.kit.rpm import headers_in
from layerscope.packages.kit.rpm.asked import Asked, parse_dnf, parse_dnf_5
from layerscope.packages.kit.rpm.header import Identity, Package, read_identity, read_package
from layerscope.packages.kit.rpm.wants import who_wants
from layerscope.packages.kit.sqlite import select, with_log
from layerscope.report import PackageReport

DATABASE = "var/lib/rpm/rpmdb.sqlite"
FORMS: dict[str, Callable[[Iterable[bytes]], bytes]] = {
    "sqlite": as_sqlite,
    "ndb": as_ndb,
    "berkeley": as_berkeley,
    "berkeley, the other way round": lambda headers: as_berkeley(headers, order=">", size=4096),
}
every_form = pytest.mark.parametrize("form", FORMS)


def test_a_package_with_its_files() -> None:
    bash = header(
        "bash",
        "5.1.8-9.el9",
        files=[
            "/usr/bin/bash",
            "/usr/bin",
            File("/var/log/bash.log", GHOST),
            File("/usr/share/other", state=1),
            "/gone",
        ],
    )
    [package] = packages_of(
        RUN(
            "dnf install bash",
            file(DATABASE, as_sqlite([bash])),
            file("usr/bin/bash", b"b" * 900),
            file("var/log/bash.log", b"l" * 30),
            file("usr/share/other", b"o" * 30),
        )
    )

    assert package == PackageReport(
        manager="rpm",
        name="bash",
        version="5.1.8-9.el9",
        content_bytes=900,
        layer=0,
        requested=None,
        reason="",
        wanted_by=None,
        development=False,
        record=DATABASE,
    )


@every_form
@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"])
def test_wherever_and_in_whatever_form_the_database_is(form: str, folder: str) -> None:
    name = {"sqlite": "rpmdb.sqlite", "ndb": "Packages.db"}.get(form, "Packages")
    headers = [header("tiny"), header("one", epoch=1, files=["/bin/one"]), header("two", files=["/bin/two"] * 90)]
    packages = packages_of(
        RUN(
            "install",
            file(f"{folder}/{name}", FORMS[form](headers)),
            symlink("bin", "usr/bin"),
            file("usr/bin/one", b"1" * 10),
            file("usr/bin/two", b"2" * 20),
        )
    )

    assert {each.name: (each.version, each.content_bytes) for each in packages} == {
        "two": ("1.0-1", 20),
        "one": ("1:1.0-1", 10),
        "tiny": ("1.0-1", 0),
    }


def test_who_dragged_it_in() -> None:
    database = as_sqlite(
        [
            header("tool", requires=["libtool.so", "/usr/bin/sh", "rpmlib(Any)", "(a if b)"], recommends=["docs"]),
            header("libs", provides=["libtool.so"], requires=["base"]),
            header("shell", files=["/usr/bin/sh"]),
            header("docs", requires=["fonts"]),
            header("fonts"),
            header("langpack", supplements=["tool"]),
            header("base"),
            header("left"),
            header("unknown", requires=["below"]),
            header("below"),
            header("editor"),
        ]
    )
    state = b"""
        version = "1.0"
        [packages]
        "tool.x86_64" = {reason = "User"}
        "editor.noarch" = {reason = "Group"}
        "libs.x86_64" = {reason = "Dependency"}
        "docs.x86_64" = {reason = "Weak Dependency"}
        "left.x86_64" = {reason = "Dependency"}
        "unknown.x86_64" = {reason = "External User"}
        """
    books = file(DATABASE, database), file("usr/lib/sysimage/libdnf5/packages.toml", state)
    packages = by_name(packages_of(RUN("dnf install tool", *books)))

    assert {name: (each.requested, each.reason, each.wanted_by) for name, each in packages.items()} == {
        "tool": (True, "asked for by name", None),
        "editor": (True, "part of a group that was asked for", None),
        "libs": (False, "tool depends on it", "tool"),
        "shell": (None, "tool depends on it", "tool"),
        "base": (None, "libs depends on it, for tool", "libs"),
        "docs": (False, "tool recommends it", "tool"),
        "fonts": (None, "docs depends on it, for tool", "docs"),
        "langpack": (None, "tool brings it along", "tool"),
        "left": (False, "nothing installed wants it", None),
        "unknown": (None, "", None),
        "below": (None, "unknown depends on it", "unknown"),
    }


HISTORY = """
    CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, item_id INTEGER, action INTEGER NOT NULL,
        reason INTEGER NOT NULL /* as an enum */);
    CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL);
"""


def history(*items: tuple[int, int, int], names: Iterable[str] = ("tool", "libs", "docs")) -> bytes:
    """Make dnf's history: item, action and reason of each step."""
    return sqlite_of(
        HISTORY,
        ("INSERT INTO rpm VALUES (?, ?)", list(enumerate(names, 1))),
        ("INSERT INTO trans_item (item_id, action, reason) VALUES (?, ?, ?)", items),
    )


def test_the_history_of_dnf() -> None:
    """A later mark counts (dnf mark install); the old side of an upgrade does not."""
    steps = history((1, 1, 2), (2, 1, 1), (3, 1, 4), (1, 7, 1), (3, 11, 5))
    headers = [header("tool", requires=["libs"]), header("libs"), header("docs")]
    books = file(DATABASE, as_sqlite(headers)), file("var/lib/dnf/history.sqlite", steps)
    packages = by_name(packages_of(RUN("dnf install tool", *books)))

    assert {name: (each.requested, each.reason) for name, each in packages.items()} == {
        "tool": (True, "asked for by name"),
        "libs": (False, "tool depends on it"),
        "docs": (True, "part of a group that was asked for"),
    }


@pytest.mark.parametrize("notes", [b"no history", history()[:5000], b"\0" * 9000])
def test_a_broken_history_costs_no_package(notes: bytes) -> None:
    books = file(DATABASE, as_sqlite([header("tool")])), file("var/lib/dnf/history.sqlite", notes)

    assert [each.requested for each in packages_of(RUN("x", *books))] == [None]


def test_changes_that_still_stand_in_the_log_beside_it(tmp_path: Path) -> None:
    """Many a program ends without putting them into the database."""
    path = tmp_path / "rpmdb.sqlite"
    path.write_bytes(as_sqlite([header("old")]))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        for name in ("new", "newer"):
            connection.execute("INSERT INTO Packages (blob) VALUES (?)", (header(name, files=["/f"] * 900),))
            connection.commit()
        main, log = path.read_bytes(), path.with_name("rpmdb.sqlite-wal").read_bytes()
    both = RUN("x", file(DATABASE, main), file(f"{DATABASE}-wal", log))
    cut_off = RUN("x", file(DATABASE, main), file(f"{DATABASE}-wal", log[:-4000]))

    assert {each.name for each in packages_of(both)} == {"old", "new", "newer"}
    assert {each.name for each in packages_of(cut_off)} == {"old", "new"}
    assert with_log(main, b"") == with_log(main, bytes(40)) == main


def test_a_large_database_that_rules_look_at_too() -> None:
    """Contents may pass by only once; databases with this ending are looked into by a rule as well."""
    headers = [header("big", files=[f"/usr/share/big/{number:09}" for number in range(30_000)])]
    database = as_sqlite(headers)
    assert len(database) > 500_000
    with TemporaryDirectory() as folder:
        path = Path(folder, "image.tar")
        path.write_bytes(archive_of([RUN("dnf install big", file(DATABASE, database, mode=0o755))], compressed=True))
        report = layerscope.inspect(str(path))

    assert [(each.manager, each.name) for each in report.packages] == [("rpm", "big")]


def test_several_versions_of_one_package() -> None:
    headers = [header("kernel", version, files=[f"/boot/{version}"]) for version in ("5.1-1", "5.2-1", "5.2-1")]
    packages = packages_of(RUN("x", file(DATABASE, as_sqlite(headers)), file("boot/5.2-1", b"k" * 9)))

    assert [(each.name, each.version, each.content_bytes) for each in packages] == [
        ("kernel", "5.2-1", 9),
        ("kernel", "5.1-1", 0),
    ]


def test_the_layer_is_that_which_first_told_of_the_version() -> None:
    old, new = header("zlib", "1-1"), header("zlib", "2-1")
    packages = packages_of(
        RUN("base", file("var/lib/rpm/Packages", as_berkeley([header("glibc"), old]))),
        RUN("damage", file(DATABASE, as_sqlite([])[:900])),
        RUN("convert and upgrade", file(DATABASE, as_sqlite([header("glibc"), new]))),
        RUN("install", file(DATABASE, as_sqlite([header("glibc"), new, header("curl")]))),
    )

    assert {each.name: each.layer for each in packages} == {"glibc": 0, "zlib": 2, "curl": 3}


def test_what_a_header_says() -> None:
    files = {1027: ["/a", "/b"], 1037: [GHOST, 0], 1049: ["x", "x", "rpmlib(y)", "(z or y)"]}
    old = header_of({1000: "old", 1001: "1", 1002: "2", **files})

    assert read_package(old) == Package(Identity("old", "1-2", ""), ("/b",), ("x",), (), (), ())
    assert read_identity(header("p", "1-2", epoch=0, architecture="noarch")) == Identity("p", "0:1-2", "noarch")


BROKEN = {
    "no database": b"no database at all, but long" * 40,
    "no table": sqlite_of("CREATE TABLE other (blob BLOB)"),
    "a view": sqlite_of("CREATE TABLE t (blob BLOB); CREATE VIEW Packages AS SELECT blob FROM t"),
    "a virtual table": sqlite_of("CREATE VIRTUAL TABLE Packages USING fts4(blob)"),
    "computed": sqlite_of("CREATE TABLE Packages (a INTEGER, blob BLOB GENERATED ALWAYS AS (zeroblob(9)))"),
    "cut off": as_sqlite([header("p", files=["/f"] * 3000)])[:9000],
    "no header": as_sqlite([b"x" * 9]),
    "a header without a name": as_sqlite([header_of({1001: "1"})]),
    "a header whose paths are long for their one folder": as_sqlite([header("p", files=[f"/{'x' * 60_000}/y"] * 900)]),
    "a header that claims more": as_sqlite([b"\0\0\1\0\0\0\1\0"]),
    "ndb cut off": as_ndb([header("p")])[:4100],
    "ndb of slots only": as_ndb([header("p")])[:3000],
    "ndb with a slot to nowhere": as_ndb([header("p")]).replace(b"BlbS", b"BlbX"),
    "berkeley cut off": as_berkeley([header("p", files=["/f"] * 900)])[:2048],
    "berkeley of an unknown version": as_berkeley([]).replace(b"\x61\x15\x06\0\x09", b"\x61\x15\x06\0\x63"),
}


@pytest.mark.parametrize("contents", BROKEN.values(), ids=BROKEN)
def test_a_broken_database_costs_its_own_answer(contents: bytes) -> None:
    report = inspected(RUN("break", file(DATABASE, contents), file("usr/bin/x", b"x")))

    assert report.packages == ()
    [note] = report.notes
    assert note.startswith("Packages of rpm were given up: rpm's database ")


def test_a_chain_of_pages_that_is_a_ring_ends() -> None:
    database = bytearray(as_berkeley([header("p", files=["/f"] * 300)]))
    pages = range(0, len(database), 512)
    chained = [at for at in pages if database[at + 25] == 7]
    database[chained[-1] + 16 : chained[-1] + 20] = (chained[0] // 512).to_bytes(4, "little")
    item = database.index(b"\3\0\0\0" + (chained[0] // 512).to_bytes(4, "little"))
    database[item + 8 : item + 12] = (1 << 30).to_bytes(4, "little")

    with pytest.raises(DamagedError, match="claims to hold more than its size"):
        list(headers_in(bytes(database)))


def test_a_query_that_keeps_the_machine_busy_is_given_up() -> None:
    many = sqlite_of(
        "CREATE TABLE trans_item (id INTEGER, item_id INTEGER, action INTEGER, reason INTEGER);"
        "CREATE TABLE rpm (item_id INTEGER, name TEXT)",
        ("INSERT INTO rpm VALUES (1, ?)", [("",)] * 8000),
        ("INSERT INTO trans_item VALUES (1, 1, 1, 1)", [()] * 8000),
    )

    with pytest.raises(DamagedError, match=r"dnf's history cannot be read by SQLite \(SQLITE_INTERRUPT\)"):
        parse_dnf(many)


def test_rows_that_share_their_bytes_are_not_read_for_ever() -> None:
    database = sqlite_of("CREATE TABLE t (b BLOB)", ("INSERT INTO t VALUES (?)", [(b"b" * 3000,)]))

    with pytest.raises(DamagedError, match="claims to hold more than its size"):
        list(select(database, ("t",), "SELECT a.b, b.b, a.b, b.b, a.b FROM t a, t b", "x"))


@pytest.mark.parametrize("text", [b"[", b"packages = 3", b"\xff", b"packages = " + b"[" * 9000])
def test_a_state_of_dnf_that_is_none(text: bytes) -> None:
    with pytest.raises(DamagedError):
        parse_dnf_5(text)


def test_a_state_of_dnf_with_odd_entries() -> None:
    assert parse_dnf_5(b'[packages]\na = 1\n"b.x" = {reason = 4}\n"c.d.x" = {reason = "User"}') == {
        "c.d": Asked.BY_NAME
    }


WHOLE = {name: form([header("one", files=["/a"] * 60), header("two", epoch=3)]) for name, form in FORMS.items()}


@every_form
@given(
    changes=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=9),
    cut=st.floats(0, 1),
)
def test_a_damaged_database_is_read_without_harm(form: str, changes: list[tuple[int, int]], cut: float) -> None:
    database = bytearray(WHOLE[form])
    for at, value in changes:
        database[at % len(database)] = value
    for contents in (bytes(database), bytes(database[: int(len(database) * cut)])):
        with suppress(LayerscopeError):
            for each in headers_in(contents):
                read_package(each)


@given(st.binary(max_size=200))
def test_whatever_a_header_holds(tail: bytes) -> None:
    for start in (b"", header("p", files=["/a"])[:60]):
        with suppress(LayerscopeError):
            read_package(start + tail)


names = st.lists(st.sampled_from(["p0", "p1", "p2", "p3", "so"]), max_size=3)


@given(st.lists(st.tuples(names, names, names, names), max_size=4), st.sets(st.sampled_from(["p0", "p1"])))
def test_everything_is_wanted_once_or_not_at_all(every: list[tuple[list[str], ...]], asked: set[str]) -> None:
    packages = {
        f"p{at}": read_package(header(f"p{at}", requires=a, recommends=b, supplements=c, provides=d))
        for at, (a, b, c, d) in enumerate(every)
    }
    wants = who_wants(packages, sorted(asked & packages.keys()))

    assert wants.keys() <= packages.keys()
    for key in wants:
        way = [key]
        while by := wants[way[-1]].by:
            assert by not in way
            way.append(by)


# Real ones, made by rpm itself.

SPEC = """
Name: tool
Epoch: 2
Version: 1.4
Release: 3
Summary: s
License: MIT
BuildArch: noarch
Requires: library >= 1, /usr/share/paths/file
Recommends: docs
%description
d
%package -n library
Epoch: 0
Summary: l
Version: 9
%description -n library
l
%package -n docs
Summary: l
Supplements: tool
%description -n docs
l
%package -n paths
Summary: l
%description -n paths
l
MORE
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/paths %{buildroot}/usr/lib/library %{buildroot}/var/log
echo tool > %{buildroot}/usr/bin/tool
echo path > %{buildroot}/usr/share/paths/file
for i in $(seq 300); do echo lib$i > %{buildroot}/usr/lib/library/lib$i.so; done
echo x > %{buildroot}/var/log/tool.log
%files
/usr/bin/tool
%ghost /var/log/tool.log
%files -n library
/usr/lib/library
%files -n docs
%files -n paths
/usr/share/paths
"""
MORE = "".join(f"%package -n more{n}\nSummary: m\n%description -n more{n}\nm\n%files -n more{n}\n" for n in range(40))
EVERYTHING = "%{NAME} %{EVR} %{ARCH}\\n[%{FILENAMES} %{FILEFLAGS:hex}\\n]"


def rpm(*arguments: str | Path) -> str:
    return subprocess.run(["rpm", *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that rpm made, in its form of today."""
    if not shutil.which("rpm") or not shutil.which("rpmbuild"):
        pytest.skip("no rpm here (Debian: rpm)")
    folder = tmp_path_factory.mktemp("rpm")
    (folder / "tool.spec").write_text(SPEC.replace("MORE", MORE))
    subprocess.run(
        ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}", folder / "tool.spec"],
        check=True,
        capture_output=True,
    )
    packages = sorted(folder.glob("RPMS/*/*.rpm"))
    rpm("--dbpath", folder / "db", "--define", "_db_backend sqlite", "--justdb", "--nodeps", "-i", *packages)
    return folder / "db" / "rpmdb.sqlite"


def told_by_rpm(folder: Path, form: str) -> list[str]:
    """Return what rpm prints of each package: its name, version and architecture, then its files."""
    out = rpm("--dbpath", folder, "--define", f"_db_backend {form}", "-qa", "--qf", EVERYTHING)
    lines = [line.split() for line in out.splitlines()]
    ghosts = [line[0] for line in lines if len(line) == 2 and int(line[1], 16) & GHOST]
    return sorted(" ".join(line) if len(line) == 3 else line[0] for line in lines if line[0] not in ghosts)


def told_by_us(contents: bytes) -> list[str]:
    packages = list(map(read_package, headers_in(contents)))
    identities = (each.identity for each in packages)
    heads = [f"{each.name} {each.version} {each.architecture}" for each in identities]
    return sorted([*heads, *(path for each in packages for path in each.files)])


def test_a_database_of_rpm_itself(installed: Path) -> None:
    told = told_by_us(installed.read_bytes())

    assert told == told_by_rpm(installed.parent, "sqlite")
    assert "tool 2:1.4-3 noarch" in told
    assert "library 0:9-3 noarch" in told
    assert len(told) == 44 + 1 + 301 + 2


def test_a_database_of_rpm_as_berkeley_db_writes_it(installed: Path, tmp_path: Path) -> None:
    """rpm reads its form of yesterday, but writes it no more: Berkeley DB's own tool does."""
    load = shutil.which("db5.3_load")
    if not load:
        pytest.skip("no db5.3_load here (Debian: db5.3-util)")
    lines = ["VERSION=3", "format=bytevalue", "type=hash", "db_pagesize=4096", "HEADER=END", " 00000000", " 63000000"]
    for number, each in enumerate(headers_in(installed.read_bytes()), 1):
        lines += [f" {number.to_bytes(4, 'little').hex()}", f" {each.hex()}"]
    subprocess.run([load, tmp_path / "Packages"], input="\n".join([*lines, "DATA=END", ""]), text=True, check=True)

    told = told_by_us((tmp_path / "Packages").read_bytes())

    assert told == told_by_rpm(tmp_path, "bdb_ro") == told_by_rpm(installed.parent, "sqlite")


def test_a_database_that_rpms_own_code_for_suse_wrote() -> None:
    """Debian's rpm is built without this form. Packages.db is of rpm 4.18's rpmpkg.c: the four packages of SPEC (with
    one epoch for all, and three libraries), one more put in and deleted again."""
    told = told_by_us(lzma.decompress(Path(__file__).with_name("Packages.db.xz").read_bytes()))

    assert told == sorted(
        [
            *("tool 2:1.4-3 noarch", "library 2:9-3 noarch", "docs 2:1.4-3 noarch", "paths 2:1.4-3 noarch"),
            *("/usr/bin/tool", "/usr/lib/library", "/usr/share/paths", "/usr/share/paths/file"),
            *(f"/usr/lib/library/lib{n}.so" for n in (1, 2, 3)),
        ]
    )
