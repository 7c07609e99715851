"""What is kept although it looks like something that goes, and the other way round."""

from time import process_time

import pytest
from builders import file, long_name, symlink
from elf_files import linked
from splitting import COPY, RUN, debian, last_stage, package, program, proposed, split

GIT = package("git", {"usr/bin/git": b"g" * 3_000_000}, Section="vcs", Depends="libc6, libpcre", Recommends="less")
LESS = package("less", {"usr/bin/less": b"l" * 50_000}, Section="text")
PCRE = package("libpcre", {"usr/lib/libpcre.so.3": program(interpreter="")}, Section="libs")
NGINX = package("nginx", {"etc/nginx/nginx.conf": b"n" * 40, "usr/sbin/nginx": program("libc.so.6")}, Section="httpd")
GCC = package("gcc", {"usr/bin/gcc": b"g" * 4_000_000, "etc/gcc.conf": b"c"}, Section="devel")
INSTALL = "apt-get install gcc git nginx"
BOOKS = debian((GCC, GIT, LESS, PCRE, NGINX), ["less", "libpcre"])
RECIPE = f"FROM x\nRUN {INSTALL}\nRUN make\nCOPY . /\n"


def stage(*members: bytes, copied: tuple[bytes, ...] = (), **run: object) -> str:
    steps = (RUN(INSTALL, *BOOKS), RUN("make", *members), COPY(". /", *copied))
    return last_stage(proposed(RECIPE, *steps, run=run))


def packages_in(text: str) -> list[str]:
    line = next((line for line in text.splitlines() if "apt-get install" in line), "")
    return [word for word in line.partition("recommends ")[2].split() if word != "\\"]


def test_a_tool_of_development_that_is_started_stays_with_what_it_depends_on_and_recommends() -> None:
    script = b'#!/bin/sh\nset -e\nif true; then exec git daemon "$@"; fi\n'

    assert packages_in(stage(file("entry", script, mode=0o755), Entrypoint=["/entry"])) == ["git", "less", "nginx"]
    assert packages_in(stage(Cmd=["/bin/sh", "-c", "cd / && git daemon"])) == ["git", "less", "nginx"]
    assert packages_in(stage(Cmd=["tini", "--", "git"], Env=["PATH=/usr/bin"])) == ["nginx"]  # there is no tini
    assert packages_in(stage(file("sbin/tini", b"t" * 9, mode=0o755), Cmd=["tini", "--", "git"])) == [
        *("git", "less", "nginx"),
    ]
    assert packages_in(stage(Cmd=["nginx"], Healthcheck={"Test": ["CMD", "git", "status"]})) == ["git", "less", "nginx"]
    assert packages_in(stage(Cmd=["nginx", "git"])) == ["nginx"]


def test_settings_that_an_instruction_changed_are_copied_if_their_package_stays() -> None:
    changed = (file("etc/nginx/nginx.conf", b"mine"), file("etc/gcc.conf", b"mine"), file("bin/sh", b"mine"))
    text = stage(copied=changed, Cmd=["nginx"])

    assert "COPY --from=build /bin/sh /bin/sh\n" in text  # of a package of the base
    assert "COPY --from=build /etc/nginx /etc/nginx\n" in text
    assert "gcc" not in text


def test_a_tool_chain_that_is_started_stays_as_a_whole_with_the_sources() -> None:
    go = (
        file("usr/local/go/bin/go", linked(padding=5000), mode=0o755),
        file("usr/local/go/src/fmt/print.go", b"p"),
        file("app/main.go", b"m"),
    )
    text = stage(*go, Cmd=["go", "run", "/app/main.go"], Env=["PATH=/usr/local/go/bin"])

    assert "COPY --from=build /app /app\n" in text
    assert "COPY --from=build /usr/local /usr/local\n" in text
    assert "/usr/local" not in stage(*go, Cmd=["nginx"])


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("app/data.txt", True),
        ("app/templates/index.html", True),
        ("app/main.c", False),
        ("app/main.o", False),
        ("app/README.md", False),
        ("app/LICENSE", True),
        ("app/.git/HEAD", False),
        ("app/CMakeFiles/x.txt", False),
        ("build/anything.txt", False),
        ("root/.cache/pip/x", False),
        ("root/.cache/huggingface/x", True),
        ("root/.m2/repository/x.jar", False),
        ("go/pkg/mod/x.go", False),
        ("root/.cargo/bin/cargo", False),
        ("root/.cargo/bin/mine", True),
        ("opt/jdk-17/jmods/x", False),
        ("opt/jdk-17/lib/src.zip", False),
        ("opt/jdk-17/bin/java", True),
        ("opt/maven/lib/x.jar", False),
        ("usr/local/lib/libx.a", False),
        ("usr/local/lib/libx.so.1", True),
        ("usr/local/lib/node_modules/npm/x.js", False),
        ("usr/local/lib/node_modules/mine/x.js", True),
        ("tmp/x", False),
        ("var/lib/mine/x", True),
        ("var/cache/x", False),
        ("var/log/x.log", False),
    ],
)
def test_files_that_nobody_owns(path: str, kept: bool) -> None:
    sources = (file("app/Makefile", b"m"), file("app/lib.c", b"l"), file("build/x.c", b"x"))
    proposal = proposed(
        RECIPE,
        RUN(INSTALL, *BOOKS),
        RUN("make", *sources, file(path, b"x" * 777)),
        COPY(". /"),
        run={"Cmd": ["nginx"], "WorkingDir": "/app"},
    )

    is_copied = any(step.action == "copy" and f"/{path}".startswith(step.what) for step in proposal.steps)
    assert is_copied == kept


