"""Packages of PHP: what Composer notes of them, and what only development needs."""

import json
from typing import Any

import pytest
from builders import file, symlink
from owning import RUN, inspected, packages_of

from layerscope.report import PackageReport

INSTALLED = "app/vendor/composer/installed.json"


def installed(*packages: dict[str, Any], dev: tuple[str, ...] = (), path: str = INSTALLED) -> bytes:
    document = {"packages": packages, "dev": True, "dev-package-names": dev}
    return file(path, json.dumps(document).encode())


def package(name: str, *needs: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1.0.0",
        "type": "library",
        "install-path": f"../{name}",
        "require": dict.fromkeys(needs, "^1"),
    } | fields


def project(run: tuple[str, ...] = (), dev: tuple[str, ...] = ()) -> bytes:
    return file(
        "app/composer.json",
        json.dumps({"require": dict.fromkeys(run, "*"), "require-dev": dict.fromkeys(dev, "*")}).encode(),
    )


def test_a_package_with_its_files() -> None:
    [monolog] = packages_of(
        RUN("mkdir", file("app/index.php", b"i" * 7)),
        RUN(
            "composer install",
            project(run=("Monolog/monolog", "php")),
            installed(package("monolog/monolog", version="3.5.0")),
            file("app/vendor/monolog/monolog/src/Logger.php", b"1" * 10),
            file("app/vendor/monolog/monolog/composer.json", b"2" * 200),
            file("app/vendor/monolog/other/x.php", b"o"),
            file("app/vendor/autoload.php", b"a"),
        ),
    )

    assert monolog == PackageReport(
        manager="composer",
        name="monolog/monolog",
        version="3.5.0",
        content_bytes=210,
        layer=1,
        requested=True,
        reason="asked for by /app",
        wanted_by=None,
        development=False,
        record=INSTALLED,
    )


def test_who_dragged_it_in_and_what_is_for_development() -> None:
    packages = packages_of(
        RUN(
            "composer install",
            project(run=("a/web", "ext-mbstring"), dev=("a/test",)),
            installed(
                package("a/web", "psr/log-implementation", "php"),
                package("a/log", "A/web", provide={"psr/log-implementation": "1"}),
                package("a/mb", provide={"ext-mbstring": "*"}),
                package("a/test", "a/log", "a/diff"),
                package("a/diff"),
                dev=("a/test", "A/diff"),
            ),
        )
    )

    assert {each.name: (each.requested, each.reason, each.development) for each in packages} == {
        "a/web": (True, "asked for by /app", False),
        "a/log": (False, "a/web depends on it", False),
        "a/mb": (False, "nothing installed wants it", False),
        "a/test": (True, "asked for by /app", True),
        "a/diff": (False, "a/test depends on it", True),
    }


def test_what_composer_1_wrote_and_no_project() -> None:
    text = json.dumps(
        [{"name": "a/a", "version": "1", "require": {"b/b": "*"}}, {"name": "b/b", "version": "2"}]
    ).encode()
    packages = packages_of(
        RUN("COPY vendor", file("vendor/composer/installed.json", text), file("vendor/b/b/x.php", b"x" * 40))
    )

    assert [(each.name, each.requested, each.reason, each.content_bytes) for each in packages] == [
        ("b/b", None, "a/a depends on it", 40),
        ("a/a", None, "", 0),
    ]


def test_packages_elsewhere_and_within_one_another() -> None:
    packages = packages_of(
        RUN(
            "composer install",
            installed(
                package("drupal/core", **{"install-path": "../../web/core"}),
                package("drupal/views", **{"install-path": "../../web/core/modules/views"}),
                package("my/local"),
                package("meta/only", **{"install-path": None, "require": []}),
                package("odd/all", **{"install-path": "../.."}),
                package("odd/books", **{"install-path": "."}),
            ),
            file("app/web/core/index.php", b"1" * 10),
            file("app/web/core/modules/views/v.php", b"2" * 200),
            file("app/packages/local/l.php", b"3" * 3000),
            symlink("app/vendor/my/local", "../../packages/local"),
        )
    )

    assert {each.name: each.content_bytes for each in packages} == {
        "drupal/core": 10,
        "drupal/views": 200,
        "my/local": 3000,
        "meta/only": 0,
        "odd/all": 0,
        "odd/books": 0,
    }


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{}",
        b"[7]",
        b'{"packages": [{}]}',
        b'[{"name": "' + b"n" * 300 + b'"}]',
        b'[{"name": "a/b", "require": ' + b"[" * 100_000,
        b" " * (32 * 1024 * 1024 + 1),
    ],
)
def test_a_broken_list_costs_the_answer_and_not_the_report(text: bytes) -> None:
    report = inspected(RUN("composer install", file(INSTALLED, text), file("app/vendor/a/b/x.php", b"x")))

    assert report.packages == ()
    [note] = report.notes
    assert note.startswith(f"Packages of composer were given up: {INSTALLED} is ")


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"require": [], "require-dev": 7}'])
def test_a_project_that_says_nothing(text: bytes) -> None:
    [found] = packages_of(RUN("composer install", file("app/composer.json", text), installed(package("a/b"))))

    assert not found.requested
