import pytest
from builders import file, folder, symlink, whiteout
from looking import COPY, RUN, looked

from layerscope.rules.kit.rule import Confidence, Severity

SQLITE = b"SQLite format 3\0" + bytes(4080)
REDIS = b"REDIS0011" + bytes(91)


@pytest.mark.parametrize("name", ["app.db", "data/app.sqlite3", "x.sqlite", "x.db3"])
def test_sqlite_is_proven_by_how_it_begins(name: str) -> None:
    [found] = looked("baked-state", COPY(". /app", file(f"app/{name}", SQLITE), file("app/other.db", b"x" * 4096)))

    assert (found.severity, found.confidence) == (Severity.MEDIUM, Confidence.MEDIUM)
    assert (found.finding.layer, found.finding.paths, found.finding.claims) == (0, (f"app/{name}",), {})
    assert found.finding.message == (
        "an SQLite database (4,096 bytes) written by COPY . /app: each container begins with this state, and loses its "
        "own"
    )
    assert found.finding.remedy == (
        "Keep it outside of the image: a volume (PersistentVolume), filled by an init container or a Job; and list it "
        "in .dockerignore."
    )


@pytest.mark.parametrize(
    "path",
    [
        "var/lib/rpm/rpmdb.sqlite",
        "usr/lib/sysimage/rpm/rpmdb.sqlite",
        "var/lib/dnf/history.sqlite",
        "var/lib/command-not-found/commands.db",
        "var/cache/man/index.db",
        "usr/share/proj/proj.db",
        "opt/gdal/share/proj/proj.db",
        "etc/pki/nssdb/cert9.db",
        "root/.mozilla/firefox/a/places.sqlite",
        "root/.cache/x/a.db",
        "app/node_modules/x/a.db",
        "usr/local/lib/python3.12/site-packages/x/a.sqlite3",
        "app/tests/a.sqlite3",
        "nix/var/nix/db/db.sqlite",
    ],
)
def test_databases_of_packages_tools_and_tests_are_not(path: str) -> None:
    assert looked("baked-state", RUN("install", file(path, SQLITE))) == []


def test_what_is_put_into_usr_by_hand_is_state() -> None:
    assert len(looked("baked-state", RUN("seed", file("usr/src/app/db.sqlite3", SQLITE)))) == 1


def test_a_dump_of_redis() -> None:
    [found] = looked("baked-state", RUN("seed", file("data/dump.rdb", REDIS), file("data/other.rdb", b"x" * 100)))

    assert found.finding.message.startswith("a dump of Redis (100 bytes) written by RUN seed: each container")
    assert found.finding.remedy.endswith("an init container or a Job.")


DATA = {
    "the data of a PostgreSQL server": ("PG_VERSION", "base/1/1249", "base/1/PG_VERSION"),
    "the data of a MySQL server": ("ibdata1", "app/users.ibd"),
    "the data of a MongoDB server": ("WiredTiger", "collection-0.wt"),
}


@pytest.mark.parametrize("what", DATA)
def test_data_folders_of_servers_are_whole(what: str) -> None:
    members = [file(f"data/{name}", b"d" * 50) for name in DATA[what]]

    [found] = looked("baked-state", RUN("init", *members, file("other/x", b"x")))

    assert found.finding.message.startswith(f"{what} ({50 * len(members)} bytes) written by RUN init: ")
    assert found.finding.paths == tuple(sorted(f"data/{name}" for name in DATA[what]))


def test_files_of_servers_by_themselves_are_no_data() -> None:
    members = file("a/PG_VERSION", b"16"), file("b/users.ibd", b"x"), file("c/collection-0.wt", b"x")

    assert looked("baked-state", RUN("init", *members)) == []


def test_a_layer_that_writes_to_it_again_has_a_finding_of_its_own() -> None:
    first = file("d/ibdata1", b"a" * 10), file("d/x.ibd", b"x" * 5)

    found = looked("baked-state", RUN("init", *first), RUN("seed", file("d/ibdata1", b"b" * 20)))

    assert [(each.finding.layer, each.finding.paths) for each in found] == [(0, ("d/x.ibd",)), (1, ("d/ibdata1",))]


def test_what_users_uploaded_is_found_where_it_was_copied() -> None:
    members = file("app/public/uploads/1/cat.jpg", b"c" * 70), file("app/public/uploads/.gitkeep", b"x")

    [found] = looked("baked-state", COPY(". /app", *members))
    assert found.finding.paths == ("app/public/uploads/1/cat.jpg",)
    assert found.finding.message.startswith("what users uploaded (70 bytes) written by COPY . /app: ")

    assert looked("baked-state", RUN("make", *members)) == []
    assert looked("baked-state", COPY(". /app", members[1], folder("app/uploads"))) == []


def test_media_are_uploads_beside_djangos_manage_only() -> None:
    image = file("app/media/cat.jpg", b"c")

    assert len(looked("baked-state", COPY(". /app", image, file("app/manage.py", b"m")))) == 1
    assert looked("baked-state", COPY(". /app", image, file("app/static/media/a.png", b"a"))) == []


def test_what_is_deleted_or_a_link_is_others_matter() -> None:
    assert looked("baked-state", RUN("x", file("a.db", SQLITE)), RUN("rm a.db", whiteout("a.db"))) == []
    assert looked("baked-state", RUN("x", symlink("app.db", "/data/app.db"))) == []


def test_folders_within_one_another_and_odd_names_count_once() -> None:
    members = [file(f"{'uploads/' * depth}a\n\x1b{depth}", b"x") for depth in range(1, 12)]

    [found] = looked("baked-state", COPY(". /", *members))

    assert len(found.finding.paths) == 11


def test_a_large_one_that_may_be_run_is_seen_as_it_passes_too() -> None:
    large = SQLITE + bytes(300_000)

    [found] = looked("baked-state", COPY("app.db /app/", file("app/app.db", large, mode=0o755)))

    assert found.finding.paths == ("app/app.db",)
