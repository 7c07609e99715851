"""The new file: the user's own kept as it is, or one from the history; what is carried over; what is refused."""

from pathlib import Path
from typing import Any

import pytest
from builders import file, folder, hardlink, symlink
from looking import archive_of
from splitting import COPY, META, RUN, Step, base, debian, last_stage, package, program, proposed, split

import layerscope
from layerscope.errors import UsageError
from layerscope.reference import Recipe

GCC = package("gcc", {"usr/bin/gcc": b"g" * 4_000_000}, Section="devel", Depends="libc6")
INSTALL = RUN("apt-get install gcc", *debian((GCC,)))
APP = RUN("make", file("opt/app", program("libc.so.6"), mode=0o755))
RECIPE = "FROM x\nRUN apt-get install gcc\nRUN make\n"
CMD = {"Cmd": ["/opt/app"]}


def stages(recipe: str, **options: Any) -> str:
    return proposed(recipe, INSTALL, APP, run=CMD, **options).dockerfile


@pytest.mark.parametrize(
    ("recipe", "named", "name"),
    [
        (RECIPE, RECIPE.replace("FROM x", "FROM x AS build"), "build"),
        ("#escape=`\n" + RECIPE.rstrip("\n"), "#escape=`\n" + RECIPE.replace("FROM x", "FROM x AS build"), "build"),
        (RECIPE.replace("FROM x", "from x as Final  "), RECIPE.replace("FROM x", "from x as Final  "), "final"),
        (RECIPE.replace("FROM x", "FROM \\\n  # why\n  x"), RECIPE.replace("FROM x", "FROM x AS build"), "build"),
        ("FROM y AS build\n" + RECIPE, "FROM y AS build\n" + RECIPE.replace("FROM x", "FROM x AS build-2"), "build-2"),
        (RECIPE.replace("\n", "\r\n"), "FROM x AS build\nRUN apt-get install gcc\r\nRUN make\r\n", "build"),
    ],
    ids=["plain", "escape", "named", "continued", "taken", "dos"],
)
def test_the_users_file_is_as_it_was_but_for_a_name(recipe: str, named: str, name: str) -> None:
    text = stages(recipe)

    assert text.startswith(named)
    assert text.removeprefix(named) == f"\nFROM x\nCOPY --from={name} /opt /opt\n"


def test_the_same_base_is_named_as_it_is_in_the_first_line_with_platform_and_variables() -> None:
    recipe = (
        "ARG V=12\nFROM --platform=linux/amd64 debian:${V} AS below\nRUN apt-get install gcc\nFROM below\nRUN make\n"
    )

    assert "\nFROM --platform=linux/amd64 debian:${V}\nCOPY --from=build /opt /opt\n" in stages(recipe)


@pytest.mark.parametrize(
    ("recipe", "start"),
    [
        ("FROM build\nRUN apt-get install gcc\nRUN make\n", "\nFROM build\nCOPY --from=build-2 /opt /opt\n"),
        ("FROM gcc AS gcc\nRUN apt-get install gcc\nRUN make\n", "\nFROM gcc:latest\nCOPY --from=gcc /opt /opt\n"),
        (
            "FROM x\nRUN --mount=type=bind,from=build,target=/m apt-get install gcc\nRUN make\n",
            "\nFROM x\nCOPY --from=build-2 /opt /opt\n",
        ),
        (RECIPE.rstrip("\n") + " \\\n", "RUN make\n\nFROM x\nCOPY --from=build /opt /opt\n"),
    ],
    ids=["image", "both", "mounted", "goes-on"],
)
def test_no_name_means_another_thing_than_it_did(recipe: str, start: str) -> None:
    assert start in stages(recipe)


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    assert stages("# caf\udce9\n" + RECIPE).startswith("# caf\udce9\nFROM x AS build\n")


