"""Python distributions: files by their lists, in every environment, and why they are there."""

import time

from builders import file, hardlink, symlink
from owning import RUN, by_name, debian, packages_of, stanza

from layerscope.packages.kit.wheels import Requirement, parse_metadata, parse_record
from layerscope.report import PackageReport

SITE = "usr/local/lib/python3.12/site-packages"


def wheel(
    name: str,
    *files: tuple[str, int],
    version: str = "1.0",
    requires: tuple[str, ...] = (),
    requested: bool | None = None,
    site: str = SITE,
) -> list[bytes]:
    """Make an installed package: what tells of it, and its files, relative to the environment."""
    info = f"{name}-{version}.dist-info"
    head = "".join(f"Requires-Dist: {each}\n" for each in requires)
    record = "".join(f"{path},sha256=x,{size}\n" for path, size in files)
    members = [
        file(f"{site}/{info}/METADATA", f"Name: {name}\nVersion: {version}\n{head}\nName: no\n".encode()),
        file(f"{site}/{info}/RECORD", f"{record}{info}/METADATA,,\n{info}/RECORD,,\n".encode()),
    ]
    if requested:
        members.append(file(f"{site}/{info}/REQUESTED"))
    return members + [file(f"{site}/{path}", b"x" * size) for path, size in files if not path.startswith(("/", ".."))]


def books(name: str, *files: tuple[str, int], requires: tuple[str, ...] = ()) -> int:
    """Count the bytes of what tells of a package."""
    return sum(int(each[124:135], 8) for each in wheel(name, *files, requires=requires)[:2])


def test_a_package_by_its_record() -> None:
    files = (("flask/app.py", 300), ("flask/gone.py", 0), ("../../../bin/flask", 0), ("/etc/flask", 0))
    [flask] = packages_of(
        RUN("python", file("usr/local/bin/python", b"p" * 9)),
        RUN(
            "pip install flask",
            *wheel("Flask", *files, version="3.0", requested=True),
            file("usr/local/bin/flask", b"b" * 50),
            file("etc/flask", b"e" * 7),
            file(f"{SITE}/other.py", b"o" * 11),
        ),
    )

    assert flask == PackageReport(
        manager="python",
        name="Flask",
        version="3.0",
        content_bytes=300 + 50 + 7 + books("Flask", *files),
        layer=1,
        requested=True,
        reason="asked for by name",
        wanted_by=None,
        development=False,
        record=f"{SITE}/Flask-3.0.dist-info/RECORD",
    )


def test_bytecode_belongs_to_the_module_whoever_compiled_it() -> None:
    files = (("a/b.py", 10), ("c.py", 10))
    [package] = packages_of(
        RUN("pip install --no-compile a", *wheel("a", *files)),
        RUN(
            "python -c 'import a.b, c'",
            file(f"{SITE}/a/__pycache__/b.cpython-312.pyc", b"1" * 100),
            file(f"{SITE}/a/__pycache__/b.cpython-312.opt-2.pyc", b"2" * 1000),
            file(f"{SITE}/__pycache__/c.cpython-312.pyc", b"3" * 10000),
            file(f"{SITE}/__pycache__/d.cpython-312.pyc", b"4"),
        ),
    )

    assert package.content_bytes == 20 + 11100 + books("a", *files)


def test_every_environment_is_its_own() -> None:
    one = wheel("a", ("a.py", 10), version="1", site="opt/venv/lib/python3.12/site-packages")
    two = wheel("a", ("a.py", 20), version="2", site="srv/target")
    packages = packages_of(RUN("pip", *one, *two, symlink("opt/venv/lib64", "lib")))

    assert sorted((each.version, each.record.split("/")[0]) for each in packages) == [("1", "opt"), ("2", "srv")]


def test_what_the_distribution_installed_is_the_distributions() -> None:
    site = "usr/lib/python3/dist-packages"
    lists = {"python3-six": [f"{site}/six.py", f"{site}/six-1.16.dist-info/METADATA"]}
    members = (file(f"{site}/six.py", b"6"), file(f"{site}/six-1.16.dist-info/METADATA", b"Name: six\n"))
    packages = packages_of(RUN("apt-get install", *debian(stanza("python3-six"), lists=lists), *members))

    assert [(each.manager, each.name) for each in packages] == [("dpkg", "python3-six")]


def test_packages_within_a_package_are_part_of_it() -> None:
    inner = "setuptools/_vendor/wheel-0.4.dist-info"
    files = ((f"{inner}/METADATA", 30), (f"{inner}/RECORD", 0), ("setuptools/_vendor/wheel.py", 40))
    [setuptools] = packages_of(RUN("pip", *wheel("setuptools", *files)))

    assert setuptools.content_bytes == 70 + books("setuptools", *files)


