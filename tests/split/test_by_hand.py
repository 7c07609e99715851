"""What people write by hand where packages, services and tools write too; and what stands alone, or has no bytes."""

from builders import file, folder, hardlink, symlink
from elf_files import linked
from splitting import COPY, RUN, Step, actions, debian, last_stage, package, program, proposed, split

GCC = package("gcc", {"usr/bin/gcc": b"g" * 4_000_000}, Section="devel")
NGINX = package(
    "nginx",
    {"etc/nginx/nginx.conf": b"n" * 40, "etc/nginx/mime": b"m", "usr/sbin/nginx": program("libc.so.6")},
    Section="httpd",
)
NANO = package("nano", {"bin/nano": program("libc.so.6")}, Section="editors")
INSTALL = "apt-get install gcc nginx nano"
PACKAGES = debian((GCC, NGINX, NANO))
INSTALLING = (
    "RUN apt-get update \\\n"
    "    && apt-get install -y --no-install-recommends nano nginx \\\n"
    "    && apt-get clean \\\n"
    "    && rm -rf /var/lib/apt/lists/*\n"
)


def after(*steps: Step, install: str = INSTALL, also: tuple[bytes, ...] = ()) -> str:
    """Return the last stage without what is the same everywhere: packages are installed, then steps are taken."""
    recipe = f"FROM x\nRUN {install}\n" + "".join(
        step.created_by.replace("/bin/sh -c ", "").replace(" # buildkit", "\n") for step in steps
    )
    text = last_stage(proposed(recipe, RUN(install, *PACKAGES, *also), *steps, run={"Cmd": ["nginx"]}))
    assert text.startswith(f"FROM x\n{INSTALLING}")
    return text.removeprefix(f"FROM x\n{INSTALLING}")


def test_a_time_zone_that_was_set_is_set_again_wherever_it_was() -> None:
    command = "ln -snf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime && echo Asia/Tokyo > /etc/timezone"
    written = (symlink("etc/localtime", "/usr/share/zoneinfo/Asia/Tokyo"), file("etc/timezone", b"Asia/Tokyo\n"))
    again = "COPY --from=build /etc/timezone /etc/timezone\nRUN ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime\n"

    assert after(RUN(command, *written)) == again
    assert after(install=f"{INSTALL} && {command}", also=written) == again
    assert after(install=f"{INSTALL} && echo done", also=written) == ""


def test_an_alternative_that_was_chosen_is_chosen_again() -> None:
    command = "update-alternatives --install /bin/vi vi /bin/nano 1"
    chosen = (symlink("etc/alternatives/vi", "/bin/nano"), symlink("bin/vi", "/etc/alternatives/vi"))
    again = "COPY --from=build /etc/alternatives /etc/alternatives\nRUN ln -sf /etc/alternatives/vi /bin/vi\n"

    assert after(RUN(command, *chosen)) == again
    assert after(install=f"{INSTALL} && {command}", also=chosen) == again
    assert after(also=chosen) == ""


def test_a_setting_that_is_edited_as_its_package_is_installed_is_copied() -> None:
    copied = "COPY --from=build /etc/nginx/nginx.conf /etc/nginx/nginx.conf\n"

    assert after(install=f"{INSTALL} && echo 'daemon off;' >> /etc/nginx/nginx.conf") == copied
    assert after(install=f"{INSTALL} && sed -i s/a/b/ /etc/nginx/nginx.conf") == copied
    assert after(install=f"{INSTALL} && cp /etc/nginx/nginx.conf /etc/x") == ""


def test_what_packages_make_beside_an_edit_is_still_theirs() -> None:
    made = (file("etc/inputrc", b"made"), file("etc/mine", b"m"))
    edits = f"{INSTALL} && sed -i s/a/b/ /etc/nginx/nginx.conf && echo m > /etc/mine"

    assert after(install=edits, also=made) == (
        "COPY --from=build /etc/mine /etc/mine\nCOPY --from=build /etc/nginx/nginx.conf /etc/nginx/nginx.conf\n"
    )
    assert "/etc/inputrc" in after(install=f"{INSTALL} && echo m > $HOME/mine", also=made)


def test_what_was_written_over_a_link_is_copied() -> None:
    """As ``cp … /etc/localtime`` writes the zone that the link leads to."""
    led = symlink("etc/setting", "nginx/nginx.conf")

    assert "/etc/nginx/nginx.conf\n" in after(install=f"{INSTALL} && cp /x /etc/setting", also=(led,))


def test_configuration_that_was_removed_is_removed_again() -> None:
    command = "rm -rf /etc/nginx/sites-enabled/default /etc/nginx/mime /etc/other/x /etc/nginx/*.old /etc/nginx/.."

    assert after(RUN(command, folder("etc/nginx/sites-enabled"))) == (
        "RUN install -d /etc/nginx/sites-enabled \\\n    && rm -rf /etc/nginx/sites-enabled/default\n"
    )