CONFIGURATION: tuple[tuple[str, dict[str, Any], str], ...] = (
    ('ENV A="b c"', {"Env": ['A=b "c" \\d']}, r'ENV A="b \"c\" \\d"'),
    ("LABEL org.x=1", {"Labels": {"org.x": "", "of.base": "2"}}, 'LABEL org.x=""'),
    ('LABEL "b c"=1', {"Labels": {"b c": "1", "of.base": "2"}}, 'LABEL "b c"=1'),
    ("VOLUME /a", {"Volumes": {"/a b": {}, "/c": {}}}, 'VOLUME ["/a b", "/c"]'),
    ("STOPSIGNAL SIGINT", {"StopSignal": "SIGINT"}, "STOPSIGNAL SIGINT"),
    ("SHELL [/bin/bash -c]", {"Shell": ["/bin/bash", "-c"]}, 'SHELL ["/bin/bash", "-c"]'),
    ("CMD exec", {"Cmd": ["/bin/sh", "-c", "exec\n/opt/app"]}, r'CMD ["/bin/sh", "-c", "exec\n/opt/app"]'),
    ("WORKDIR /a", {"WorkingDir": "/a$b"}, r"WORKDIR /a\$b"),
    (
        "HEALTHCHECK x",
        {
            "Healthcheck": {
                "Test": ["CMD-SHELL", "x || y"],
                "Interval": 90 * 10**9,
                "Timeout": 1500000,
                "Retries": 3,
            }
        },
        "HEALTHCHECK --interval=90s --timeout=1500000ns --retries=3 CMD x || y",
    ),
    ("HEALTHCHECK x", {"Healthcheck": {"Test": ["CMD", "a", "b"]}}, 'HEALTHCHECK CMD ["a", "b"]'),
    ("HEALTHCHECK NONE", {"Healthcheck": {"Test": ["NONE"]}}, "HEALTHCHECK NONE"),
)


@pytest.mark.parametrize(("instruction", "config", "line"), CONFIGURATION)
def test_the_configuration_is_carried_over(instruction: str, config: dict[str, Any], line: str) -> None:
    run = {**CMD, "Env": ["OF_BASE=1"], **config}
    text = proposed(RECIPE, INSTALL, APP, META(instruction), run=run).dockerfile

    assert text.endswith(f"COPY --from=build /opt /opt\n{line}\n")


def test_what_no_line_can_hold_is_said() -> None:
    report = split(RECIPE, INSTALL, APP, META("ENV A=b"), run={**CMD, "Env": ["A=b\nc"]})

    assert "ENV" not in last_stage(report.proposals[0])
    assert report.notes[1:2] == ("ENV 'A' holds what no line of a Dockerfile can: set it otherwise.",)


def test_copies_of_odd_names_and_owners() -> None:
    made = RUN(
        "make",
        file("usr/bin/a b", b"x", mode=0o755),
        file("usr/bin/[c]", b"y"),
        file("etc/$d", b"t"),
        file("srv/x/own", b"z", uid=7, gid=8),
        symlink("usr/bin/tool", "/opt/a b"),
    )
    stage = last_stage(proposed(RECIPE, INSTALL, made, run={"Cmd": ["/usr/bin/a b"]}))

    assert stage == (
        "FROM x\n"
        "COPY --from=build /etc/\\$d /etc/\\$d\n"
        "COPY --from=build --chown=7:8 /srv /srv\n"
        'COPY --from=build ["/usr/bin/[[]c]", "/usr/bin/a b", "/usr/bin/"]\n'
        "RUN ln -sf '/opt/a b' /usr/bin/tool\n"
    )


def test_quotes_and_backslashes_stay_in_a_copied_name() -> None:
    """A builder takes quotes and escapes off a word, one in a list of JSON too, and then may see a pattern in it."""
    names = ('a"b', "a'b", "a\\b", "a\\*", "--from=x", "<<EOF")
    made = RUN("make", *(file(f"usr/bin/{name}", b"x") for name in names), file('etc/n\nRUN"', b"y"))

    assert last_stage(proposed(RECIPE, INSTALL, made, run=CMD)) == (
        "FROM x\n"
        'COPY --from=build ["/etc/n\\nRUN\\\\\\"", "/etc/n\\nRUN\\\\\\""]\n'
        "COPY --from=build /usr/bin/--from=x /usr/bin/<<EOF"
        r""" /usr/bin/a\"b /usr/bin/a\'b /usr/bin/a\\\\[*] /usr/bin/a\\b /usr/bin/"""
        "\n"
    )