def test_who_dragged_it_in() -> None:
    packages = by_name(
        packages_of(
            RUN(
                "pip install uvicorn[standard]",
                *wheel(
                    "uvicorn",
                    requires=("click >=7", "h11>=0.8", "Http.Tools; extra == 'standard'", "absent"),
                    requested=True,
                ),
                *wheel("click", requires=("colors[more] (>=1); sys_platform == 'win32'",)),
                *wheel("h11"),
                *wheel("http_tools"),
                *wheel("colors", requires=('deep; extra == "more"', 'never ; extra == "less"')),
                *wheel("deep"),
                *wheel("never"),
                *wheel("left"),
            )
        )
    )

    assert {name: (each.requested, each.reason, each.wanted_by) for name, each in packages.items()} == {
        "uvicorn": (True, "asked for by name", None),
        "click": (False, "uvicorn depends on it", "uvicorn"),
        "h11": (False, "uvicorn depends on it", "uvicorn"),
        "http_tools": (False, "uvicorn depends on it (extra standard)", "uvicorn"),
        "colors": (False, "click depends on it, for uvicorn", "click"),
        "deep": (False, "colors depends on it (extra more), for uvicorn", "colors"),
        "never": (False, "colors depends on it (extra less), for uvicorn", "colors"),
        "left": (False, "nothing installed wants it", None),
    }


def test_many_that_were_asked_for_take_no_longer_than_their_number() -> None:
    infos = [f"{SITE}/p{number}-1.dist-info" for number in range(50_000)]
    step = RUN("pip", *(file(f"{info}/{name}") for info in infos for name in ("METADATA", "REQUESTED")))
    start = time.process_time()

    assert all(each.requested for each in packages_of(step))
    assert time.process_time() - start < 12


def test_where_nobody_noted_what_was_asked_for() -> None:
    packages = by_name(packages_of(RUN("conda install", *wheel("a", requires=("b",)), *wheel("b", requires=("b",)))))

    assert {name: (each.requested, each.reason) for name, each in packages.items()} == {
        "a": (None, ""),
        "b": (None, "a depends on it"),
    }


def test_packages_of_before_wheels() -> None:
    """An egg-info is a folder with a list, relative to itself, or a single file."""
    egg = f"{SITE}/old-2.0-py3.12.egg-info"
    listed = b"../old.py\r\n../../../../bin/old\nPKG-INFO\n"
    packages = by_name(
        packages_of(
            RUN(
                "setup.py install",
                file(f"{egg}/PKG-INFO", b"Name: old\nVersion: 2.0\n"),
                file(f"{egg}/installed-files.txt", listed),
                file(f"{SITE}/old.py", b"o" * 40),
                file("usr/local/bin/old", b"b" * 5),
                file(f"{SITE}/older-1.5-py2.7.egg-info", b"Metadata-Version: 1.0\n"),
            )
        )
    )

    assert packages["old"].content_bytes == 40 + 5 + len(listed) + len(b"Name: old\nVersion: 2.0\n")
    assert (packages["older"].version, packages["older"].content_bytes) == ("1.5", 22)


def test_files_that_are_links_to_a_cache() -> None:
    """uv links files to its cache, which may come first; what is there has one owner."""
    cache = "root/.cache/uv/archive-v0/xyz"
    members = wheel("a", ("a.py", 500), site=cache)
    paths = ("a.py", "a-1.0.dist-info/METADATA", "a-1.0.dist-info/RECORD")
    links = [hardlink(f"{SITE}/{path}", f"{cache}/{path}") for path in paths]
    [package] = packages_of(RUN("uv pip install a", *members, *links))

    assert package.content_bytes == 500 + books("a", ("a.py", 500))
    assert package.record.startswith(SITE)


def test_metadata_as_it_comes() -> None:
    head = b"Metadata-Version: 2.1\r\nname: A.B_c\r\nVersion: 1\r\nRequires-Dist: x [u, V_w] (<2) ; extra=='Z_z'\r\n"
    metadata = parse_metadata(head + b"Requires-Dist: ;\nRequires-Dist: y@ https://example.invalid/y.whl\n")

    assert (metadata.name, metadata.version) == ("A.B_c", "1")
    assert metadata.requires == (Requirement("x", ("u", "v-w"), ("z-z",)), Requirement("y", (), ()))
    assert parse_metadata(b"\xff\xfe") == parse_metadata(b"")


def test_records_as_they_come() -> None:
    text = b'a.py,sha256=x,1\r\n"b,""c"".py",,\n\nd\n"e\n'

    assert parse_record(text) == ["a.py", 'b,"c".py', "", "d", "", ""]