def test_logs_that_are_led_elsewhere_and_folders_for_what_runs_are_there_again() -> None:
    command = "mkdir -p /var/log/app /var/run/app && ln -s /dev/stdout /var/log/nginx/access.log && mkdir -p /tmp/build"
    written = (
        folder("run/app"),
        folder("tmp/build"),
        folder("var/log/app"),
        file("var/log/app/of-the-build", b"x"),
        symlink("var/log/nginx/access.log", "/dev/stdout"),
    )

    assert after(RUN(command, *written)) == (
        "RUN install -d /run/app \\\n    && install -d /var/log/app\nCOPY --from=build /var/log/nginx /var/log/nginx\n"
    )


def test_links_to_what_is_left_behind_are_left_behind_and_the_folders_of_others_are_made() -> None:
    written = (
        symlink("usr/bin/cc", "gcc"),
        symlink("usr/share/own/x", "/usr/sbin/nginx"),
        file("usr/share/own/main.c", b"m"),
    )

    assert after(RUN("make", *written)) == (
        "RUN mkdir -p /usr/share/own \\\n    && ln -sf /usr/sbin/nginx /usr/share/own/x\n"
    )


def test_whatever_is_carried_over_has_a_step_and_no_other_has_one() -> None:
    made = RUN(
        "make",
        file("srv/empty", b""),
        symlink("etc/x", "/srv/empty"),
        file("opt/app", program("libc.so.6"), mode=0o755),
        hardlink("usr/bin/app", "opt/app"),
        folder("data"),
    )
    doc = package("nothing", {}, Section="text")
    steps = (RUN("apt-get install gcc nothing", *debian((GCC, doc))), made)
    recipe = "FROM x\nRUN apt-get install gcc nothing\nRUN make\n"
    proposal = proposed(recipe, *steps, run={"Cmd": ["/opt/app"]})

    assert actions(proposal, "copy").keys() == {"/etc/x", "/opt/", "/srv/", "/usr/bin/app"}
    assert actions(proposal, "install")["nothing"] == 0
    assert actions(proposal, "make").keys() == {"install -d /data"}


def test_what_a_script_starts_by_variables_of_the_image_is_found() -> None:
    jdk = package("jdk", {"usr/lib/jvm/jdk-17/bin/java": program("libc.so.6")}, Section="devel")
    default = package("default-jdk", {}, Section="devel", Depends="jdk")
    script = file("entry", b'#!/bin/sh\nexec "${JAVA_HOME}/bin/java" -jar $APP_HOME/a.jar\n', mode=0o755)
    link = symlink("usr/lib/jvm/default", "jdk-17")
    steps = (
        RUN("apt-get install gcc default-jdk", *debian((GCC, jdk, default), ["jdk"]), link),
        RUN("make", script, file("tmp/a.jar", b"a")),
    )
    config = {"Cmd": ["/entry"], "Env": ["JAVA_HOME=/usr/lib/jvm/default", "APP_HOME=/tmp"]}
    text = last_stage(proposed("FROM x\nRUN apt-get install gcc default-jdk\nRUN make\n", *steps, run=config))

    assert "--no-install-recommends jdk " in text
    assert "COPY --from=build /tmp /tmp\n" in text


def test_on_scratch_folders_are_there_too() -> None:
    command = "go build && mkdir -p /data/in && chown 7:8 /data/in"
    built = (
        file("usr/local/bin/app", linked(padding=6000), mode=0o755),
        folder("data"),
        folder("data/in", uid=7, gid=8),
    )
    steps = (RUN("apt-get install gcc", *debian((GCC,))), RUN(command, *built))
    report = split(f"FROM x\nRUN apt-get install gcc\nRUN {command}\n", *steps, run={"Cmd": ["/usr/local/bin/app"]})

    assert report.proposals[1].dockerfile.partition("\n\n")[2] == (
        "# What is copied, made ready: with the folders and links that no instruction could make there.\n"
        "FROM build AS pruned\n"
        "USER root\n"
        "RUN install -d -o 7 -g 8 /copied/data/in\n"
        "\nFROM scratch\n"
        "COPY --from=pruned /usr/local /usr/local\n"
        "COPY --from=pruned /copied/ /\n"
        'CMD ["/usr/local/bin/app"]\n'
    )
    assert actions(report.proposals[1], "make").keys() == {"install -d -o 7 -g 8 /data/in"}


def test_a_name_with_a_line_break_begins_no_line() -> None:
    made = RUN(
        "make",
        file("usr/share/a\nRUN b", b"x"),
        symlink("usr/share/l\nRUN b", "/x\nRUN y"),
        folder("usr/share/f\nRUN b", uid=3),
    )

    assert after(made, COPY("x /", file("srv/x", b"x"))) == (
        "RUN install -d -o 3 -g 0 \"$(printf '%b' '/usr/share/f\\0012RUN b')\"\n"
        "COPY --from=build /srv /srv\n"
        'COPY --from=build ["/usr/share/a\\nRUN b", "/usr/share/a\\nRUN b"]\n'
        "RUN ln -sf \"$(printf '%b' '/x\\0012RUN y')\" \"$(printf '%b' '/usr/share/l\\0012RUN b')\"\n"
    )
