import pytest
from builders import file
from looking import COPY, META, RUN, Step, looked, reclaimable

from layerscope.rules.kit.rule import Confidence


@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile",
        "Dockerfile.dev",
        "web.dockerfile",
        "docker-compose.override.yml",
        "compose.yaml",
        ".dockerignore",
        ".gitlab-ci.yml",
        "img/.DS_Store",
        "img/Thumbs.db",
        ".main.py.swp",
        "main.py~",
        "npm-debug.log",
        ".idea/workspace.xml",
        ".vscode/settings.json",
        ".github/workflows/ci.yml",
        "pkg/.mypy_cache/3.11/a.json",
    ],
)
def test_what_only_developers_use_is_found_where_it_was_copied(path: str) -> None:
    member = file(f"app/{path}", b"j" * 100)

    [found] = looked("build-context-junk", COPY("src /app", member, file("app/main.py", b"m")))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (f"app/{path}",), 100)
    assert ".dockerignore, a line each: **/" in found.finding.remedy
    assert looked("build-context-junk", RUN("make", member)) == []


@pytest.mark.parametrize(
    "path", ["main.py", "Dockerfiles/a", "compose.py", "composer.json", ".env", ".npmrc", "src/vim"]
)
def test_what_may_be_needed_is_not(path: str) -> None:
    assert looked("build-context-junk", COPY(". /app", file(f"app/{path}", b"x"))) == []


def test_of_other_peoples_packages_nothing_is_junk() -> None:
    assert looked("build-context-junk", COPY("a /app", file("app/vendor/x/Dockerfile", b"x"))) == []


def context(text: str) -> Step:
    return COPY(
        text,
        file("app/main.js", b"m"),
        file("app/node_modules/x/index.js", b"x" * 1000),
        file("app/tests/test_a.js", b"t" * 100),
        file("app/src/tests/kept.js", b"t" * 10),
    )


@pytest.mark.parametrize("text", [". /app", "./ /app", "--chown=1:1 . /app", "dir:0123abcd in /app"])
def test_packages_and_tests_count_where_the_whole_context_was_copied(text: str) -> None:
    [found] = looked("build-context-junk", context(text))

    assert reclaimable(found) == 1100
    assert found.finding.confidence is Confidence.LOW
    assert "**/node_modules, tests." in found.finding.remedy


@pytest.mark.parametrize("text", ["node_modules tests /app/", "/build/app /app"])
def test_what_an_instruction_names_is_wanted(text: str) -> None:
    assert looked("build-context-junk", context(text)) == []


def test_a_base_images_root_is_no_context() -> None:
    base = Step("ADD rootfs.tar.xz / # buildkit", (file("etc/skel/.editorconfig", b"x"),))

    assert looked("build-context-junk", base, META('CMD ["sh"]')) == []
