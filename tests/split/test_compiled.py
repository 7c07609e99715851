"""A compiled program: its libraries' packages stay, the compiler and its sources go."""

from builders import file, folder, symlink
from splitting import COPY, META, RUN, actions, debian, last_stage, package, program, proposed, split

BIG = b"g" * 4_000_000
GCC = package("gcc", {"usr/bin/gcc": BIG}, Section="devel", Depends="libgcc1, cpp")
CPP = package("cpp", {"usr/lib/cpp": b"c" * 200_000}, Section="interpreters", Depends="libc6")
LIBGCC = package("libgcc1", {"usr/lib/libgcc_s.so.1": program()}, Section="libs", Depends="libc6 (>= 2)")
LIBZ = package("zlib1g", {"usr/lib/libz.so.1.3": program("libc.so.6"), "usr/share/z": b"z" * 70}, Section="libs")
LIBZ_LINK = symlink("usr/lib/libz.so.1", "libz.so.1.3")
DEV = package("zlib1g-dev", {"usr/include/zlib.h": b"h" * 90_000}, Section="libdevel", Depends="zlib1g (= 1)")

DOCKERFILE = """\
# Says hello.
FROM debian:12
RUN apt-get update && apt-get install -y gcc zlib1g-dev curl
COPY . /src
WORKDIR /src
RUN make install
RUN useradd -u 1500 app && install -d -o app /data
ENV GREETING="hello $USER" PLAIN=1
EXPOSE 80
USER app
ENTRYPOINT ["hello", "--all"]
"""
CURL = package("curl", {"usr/bin/curl": b"c" * 800}, Section="web", Depends="zlib1g")
PASSWD = b"root:x:0:0:root:/root:/bin/bash\napp:x:1500:1500::/home/app:/bin/sh\n"
PACKAGES = (GCC, CPP, LIBGCC, LIBZ, DEV, CURL)
STEPS = (
    RUN(
        "apt-get update && apt-get install -y gcc zlib1g-dev curl",
        LIBZ_LINK,
        *debian(PACKAGES, automatic=["cpp", "libgcc1", "zlib1g"]),
        file("var/lib/apt/lists/Packages", b"l" * 3_000_000),
    ),
    COPY(". /src", folder("src"), file("src/main.c", b"m" * 900), file("src/Makefile", b"a")),
    META("WORKDIR /src"),
    RUN("make install", file("src/main.o", b"o" * 800), file("usr/local/bin/hello", program("libz.so.1"), mode=0o755)),
    RUN(
        "useradd -u 1500 app && install -d -o app /data",
        file("etc/passwd", PASSWD),
        file("etc/group", b"app:x:1500:\n"),
        folder("data", uid=1500),
    ),
    META("ENV GREETING=hello $USER PLAIN=1"),
    META("EXPOSE map[80/tcp:{}]"),
    META("USER app"),
    META('ENTRYPOINT ["hello" "--all"]'),
)
CONFIG = {
    "Env": ["PATH=/usr/local/bin:/usr/bin", "GREETING=hello $USER", "PLAIN=1"],
    "WorkingDir": "/src",
    "User": "app",
    "ExposedPorts": {"80/tcp": {}},
    "Entrypoint": ["hello", "--all"],
}