def test_without_a_dockerfile_the_first_stage_comes_from_the_history() -> None:
    steps = (
        META("ARG VERSION=1"),
        META("ENV A=b c"),
        INSTALL,
        COPY("main.c /src/", file("src/main.c", b"m")),
        RUN("cat <<EOF > /x\nhello\nEOF", file("x", b"hello\n")),
        RUN("true\nLAYERSCOPE\nfalse"),
        META("ENV B=c\\"),
        APP,
        META("CMD [/opt/app]"),
    )
    dockerfile = proposed(None, *steps, run={**CMD, "Env": ["A=b c"]}).dockerfile

    assert dockerfile == (
        "# Written from the image's history, which does not know everything: see the comments.\n"
        "# The base is not known by name: give it by --build-arg BASE=NAME.\n"
        "ARG BASE\n"
        "FROM ${BASE} AS build\n"
        "ARG VERSION=1\n"
        'ENV A="b c"\n'
        "RUN apt-get install gcc\n"
        "# What this COPY copied the history tells by name at best; it may have been another stage's (--from).\n"
        "COPY main.c /src/\n"
        "RUN <<'LAYERSCOPE'\n"
        "cat <<EOF > /x\nhello\nEOF\n"
        "LAYERSCOPE\n"
        "RUN <<'LAYERSCOPE_'\ntrue\nLAYERSCOPE\nfalse\nLAYERSCOPE_\n"
        "# ENV, which no line can hold, is left out.\n"
        "RUN make\n"
        "\n"
        "FROM ${BASE}\n"
        "COPY --from=build /opt /opt\n"
        "COPY --from=build /x /x\n"
        'ENV A="b c"\n'
        'CMD ["/opt/app"]\n'
    )


# --- Nothing to propose -------------------------------------------------------------------------------------


def test_an_application_of_an_interpreter_alone_is_not_split() -> None:
    python = package("python3", {"usr/bin/python3": program("libc.so.6", padding=3_000_000)}, Section="python")
    steps = (RUN("apt-get install python3", *debian((python,))), COPY(". /app", file("app/app.py", b"a")))
    report = split(
        "FROM x\nRUN apt-get install python3\nCOPY . /app\n", *steps, run={"Cmd": ["python3", "/app/app.py"]}
    )

    assert report.reason == (
        "Nothing in the user's layers serves building alone: no compiler, headers, build system or sources of a "
        "compiled program. What else can be saved, the findings tell (layerscope inspect)."
    )


def test_an_image_of_several_stages_already_is_said_to_be_one() -> None:
    recipe = "FROM gcc AS build\nRUN make\nFROM x\nCOPY --from=build /app /opt/app\n"
    steps = (COPY("/app /opt/app", file("opt/app", program("libc.so.6"), mode=0o755)),)
    report = split(recipe, *steps, run=CMD)

    assert report.reason == (
        "It is built in several stages already, and what only the building needs stays in the earlier ones."
    )


def test_little_is_not_worth_a_stage() -> None:
    small = package("make", {"usr/bin/make": b"m" * 1000}, Section="devel")
    report = split("FROM x\nRUN apt-get install make\n", RUN("apt-get install make", *debian((small,))))

    assert report.reason.startswith("What only the building needs is little (")


