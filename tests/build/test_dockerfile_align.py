"""An instruction is put on a line only if it surely is that line's; everything else is told."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import layerscope
from layerscope import Choice, Recipe
from layerscope.build.attribution import attribute
from layerscope.build.dockerfile import Alignment, align, parse, select
from layerscope.build.location import Location
from layerscope.errors import UsageError
from layerscope.model import HistoryEntry

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTEXTS = FIXTURES / "contexts"
BUILDKIT = "buildkit.dockerfile.v0"


# --- Images by real builders, with their Dockerfiles ---------------------------------------------------------


def lines_of(image: str, dockerfile: Path, **more: Any) -> tuple[list[str | None], list[str]]:
    """Return the lines of each instruction, and the notes about them."""
    report = layerscope.inspect(
        str(FIXTURES / image), rules=Choice(ignore=("*",)), recipe=Recipe(str(dockerfile), **more)
    )
    places = [each.dockerfile for each in report.instructions]
    assert all(place is None or place.startswith(f"{dockerfile}:") for place in places)
    notes = [
        note.replace(str(dockerfile), "Dockerfile") for note in report.notes if "Not found" in note or "seems" in note
    ]
    return [place and place.rpartition(":")[2] for place in places], notes


SHAPES = ["3", "4", "5", "6", "9", "10", "12", "14", "16", "18", "20", "22", "23", "25", *map(str, range(26, 32))]
FEATURES = ["3", "4", "5", "7", "8-13", "14-16", "17", "18", "20", "21", "22"]
PODMAN = [None, "2", "3", "4", "5", "6", "7"]
BUILT = {
    "docker-20.10-classic.tar": ("shapes/Dockerfile", SHAPES),
    "docker-20.10-buildkit.tar": ("shapes/Dockerfile", SHAPES),
    "docker-26-classic-builder.tar": ("shapes/Dockerfile", SHAPES),
    "docker-26-classic-store.tar": ("buildkit/Dockerfile", FEATURES),
    "docker-26-containerd-store-attested.tar": ("buildkit/Dockerfile", FEATURES),
    "docker-26-provenance-max.tar": ("buildkit/Dockerfile", FEATURES),
    "docker-26-two-tags.tar": ("platforms/Dockerfile", ["3", "4", "5", "6"]),
    "buildx-docker.tar": ("buildkit/Dockerfile", FEATURES),
    "buildah-oci.tar": ("podman/Containerfile", PODMAN),
    "podman-docker-archive.tar": ("podman/Containerfile", PODMAN),
    "podman-oci-dir": ("podman/Containerfile", PODMAN),
    "docker-20.10-multi.tar:web:1": ("multi/Dockerfile.web", [None, None, "2", "3", "4"]),
    "docker-20.10-multi.tar:worker:1": ("multi/Dockerfile.worker", [None, None, "2", "3", "4", "5"]),
}


@pytest.mark.parametrize("image", BUILT)
def test_what_a_real_builder_recorded(image: str) -> None:
    dockerfile, lines = BUILT[image]
    assert lines_of(f"archives/{image}", CONTEXTS / dockerfile) == (lines, [])


def test_the_example() -> None:
    lines = [None, "4-6", "7-8", *map(str, range(9, 17)), "17-18", "19", "20", "21", "22"]
    assert lines_of("example/tidewatch.tar.xz", FIXTURES / "example" / "Dockerfile") == (lines, [])


def test_a_squashed_image_has_one_instruction_more() -> None:
    assert lines_of("archives/docker-20.10-squash.tar", CONTEXTS / "shapes" / "Dockerfile") == (
        [*SHAPES, None],
        ["Not found in Dockerfile, or not for sure: 20 SQUASH."],
    )


@pytest.mark.parametrize("image", ["docker-20.10-commit.tar", "umoci-layout", "buildx-rootfs.tar", "podman-oci-dir"])
def test_the_dockerfile_of_another_image(image: str) -> None:
    lines, notes = lines_of(f"archives/{image}", CONTEXTS / "shapes" / "Dockerfile")
    assert set(lines) <= {None}
    (note,) = notes
    assert note.startswith("Dockerfile seems not to be this image's: of its instructions (20) the history has ")


def test_findings_are_put_on_lines_too() -> None:
    dockerfile = FIXTURES / "example" / "Dockerfile"
    report = layerscope.inspect(str(FIXTURES / "example" / "tidewatch.tar.xz"), recipe=Recipe(str(dockerfile)))
    assert report.findings
    for finding in report.findings:
        assert finding.instruction is not None
        assert finding.dockerfile == report.instructions[finding.instruction].dockerfile


# --- What each builder writes of one line --------------------------------------------------------------------


def aligned(
    dockerfile: str,
    history: Sequence[HistoryEntry | str],
    *,
    target: str | None = None,
    build_args: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    **more: Any,
) -> Alignment:
    """Align a history; a plain text is an entry by BuildKit."""
    entries = [HistoryEntry(created_by=each, comment=BUILDKIT) if isinstance(each, str) else each for each in history]
    source = select(parse(dockerfile.encode()), target, build_args)
    return align(attribute(entries, len(entries)).instructions, source, environment or {}, **more)


def lines(alignment: Alignment) -> dict[int, str]:
    return {index: str(place).rpartition(":")[2] for index, place in alignment.locations.items()}


def classic(text: str) -> HistoryEntry:
    return HistoryEntry(created_by=f"/bin/sh -c {text}")


def kaniko(text: str) -> HistoryEntry:
    return HistoryEntry(created_by=text, author="kaniko")


ALIKE: dict[str, tuple[str, str | HistoryEntry]] = {
    "run": ("RUN a  \\\n  b", "RUN /bin/sh -c a b # buildkit"),
    "run, with arguments": ("RUN a", "RUN |1 A=b /bin/sh -c a # buildkit"),
    "run, mounts are not told": ("RUN --mount=type=cache,target=/x a", "RUN /bin/sh -c a # buildkit"),
    "run, mounts are told by buildah": (
        "RUN --mount=type=cache,target=/x a",
        classic("--mount=type=cache,target=/x a"),
    ),
    "run in exec form": ('RUN ["a", "b c"]', "RUN a b c # buildkit"),
    "run in exec form, a shell": ('RUN ["/bin/sh", "-c", "a"]', "RUN /bin/sh -c a # buildkit"),
    "run in exec form, classic": ('RUN ["a", "b"]', HistoryEntry(created_by="a b")),
    "run, kaniko": ("RUN  a \\\n b", kaniko("RUN a   b")),
    "run, variables are the shell's": ("RUN echo $A", "RUN /bin/sh -c echo $A # buildkit"),
    "heredoc": ("RUN <<E\na\n\nb\nE", "RUN /bin/sh -c a\n\nb\n # buildkit"),
    "heredoc with tabs": ("RUN <<-E\n\ta\n\tE", "RUN /bin/sh -c a\n # buildkit"),
    "heredoc with an interpreter": ("RUN <<E\n#!/usr/bin/env python3\nE", "RUN /bin/sh -c /dev/pipes/E # buildkit"),
    "heredoc within a command": ("RUN cat <<E > /x\na\nE", "RUN /bin/sh -c cat <<E > /x\na\nE # buildkit"),
    "heredoc, buildah": ("RUN <<E\na\nb\nE", classic("<<E\na\nb")),
    "copy": ("COPY --link --from=0 a b /c/", "COPY a b /c/ # buildkit"),
    "copy, owner": ("COPY --chmod=1 --chown=a:b x y", "COPY --chown=a:b --chmod=1 x y # buildkit"),
    "copy, owner, before modes were told": ("COPY --chmod=1 --chown=a:b x y", "COPY --chown=a:b x y # buildkit"),
    "copy in exec form": ('COPY ["a b", "/c"]', "COPY a b /c # buildkit"),
    "copy, heredocs": ("COPY a <<X <<'Y' /d/\nX\nY\n", "COPY a <<X <<Y /d/ # buildkit"),
    "copy, classic": ("COPY a /c", classic(f"#(nop) COPY file:{'0' * 64} in /c ")),
    "copy, owner, classic": ("COPY --chown=a:b a /c", classic(f"#(nop) COPY --chown=a:bdir:{'0' * 64} in /c ")),
    "copy, several, classic": ("COPY a b /c/", classic(f"#(nop) COPY multi:{'0' * 64} in /c/ ")),
    "copy, a wildcard, classic": ("COPY a* /c/", classic(f"#(nop) COPY multi:{'0' * 64} in /c/ ")),
    "copy, buildah": ("COPY --link a ./", classic(f"#(nop) COPY --link file:{'0' * 64} in ./ ")),
    "copy, kaniko": ("COPY --from=b /a /c", kaniko("COPY --from=b /a /c")),
    "copy, an entry made up": (
        "COPY --from=b /a /c",
        HistoryEntry(created_by="[stage-1 3/3] COPY --from=b /a /c", comment="buildkit.exporter.image.v0"),
    ),
    "env": ("ENV A=b  C='d e'", "ENV A=b C=d e"),
    "env, the old form": ("ENV A b  c", "ENV A=b c"),
    "env, buildah": ("ENV A=b C='d e'", classic("#(nop) ENV A=b C='d e'")),
    "label": ('LABEL a="b" \\\n c=d', classic("#(nop)  LABEL a=b c=d")),
    "arg": ("ARG A=b", "ARG A=c"),
    "arg without a value": ("ARG A", "ARG A=c d"),
    "cmd": ('CMD ["a","b"]', 'CMD ["a" "b"]'),
    "cmd in shell form": ("CMD a  b", 'CMD ["/bin/sh" "-c" "a b"]'),
    "cmd in another shell": ("CMD a", 'CMD ["/bin/bash" "-lc" "a"]'),
    "cmd, quotes": ('CMD ["a\\"b"]', 'CMD ["a\\"b"]'),
    "entrypoint, buildah": ("ENTRYPOINT a b", classic("#(nop) ENTRYPOINT a b")),
    "workdir": ("WORKDIR /a/", "WORKDIR /a"),
    "user": ("USER a:b", classic("#(nop)  USER a:b")),
    "expose": ("EXPOSE 8080 443/udp", "EXPOSE map[443/udp:{} 8080/tcp:{}]"),
    "expose a range": ("EXPOSE 80-82", "EXPOSE map[80/tcp:{} 81/tcp:{} 82/tcp:{}]"),
    "volume": ('VOLUME ["/a", "/b"]', "VOLUME [/a /b]"),
    "stopsignal": ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGTERM"),
    "shell": ('SHELL ["/bin/bash", "-c"]', "SHELL [/bin/bash -c]"),
    "maintainer": ("MAINTAINER a <b@c>", "MAINTAINER a <b@c>"),
    "onbuild": ("ONBUILD RUN a", classic("#(nop)  ONBUILD RUN a")),
    "healthcheck": (
        "HEALTHCHECK --retries=3 --interval=90s CMD a b",
        'HEALTHCHECK &{["CMD-SHELL" "a b"] "1m30s" "0s" "0s" \'\\x03\'}',
    ),
    "healthcheck in exec form": (
        'HEALTHCHECK --timeout=1m CMD ["a", "b"]',
        'HEALTHCHECK &{["CMD" "a" "b"] "0s" "1m0s" "0s" "0s" \'\\x00\'}',
    ),
    "no healthcheck": ("HEALTHCHECK NONE", 'HEALTHCHECK &{["NONE"] "0s" "0s" "0s" \'\\x00\'}'),
}


def test_pieces_of_arguments_before_a_command_without_a_shell() -> None:
    dockerfile = 'FROM a\nARG V=1\nARG G=x y\nRUN ["sh", "-c", "ls"]\nRUN ["ls"]\n'
    dockerfile = dockerfile.replace("G=x y", "G='x y'")
    history = ["ARG V=1", "ARG G=x y", *map(classic_exec, ["|2 G=x y V=1 sh -c ls", "|2 G=x y V=1 ls"])]
    assert lines(aligned(dockerfile, history)) == {0: "2", 1: "3", 2: "4", 3: "5"}
    other = [*history[:2], classic_exec("|2 G=x y V=1 sh -c echo ls"), history[3]]
    assert lines(aligned(dockerfile, other)) == {0: "2", 1: "3", 3: "5"}


def classic_exec(text: str) -> HistoryEntry:
    return HistoryEntry(created_by=text)


@pytest.mark.parametrize(("line", "entry"), ALIKE.values(), ids=ALIKE.keys())
def test_the_same_line(line: str, entry: str | HistoryEntry) -> None:
    last = line.rstrip("\n").count("\n") + 2
    assert lines(aligned(f"FROM a\n{line}\n", [entry])) == {0: "2" if last == 2 else f"2-{last}"}


UNLIKE: dict[str, tuple[str, str | HistoryEntry]] = {
    "another kind": ("ADD a b", "COPY a b # buildkit"),
    "another command": ("RUN a", "RUN /bin/sh -c b # buildkit"),
    "a longer command": ("RUN a", "RUN /bin/sh -c a b # buildkit"),
    "another source": ("COPY a /c", "COPY b /c # buildkit"),
    "another owner": ("COPY --chown=a x y", "COPY --chown=b x y # buildkit"),
    "another destination, classic": ("COPY a /c", classic(f"#(nop) COPY file:{'0' * 64} in /d ")),
    "several for one, classic": ("COPY a /c", classic(f"#(nop) COPY multi:{'0' * 64} in /c ")),
    "one for several, classic": ("COPY a b /c", classic(f"#(nop) COPY file:{'0' * 64} in /c ")),
    "another value": ("ENV A=b", "ENV A=c"),
    "another name": ("ARG A=b", "ARG B=b"),
    "another list": ('CMD ["a", "b"]', 'CMD ["a b"]'),
    "another port": ("EXPOSE 80", "EXPOSE map[80/udp:{}]"),
    "another interval": (
        "HEALTHCHECK --interval=9s CMD a",
        'HEALTHCHECK &{["CMD-SHELL" "a"] "8s" "0s" "0s" \'\\x00\'}',
    ),
    "nothing is known of it": ("USER $A", "USER x"),
    "another beginning of what is not known": ("USER a$A", "USER b1"),
    "another end of what is not known": ("USER a${A}b", "USER a1c"),
    "another middle of what is not known": ("USER a${A}b${A}c", "USER a1c"),
    "too short for what is not known": ("USER ab${A}ba", "USER aba"),
}


@pytest.mark.parametrize(("line", "entry"), UNLIKE.values(), ids=UNLIKE.keys())
def test_not_the_same_line(line: str, entry: str | HistoryEntry) -> None:
    environment = {} if "$" not in line else {"A": "\0"}
    assert lines(aligned(f"FROM a\n{line}\n", [entry], environment=environment)) == {}


def test_what_is_known_beside_the_unknown() -> None:
    history = ["USER a1b2c", "USER abc", "WORKDIR /x/y"]
    found = aligned("FROM a\nUSER a${A}b${A}c\nUSER a${A}c\nWORKDIR y\n", history, environment={"A": "\0"})
    assert lines(found) == {0: "2", 1: "3", 2: "4"}


# --- Variables -----------------------------------------------------------------------------------------------

VALUES: dict[str, tuple[str, str]] = {
    "argument": ("ARG V=1\nCOPY a-$V /b", "COPY a-1 /b"),
    "argument that the history tells": ("ARG V=1\nCOPY a-$V /b", "COPY a-2 /b"),
    "environment": ("ENV V=1\nCOPY a-${V} /b", "COPY a-1 /b"),
    "environment from an argument": ("ARG V=2\nENV W=$V-x\nCOPY $W /b", "COPY 2-x /b"),
    "of the base image": ("COPY a $BASE/c", "COPY a /base/c"),
    "before it is changed": ("ENV PATH=/x:$PATH", "ENV PATH=/x:/usr/bin:/bin"),
    "not set": ("COPY a$NONE b", "COPY a b"),
    "default": ("COPY ${NONE:-a} b", "COPY a b"),
    "default of a set one": ("ENV V=\nCOPY x${V-a}${V:-b} c", "COPY xb c"),
    "alternative": ("ENV V=1\nCOPY ${V:+a}${NONE+b} c", "COPY a c"),
    "required": ("ENV V=1\nCOPY ${V?no} c", "COPY 1 c"),
    "nested": ("ENV V=1\nCOPY ${NONE:-${V}} c", "COPY 1 c"),
    "shortest beginning": ("ENV V=a.b.c\nCOPY ${V#*.} x", "COPY b.c x"),
    "longest beginning": ("ENV V=a.b.c\nCOPY ${V##*.} x", "COPY c x"),
    "shortest end": ("ENV V=1.2.3\nCOPY ${V%.*} x", "COPY 1.2 x"),
    "longest end": ("ENV V=1.2.3\nCOPY ${V%%.*} x", "COPY 1 x"),
    "one character": ("ENV V=abc\nCOPY ${V%?} x", "COPY ab x"),
    "plain end": ("ENV V=a.tar\nCOPY ${V%.tar} x", "COPY a x"),
    "end that is not there": ("ENV V=a.tar\nCOPY ${V%.zip} x", "COPY a.tar x"),
    "replaced": ("ENV V=1.2.3\nCOPY ${V/./_} ${V//./_}", "COPY 1_2.3 1_2_3"),
    "in single quotes": ("ENV V='$A' \nCOPY ${V} x", "COPY $A x"),
    "escaped": ("ENV V=1\nCOPY \\$V x", "COPY $V x"),
    "in double quotes": ('ENV V=1 W="a $V"\nLABEL x="$W"', "LABEL x=a 1"),
    "a folder on a folder": ("WORKDIR /a\nWORKDIR b", "WORKDIR /a/b"),
    "a folder on the base image's": ("WORKDIR b", "WORKDIR /srv/b"),
    "user": ("ARG U=a\nUSER $U", "USER a"),
    "port": ("ENV P=80\nEXPOSE $P", "EXPOSE map[80/tcp:{}]"),
    "the platform": ("ARG TARGETARCH\nCOPY a-$TARGETARCH /b", "COPY a-arm64 /b"),
}


@pytest.mark.parametrize(("body", "entry"), VALUES.values(), ids=VALUES.keys())
def test_variables(body: str, entry: str) -> None:
    history = ["ARG V=2"] if "a-2" in entry else []
    history.append(entry + (" # buildkit" if entry.startswith("COPY") else ""))
    environment = {"BASE": "/base", "PATH": "/x:/usr/bin:/bin", "TARGETARCH": "arm64"}
    found = lines(aligned(f"FROM a\n{body}\n", history, environment=environment))
    assert found[len(history) - 1] == str(body.count("\n") + 2)


def test_build_arguments_are_put_in() -> None:
    dockerfile = "ARG TAG=1\nFROM a:$TAG AS b\nARG TAG\nARG V=1\nCOPY a-$V-$TAG /b\nRUN c\n"
    history = ["COPY a-3-2 /b # buildkit", "RUN /bin/sh -c c # buildkit"]
    given = aligned(dockerfile, history, build_args={"TAG": "2", "V": "3"})
    assert lines(given) == {0: "5", 1: "6"}
    missing = aligned(dockerfile, history, build_args={"TAG": "2"})
    assert lines(missing) == {1: "6"}
    assert missing.notes == (
        (
            "Not found in the history, or not for sure: Dockerfile:5 COPY. "
            "Has the file changed since, or was a --build-arg given?"
        ),
    )


# --- Stages --------------------------------------------------------------------------------------------------

STAGES = """\
FROM debian AS Base
ENV A=1
RUN a
FROM base AS build
ARG A=2
RUN make $A
FROM base
COPY --from=build /x-$A /y
FROM scratch AS test
COPY --from=build /t /t
"""


def test_stages_that_the_image_is_built_from() -> None:
    history = ["RUN /bin/sh -c debian # buildkit", "ENV A=1", "RUN /bin/sh -c a # buildkit", "COPY /x-1 /y # buildkit"]
    assert lines(aligned(STAGES, history, target="2")) == {1: "2", 2: "3", 3: "8"}
    assert aligned(STAGES, history, target="2").notes == ()
    assert lines(aligned(STAGES, ["COPY /t /t # buildkit"])) == {0: "10"}
    built = ["ENV A=1", "RUN /bin/sh -c a # buildkit", "ARG A=2", "RUN |1 A=2 /bin/sh -c make $A # buildkit"]
    assert lines(aligned(STAGES, built, target="BUILD")) == {0: "2", 1: "3", 2: "5", 3: "6"}


def test_another_target_is_told() -> None:
    alignment = aligned(STAGES, ["ENV A=1", "RUN /bin/sh -c a # buildkit"])
    assert alignment.locations == {}
    assert alignment.notes == (
        (
            "Dockerfile seems not to be this image's: of its instructions (1) the history has 0. "
            "Was it built with another --target?"
        ),
    )


@pytest.mark.parametrize(
    ("dockerfile", "target", "message", "hint"),
    [
        (STAGES, "prod", "Dockerfile has no stage 'prod'", "Its stages: base, build, 2, test."),
        (STAGES, "9", "Dockerfile has no stage '9'", "Its stages: base, build, 2, test."),
        ("ARG A\n", None, "Dockerfile: has no FROM, so it is no Dockerfile", ""),
        ("", None, "Dockerfile: has no FROM, so it is no Dockerfile", ""),
        ("ARG A\nRUN a\nFROM a\n", None, "Dockerfile:2: RUN before any FROM", ""),
        ("FROM a\nFROM b c\n", None, "Dockerfile:2: FROM takes an image, and AS with a name", ""),
    ],
)
def test_stages_that_are_none(dockerfile: str, target: str | None, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(parse(dockerfile.encode()), target)
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_a_stage_named_like_its_base_is_built_on_the_image() -> None:
    stages = select(parse(b"FROM debian AS debian\nRUN a\nFROM debian\nRUN b\n")).stages
    assert [stage.index for stage in stages] == [0, 1]


# --- What is sure, and what is told --------------------------------------------------------------------------


def runs(*commands: str) -> list[str]:
    return [f"RUN /bin/sh -c {command} # buildkit" for command in commands]


def dockerfile_of(*commands: str) -> str:
    return "FROM x\n" + "".join(f"RUN {command}\n" for command in commands)


def test_equal_lines_are_told_apart_by_order() -> None:
    assert lines(aligned(dockerfile_of("a", "b", "a", "a"), runs("a", "b", "a", "a"))) == {
        0: "2",
        1: "3",
        2: "4",
        3: "5",
    }


def test_one_of_two_equal_lines_is_not_chosen() -> None:
    alignment = aligned(dockerfile_of("a", "a", "b", "c", "d"), runs("a", "b", "c", "d", "z"))
    assert lines(alignment) == {1: "4", 2: "5", 3: "6"}
    assert alignment.notes == (
        (
            "Not found in the history, or not for sure: Dockerfile:2 RUN, Dockerfile:3 RUN. "
            "Has the file changed since, or was a --build-arg given?"
        ),
        "Not found in Dockerfile, or not for sure: 4 RUN.",
    )


def test_an_equal_line_of_the_base_image_is_not_taken() -> None:
    history = ['CMD ["sh"]', *runs("a", "b"), 'CMD ["sh"]']
    assert lines(aligned('FROM x\nRUN a\nRUN b\nCMD ["sh"]\n', history)) == {1: "2", 2: "3", 3: "4"}


def test_where_the_base_image_ends() -> None:
    history = runs("a", "b", "a", "c")
    changed = dockerfile_of("a", "x", "c", "y")
    assert lines(aligned(changed, history)) == {3: "4"}
    assert lines(aligned(changed, history, first=2)) == {2: "2", 3: "4"}


def test_a_changed_file() -> None:
    alignment = aligned(dockerfile_of("a", "new", "b", "c"), runs("base", "a", "old", "b", "c"))
    assert lines(alignment) == {1: "2", 3: "4", 4: "5"}
    assert alignment.notes == (
        (
            "Not found in the history, or not for sure: Dockerfile:3 RUN. "
            "Has the file changed since, or was a --build-arg given?"
        ),
        "Not found in Dockerfile, or not for sure: 2 RUN.",
    )


def test_triggers_of_the_base_image_stay_without_a_line() -> None:
    history = ["ONBUILD RUN t", *runs("t", "a", "b")]
    assert lines(aligned(dockerfile_of("a", "b"), history)) == {2: "2", 3: "3"}


def test_kinds_that_a_builder_does_not_record_are_not_missed() -> None:
    dockerfile = "FROM a\nENV A=b\nONBUILD RUN x\nARG B\nRUN a\nUSER c\nRUN b\nCOPY a b\n"
    alignment = aligned(dockerfile, [kaniko("RUN a"), kaniko("RUN b"), kaniko("COPY a b")])
    assert lines(alignment) == {0: "5", 1: "7", 2: "8"}
    assert alignment.notes == ()


def test_many_that_are_missed() -> None:
    commands = [f"x{number}" for number in range(8)]
    alignment = aligned(dockerfile_of("a", "b", "c", *commands), runs("a", "b", "c"))
    assert alignment.notes == (
        (
            "Not found in the history, or not for sure: Dockerfile:5 RUN, Dockerfile:6 RUN, Dockerfile:7 RUN, "
            "Dockerfile:8 RUN, Dockerfile:9 RUN and 3 more. "
            "Has the file changed since, or was a --build-arg given?"
        ),
    )


def test_places_that_are_known_win() -> None:
    known = {0: Location("app/Dockerfile", 7, 8), 2: Location("app/Dockerfile", 3, 3)}
    alignment = aligned(dockerfile_of("a", "b", "c"), runs("zero", "a", "b2", "c"), known=known)
    assert alignment.locations == {
        **known,
        1: Location("Dockerfile", 2, 2),
        3: Location("Dockerfile", 4, 4),
    }
    assert alignment.notes == ()


@given(st.lists(st.sampled_from("abc"), max_size=7), st.lists(st.sampled_from("abc"), max_size=7))
def test_only_what_every_longest_alignment_has(wanted: list[str], told: list[str]) -> None:
    """The law, by trying all ways: but for the equal end, a pair stands only if no longest alignment is without it."""
    found = {int(line) - 2: at for at, line in lines(aligned(dockerfile_of(*wanted), runs(*told))).items()}
    rows, columns = len(wanted), len(told)
    end = {}
    while rows and columns and wanted[rows - 1] == told[columns - 1]:
        rows, columns = rows - 1, columns - 1
        end[rows] = columns
    ways = all_ways(wanted[:rows], told[:columns])
    longest = max(map(len, ways))
    sure = set.intersection(*(set(way) for way in ways if len(way) == longest))
    expected = end | dict(sure)
    assert found == (expected if len(expected) * 4 >= len(wanted) else {})


def all_ways(wanted: list[str], told: list[str]) -> list[tuple[tuple[int, int], ...]]:
    ways: list[tuple[tuple[int, int], ...]] = [()]
    for row, want in enumerate(wanted):
        ways += [
            (*way, (row, at))
            for way in ways
            for at, tell in enumerate(told)
            if want == tell and (not way or way[-1][1] < at)
        ]
    return ways


@given(st.text(alphabet="RUN COPYaENV=$V{}:-'\"\\\n[],/<E", max_size=60), st.lists(st.text(max_size=12), max_size=4))
def test_any_file_is_aligned_or_refused(body: str, history: list[str]) -> None:
    try:
        alignment = aligned(f"FROM a\nENV V=1\n{body}", ["ENV V=1", *history])
    except UsageError:
        return
    assert all(1 < place.first_line <= place.last_line for place in alignment.locations.values())


HOSTILE: dict[str, tuple[str, list[str]]] = {
    "long": (dockerfile_of(*["a"] * 900), runs(*["b"] * 900)),
    "all equal": (dockerfile_of(*["a"] * 900, "b"), runs(*["a"] * 900)),
    "too long": (dockerfile_of(*["a"] * 20_000), runs(*["b"] * 100)),
    "values that double": (
        "FROM a\nENV V=xxxxxxxxxx\n" + "ENV V=$V$V\n" * 60 + "RUN a\n",
        [*["ENV V=x"] * 10, *runs("a")],
    ),
    "values that are replaced by long ones": (
        f"FROM a\nENV V={'a' * 400_000}\n" + f"COPY ${{V//a/{'b' * 400_000}}} x\n",
        ["COPY b x"],
    ),
    "folders in folders": ("FROM a\n" + f"WORKDIR {'a' * 190}\n" * 4990, ["RUN a"]),
    "arguments with spaces": (
        f'FROM a\nARG A="x {"y " * 40}{"z" * 400_000}"\n' + 'RUN ["a"]\n' * 4900,
        ["RUN a"],
    ),
    "arguments without end": (
        "FROM a\nARG A='x y' " + " ".join(f"A{number}=1" for number in range(80_000)) + "\n" + 'RUN ["a"]\n' * 900,
        ["RUN a"],
    ),
    "ports": ("FROM a\n" + "EXPOSE 1-65535 2-65534\n" * 500, ["EXPOSE map[" + "1-60000 " * 9000 + "]"] * 9),
    "patterns": ("FROM a\nENV V=" + "a" * 900 + "\n" + "COPY ${V%%*a*a*a*a*a*b} x\n" * 900, ["COPY a x"] * 9),
}


@pytest.mark.parametrize(("dockerfile", "history"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_take_no_time(dockerfile: str, history: list[str]) -> None:
    start = time.process_time()
    aligned(dockerfile, history)
    assert time.process_time() - start < 10