def test_the_whole_proposal() -> None:
    proposal = proposed(DOCKERFILE, *STEPS, run=CONFIG)

    assert proposal.kind == "multi-stage"
    assert proposal.dockerfile == (
        DOCKERFILE.replace("FROM debian:12", "FROM debian:12 AS build")
        + r"""
FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd -g 1500 app \
    && useradd -M -l -u 1500 -g 1500 -d /home/app -s /bin/sh app \
    && install -d -o 1500 -g 0 /data
COPY --from=build /usr/local /usr/local
ENV GREETING="hello \$USER"
ENV PLAIN=1
EXPOSE 80/tcp
WORKDIR /src
USER app
ENTRYPOINT ["hello", "--all"]
"""
    )
    kept = {step.what: step.reason for step in proposal.steps if step.action == "install"}
    assert kept == {
        "zlib1g": "/usr/local/bin/hello needs /usr/lib/libz.so.1.3",
        "curl": "asked for by name, so it may be needed to run",
        "books of the package manager": "written anew by it",
        "books of users and groups": "written anew where they are made",
        "what the set-up of packages makes": "made anew where they are installed",  # the library's link
    }
    gone = actions(proposal, "drop")
    assert gone.pop("books of the package manager") > 0  # what they say of packages that are left behind
    assert gone == {
        "gcc": 4_000_000 + len("/usr/bin/gcc\n"),
        "/var/lib/apt/lists": 3_000_000,
        "packages that only those need": len(LIBGCC.files["usr/lib/libgcc_s.so.1"]) + len("/usr/lib/libgcc_s.so.1\n"),
        "cpp": 200_000 + len("/usr/lib/cpp\n"),
        "zlib1g-dev": 90_000 + len("/usr/include/zlib.h\n"),
        "/src": 900 + 1 + 800,
    }


def test_a_library_that_is_asked_for_by_nobody_is_named_where_a_program_needs_it() -> None:
    books = debian((GCC, CPP, LIBGCC, LIBZ, DEV), automatic=["cpp", "libgcc1", "zlib1g"])
    steps = (
        RUN("apt-get install gcc zlib1g-dev", LIBZ_LINK, *books),
        RUN("cc", file("opt/app", program("libz.so.1"), mode=0o755)),
    )
    proposal = proposed("FROM x\nRUN apt-get install gcc zlib1g-dev\nRUN cc\n", *steps, run={"Cmd": ["/opt/app"]})

    assert "apt-get install -y --no-install-recommends zlib1g " in proposal.dockerfile
    assert "COPY --from=build /opt /opt\n" in proposal.dockerfile


def test_a_library_of_the_users_is_copied_and_linked() -> None:
    steps = (
        RUN("apt-get install gcc", *debian((GCC, CPP, LIBGCC), automatic=["cpp", "libgcc1"])),
        RUN(
            "make install",
            file("usr/local/lib/libown.so.1", program("libc.so.6")),
            file("usr/local/lib/libown.a", b"a" * 50),
            file("usr/local/include/own.h", b"h" * 60),
            file("usr/local/bin/app", program("libown.so.1"), mode=0o755),
        ),
    )
    recipe = "FROM x\nRUN apt-get install gcc\nRUN make install\n"
    proposal = proposed(recipe, *steps, run={"Cmd": ["app"]})
    assert last_stage(proposal) == (
        "FROM x\n"
        "COPY --from=build /usr/local/bin /usr/local/bin\n"
        "COPY --from=build /usr/local/lib/libown.so.1 /usr/local/lib/libown.so.1\n"
    )
    assert actions(proposal, "drop")["/usr/local/include"] == 60

    linking = package("libc-bin", {"sbin/ldconfig": b"l"}, Section="libs")
    with_ldconfig = proposed(recipe, *steps, run={"Cmd": ["app"]}, in_base=(linking,))
    assert last_stage(with_ldconfig).endswith("/libown.so.1\nRUN ldconfig\n")


def test_the_container_that_compiles_keeps_its_compiler_and_sources() -> None:
    steps = (
        RUN("apt-get install gcc", *debian((GCC, CPP, LIBGCC), automatic=["cpp", "libgcc1"])),
        COPY(". /src", file("src/main.c", b"m")),
    )
    command = ["/bin/sh", "-c", "gcc /src/main.c && ./a.out"]
    report = split("FROM x\nRUN apt-get install gcc\nCOPY . /src\n", *steps, run={"Cmd": command})

    assert report.reason.startswith("Nothing in the user's layers serves building alone")