def test_without_history_or_a_known_base_nothing_is_proposed(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    steps = [Step("RUN a", (file("usr/bin/gcc", b"g" * 4_000_000),)), Step("RUN b", (file("x", b"x"),))]
    path.write_bytes(archive_of(steps))
    assert layerscope.split(str(path)).reason == (
        "It is not known where the base ends and the build begins: name the Dockerfile (--dockerfile FILE) or the base "
        "(--base TARGET)."
    )

    from builders import docker_archive, tar_of

    path.write_bytes(docker_archive([tar_of([file("x", b"x")])]))
    assert layerscope.split(str(path)).reason == (
        "The image has no history, so it is not known what was built on which base: nothing is proposed."
    )


def test_a_dockerfile_of_another_image_is_refused_with_the_line(tmp_path: Path) -> None:
    path, recipe = tmp_path / "image.tar", tmp_path / "Dockerfile"
    path.write_bytes(archive_of([*base(), INSTALL, APP], CMD))
    recipe.write_text("FROM x\n\nRUN apt-get install gcc\nRUN another thing\n")
    with pytest.raises(UsageError, match=r"Dockerfile:4: this RUN is not in the history of made:1, or not for sure"):
        layerscope.split(str(path), recipe=Recipe(str(recipe)))

    recipe.write_text("FROM x\nRAN make\n")
    with pytest.raises(UsageError, match=r"Dockerfile:2: 'RAN' is no Dockerfile instruction"):
        layerscope.split(str(path), recipe=Recipe(str(recipe)))


def test_the_base_may_be_named(tmp_path: Path) -> None:
    path, below = tmp_path / "image.tar", tmp_path / "base.tar"
    path.write_bytes(archive_of([*base(), INSTALL, APP], CMD))
    below.write_bytes(archive_of(base()))
    guessed, _ = layerscope.split(str(path)).proposals
    assert "\nFROM ${BASE}\n" in guessed.dockerfile

    proposal, _ = layerscope.split(str(path), base=str(below)).proposals
    assert proposal.dockerfile.endswith("\nFROM made:1\nCOPY --from=build /opt /opt\n")


def test_folders_are_made_again_only_where_somebody_made_them() -> None:
    command = "mkdir -p /data/in /var/lib/x && chown 5 /var/cache/mine && make && rm -r /tmp/x"
    made = RUN(
        command,
        folder("data"),
        folder("data/in", uid=5, gid=6, mode=0o750),
        folder("root/.cache/go-build/00"),
        folder("src/build"),
        folder("tmp", mode=0o1777),
        folder("usr/local", gid=50, mode=0o2775),  # as the base has it
        folder("var/cache/mine", uid=5),
        file("var/cache/mine/x", b"x"),
        file("src/main.c", b"m"),
        file("opt/app", program("libc.so.6"), mode=0o755),
    )
    recipe = f"FROM x\nRUN apt-get install gcc\nRUN {command}\n"

    assert last_stage(proposed(recipe, INSTALL, made, run=CMD)) == (
        "FROM x\n"
        "RUN install -d -o 5 -g 6 -m 750 /data/in \\\n"
        "    && install -d -o 5 -g 0 /var/cache/mine\n"
        "COPY --from=build /opt /opt\n"
    )


@pytest.mark.parametrize("size", [100_000, 10, 0])
def test_hard_links_in_several_folders_are_copied_together(size: int) -> None:
    """Copied by an instruction each, they would be files of their own, with bytes of their own if there are any."""
    made = RUN(
        "make",
        file("opt/tool/bin/tool", bytes(size), mode=0o755),
        hardlink("usr/bin/tool", "opt/tool/bin/tool"),
        file("srv/page", b"p"),
    )
    proposal = proposed(RECIPE, INSTALL, made, run={"Cmd": ["/usr/bin/tool"]})
    gathered = (
        "\n# What is copied, made ready: without what only building needs, its hard links in one folder.\n"
        "FROM build AS pruned\n"
        "USER root\n"
        "RUN cd / \\\n    && mkdir /copied \\\n    && cp -a --parents -- \\\n"
        "        opt \\\n        usr/bin/tool \\\n        /copied/\n"
        "\nFROM x\n"
        "COPY --from=pruned /srv /srv\n"
        "COPY --from=pruned /copied/ /\n"
    )
    apart = (
        "\nFROM x\n"
        "COPY --from=build /opt /opt\n"
        "COPY --from=build /srv /srv\n"
        "COPY --from=build /usr/bin/tool /usr/bin/tool\n"
    )

    assert proposal.dockerfile == RECIPE.replace("FROM x", "FROM x AS build") + (gathered if size else apart)
    assert [(step.what, step.content_bytes) for step in proposal.steps if step.action == "copy"] == [
        *([("/opt/", size)] if size else []),
        ("/srv/", 1),
        *([("/opt/", size)] if not size else []),
        ("/usr/bin/tool", 0),
    ]