def test_a_library_in_a_tree_that_goes_is_kept_where_a_program_needs_it() -> None:
    text = stage(
        file("src/own.c", b"o"),
        file("src/.libs/libown.so.1", linked(["libc.so.6"], padding=5000), mode=0o755),
        file("src/.libs/libother.so.1", linked(["libc.so.6"], padding=5000), mode=0o755),
        symlink("src/.libs/libown.so", "libown.so.1"),
        file("opt/app", program("libown.so.1", search="/src/.libs"), mode=0o755),
        Cmd=["/opt/app"],
    )

    assert "COPY --from=build /src/.libs/libown.so.1 /src/.libs/libown.so.1\n" in text
    assert "libother" not in text


def test_what_is_not_known_is_said() -> None:
    steps = (
        RUN(INSTALL, *BOOKS),
        RUN("make && sed -i s/a/b/ /etc/apt/sources.list", file("opt/app", program("libgone.so.1"), mode=0o755)),
        COPY(". /"),
    )
    recipe = RECIPE.replace("RUN make", "RUN make && sed -i s/a/b/ /etc/apt/sources.list")

    assert split(recipe, *steps, run={"Cmd": ["serve"]}).notes == (
        "The image starts serve, which is no program of it: whatever that needs is not known.",
        "/opt/app wants libgone.so.1, which is nowhere in the image.",
        (
            "Kept since they were asked for by name, and nothing tells what for: nginx. Those that only the building "
            "needs, take out of the last stage."
        ),
        (
            "Left behind though asked for by name, since they serve building: gcc, git. One that the program starts "
            "while it runs belongs into the last stage."
        ),
        "An instruction changes where apt looks for packages: the last stage may need that too.",
    )


def test_many_copies_become_one_where_a_few_parts_are_deleted_before() -> None:
    parts = [file(f"opt/app/{n}/data", b"d") for n in range(12)]
    odd = [file("opt/app/x.c", b"c"), file("opt/app/x.o", b"o")]
    steps = (RUN(INSTALL, *BOOKS), RUN("make", *parts, *odd), COPY(". /"))
    dockerfile = proposed(RECIPE, *steps, run={"Cmd": ["nginx"]}).dockerfile

    assert "\nFROM build AS pruned\nUSER root\nRUN rm -rf /opt/app/x.c /opt/app/x.o\n" in dockerfile
    assert dockerfile.endswith("COPY --from=pruned /opt /opt\n")


def test_hostile_images_take_no_longer_than_large_ones() -> None:
    deep = "/".join("d" * 2000)
    virtual = [
        package(f"p{n}", {}, Section="libs", Provides="v", Depends="v, v | w", Recommends=f"p{n + 1}")
        for n in range(900)
    ]
    steps = (
        RUN(INSTALL, *debian((GCC, GIT, PCRE, *virtual), ["libpcre"])),
        RUN(
            "make",
            *(long_name(f"app/{deep}/{n}.c") + file(f"{n}.c", b"c") for n in range(200)),
            *(file(f"opt/{'jdk' * 20}{n}/x", b"x") for n in range(200)),
            *(file(f"lib/{n}/libz.so", linked(["libz.so", "liby.so"], padding=5000)) for n in range(200)),
        ),
        COPY(". /"),
    )
    before = process_time()
    split(RECIPE, *steps, run={"Cmd": ["nginx"]})

    assert process_time() - before < 20
