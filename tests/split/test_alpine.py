"""An Alpine: groups of packages for building, users by busybox's tools; and what is not taken apart."""

from builders import file, folder
from splitting import RUN, Step, last_stage, program, split_on

MUSL = "P:musl\nV:1\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\n"
GCC = "P:gcc\nV:1\nD:so:libc.musl-x86_64.so.1 binutils\nF:usr/bin\nR:gcc\n"
BINUTILS = "P:binutils\nV:1\nF:usr/bin\nR:ld\n"
ZLIB = "P:zlib\nV:1\np:so:libz.so.1=1\nF:lib\nR:libz.so.1\n"
CURL = "P:curl\nV:1\nD:so:libz.so.1\nF:usr/bin\nR:curl\n"
VIRTUAL = "P:.build-deps\nV:1\nT:virtual meta package\nD:gcc\n"


def books(world: str, *stanzas: str) -> tuple[bytes, bytes]:
    return (
        file("lib/apk/db/installed", "\n".join((*stanzas, "")).encode()),
        file("etc/apk/world", world.replace(" ", "\n").encode()),
    )


BASE = (
    Step("/bin/sh -c #(nop) ADD file:1 in / ", (file("lib/ld-musl-x86_64.so.1", b"m" * 9), *books("musl", MUSL)), ""),
    Step('/bin/sh -c #(nop)  CMD ["/bin/sh"]', None, ""),
)
RECIPE = "FROM alpine\nRUN apk add curl && apk add --virtual .build-deps gcc\nRUN make\nRUN adduser -D app\n"


def test_packages_for_building_go_and_users_are_made_by_busybox() -> None:
    steps = (
        RUN(
            "apk add curl && apk add --virtual .build-deps gcc",
            *books(".build-deps curl musl", MUSL, BINUTILS, CURL, GCC, ZLIB, VIRTUAL),
            file("usr/bin/gcc", b"g" * 4_000_000),
            file("usr/bin/ld", b"l" * 70),
            file("usr/bin/curl", program("libz.so.1", interpreter="/lib/ld-musl-x86_64.so.1"), mode=0o755),
            file("lib/libz.so.1", program(interpreter="")),
        ),
        RUN("make", file("opt/app", program("libz.so.1", interpreter="/lib/ld-musl-x86_64.so.1"), mode=0o755)),
        RUN(
            "adduser -D app",
            file("etc/passwd", b"app:x:1000:1000::/home/app:/bin/sh\n"),
            file("etc/group", b"app:x:1000:\n"),
            folder("home/app", uid=1000, gid=1000),
        ),
    )
    [proposal] = split_on(BASE, RECIPE, *steps, run={"Cmd": ["/opt/app"]}).proposals

    assert last_stage(proposal) == (
        "FROM alpine\n"
        "RUN apk add --no-cache curl\n"
        "RUN addgroup -g 1000 app \\\n"
        "    && adduser -D -H -u 1000 -G app -h /home/app -s /bin/sh app \\\n"
        "    && install -d -o 1000 -g 1000 /home/app\n"
        "COPY --from=build /opt /opt\n"
    )
    reasons = {step.what: step.reason for step in proposal.steps if step.action == "drop"}
    assert reasons["gcc"] == "a compiler or linker"
    assert reasons["binutils"] == "a compiler or linker"


def test_packages_on_a_base_without_a_manager_are_not_taken_apart() -> None:
    base = (Step("/bin/sh -c #(nop) ADD file:1 in / ", (file("x", b"x"),), ""), BASE[1])
    report = split_on(base, "FROM x\nRUN apk add curl\n", RUN("apk add curl", *books("curl", CURL)))

    assert report.reason == "Packages of apk were installed on the base, and they are not taken apart."
