"""Each builder's own words, and what they are read as.

The entries marked (corpus) stand so in real images; the others are made as the builder's source does.
"""

import pytest
from msgspec.structs import replace

from layerscope.build.attribution import Instruction, attribute
from layerscope.model import HistoryEntry

BUILDKIT = "buildkit.dockerfile.v0"
EXPORTER = "buildkit.exporter.image.v0"
SHA = "1a882b9ba5b716041b6baedf75ff2a380b2ea54ebb332426fe53faa423893b15"


def claim(created_by: str = "", comment: str = "", author: str = "", *, empty: bool = False) -> HistoryEntry:
    return HistoryEntry("2024-01-02T03:04:05Z", created_by, author, comment, empty)


def read(*history: HistoryEntry) -> Instruction:
    """Read ``history``, and give the last instruction."""
    return attribute(history, sum(not entry.empty_layer for entry in history)).instructions[-1]


CASES = {
    # --- the classic builder
    "nop with two spaces (corpus)": (
        claim('/bin/sh -c #(nop)  CMD ["nginx" "-g" "daemon off;"]', empty=True),
        ("CMD", '["nginx", "-g", "daemon off;"]', "classic"),
    ),
    "nop with one space, before Docker 1.10 (corpus)": (
        claim('/bin/sh -c #(nop) ENTRYPOINT &{["/pause"]}'),
        ("ENTRYPOINT", '["/pause"]', "classic"),
    ),
    "quotes inside a word": (
        claim(r'/bin/sh -c #(nop)  CMD ["sh" "-c" "echo \"] \" "]', empty=True),
        ("CMD", r'["sh", "-c", "echo \"] \" "]', "classic"),
    ),
    "a list that is no list of Go's": (
        claim('/bin/sh -c #(nop)  CMD ["a" "b]', empty=True),
        ("CMD", '["a" "b]', "classic"),
    ),
    "words without a space between are none of Go's": (
        claim('/bin/sh -c #(nop)  CMD ["a""b"]', empty=True),
        ("CMD", '["a""b"]', "classic"),
    ),
    "no command": (claim("/bin/sh -c #(nop)  CMD []", empty=True), ("CMD", "[]", "classic")),
    "copied file (corpus)": (
        claim(f"/bin/sh -c #(nop) ADD file:{SHA} in / "),
        ("ADD", "file:1a882b9ba5b7 in /", "classic"),
    ),
    "copied folder with owner": (
        claim(f"/bin/sh -c #(nop) COPY --chown=node:node dir:{SHA} in /home/node "),
        ("COPY", "--chown=node:node dir:1a882b9ba5b7 in /home/node", "classic"),
    ),
    "several sources (corpus)": (
        claim(f"/bin/sh -c #(nop) COPY multi:{SHA} in / ", author='Ross Fairbanks "ross@microscaling.com"'),
        ("COPY", "multi:1a882b9ba5b7 in /", "classic"),
    ),
    "a shorter checksum stays": (
        claim("/bin/sh -c #(nop) COPY file:1a882b9ba5b716041b in / "),
        ("COPY", "file:1a882b9ba5b716041b in /", "classic"),
    ),
    "run (corpus)": (
        claim("/bin/sh -c apt-get update \t&& apt-get install -y \t\tlibapr1 \t&& rm -r /var/lib/apt/lists/*"),
        (
            "RUN",
            "apt-get update \t&& apt-get install -y \t\tlibapr1 \t&& rm -r /var/lib/apt/lists/*",
            "classic",
        ),
    ),
    "run with no arguments counted": (
        claim('|0 /bin/sh -c echo "Hello wrold" > /tmp/newfile'),
        ("RUN", 'echo "Hello wrold" > /tmp/newfile', "classic"),
    ),
    "run with arguments": (claim("|2 A=1 B=2 /bin/sh -c make $A"), ("RUN", "make $A", "classic")),
    "run with arguments in exec form": (claim("|1 A=1 apt-get update"), ("RUN", "apt-get update", "classic")),
    "run by an undeclared shell keeps it": (
        claim("/bin/bash -o pipefail -c curl x | tar xz"),
        ("RUN", "/bin/bash -o pipefail -c curl x | tar xz", "classic"),
    ),
    "a no-op that is only text": (
        claim("/bin/sh -c echo '#(nop) CMD [x]'"),
        ("RUN", "echo '#(nop) CMD [x]'", "classic"),
    ),
    "metadata's look alike is text": (
        claim("/bin/sh -c echo a |force-mtime=1 b"),
        ("RUN", "echo a |force-mtime=1 b", "classic"),
    ),
    "a no-op that no Dockerfile knows": (
        claim("/bin/sh -c #(nop) FROBNICATE x"),
        ("LAYER", "FROBNICATE x", "classic"),
    ),
    "user in brackets (corpus)": (claim("/bin/sh -c #(nop)  USER [nova]"), ("USER", "nova", "classic")),
    "volumes (corpus)": (
        claim("/bin/sh -c #(nop)  VOLUME [/data /srv]", empty=True),
        ("VOLUME", "/data /srv", "classic"),
    ),
    "health check": (
        claim(
            r"""/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "nc -z -w5 127.0.0.1 8080 || exit 1"] """
            r""""1m0s" "5s" "1m0s" '\x00'}""",
            empty=True,
        ),
        (
            "HEALTHCHECK",
            "--interval=1m0s --timeout=5s --start-period=1m0s CMD nc -z -w5 127.0.0.1 8080 || exit 1",
            "classic",
        ),
    ),
    "an onbuild": (
        claim("/bin/sh -c #(nop)  ONBUILD COPY . /app", empty=True),
        ("ONBUILD", "COPY . /app", "classic"),
    ),
    "maintainer (corpus)": (
        claim("/bin/sh -c #(nop)  MAINTAINER You Myself and I.", author="You Myself and I.", empty=True),
        ("MAINTAINER", "You Myself and I.", "classic"),
    ),
    # --- Windows
    "windows base": (claim("Apply image 2022-RTM-amd64"), ("LAYER", "Apply image 2022-RTM-amd64", "windows")),
    "windows update": (
        claim("Install update ltsc2022-amd64"),
        ("LAYER", "Install update ltsc2022-amd64", "windows"),
    ),
    "windows nop": (
        claim("cmd /S /C #(nop)  ENV COMPLUS_RUNNING_IN_CONTAINER=1"),
        ("ENV", "COMPLUS_RUNNING_IN_CONTAINER=1", "classic"),
    ),
    "windows run": (
        claim("cmd /S /C curl -fSLo patch.msu https://x     && mkdir patch"),
        ("RUN", "curl -fSLo patch.msu https://x     && mkdir patch", "classic"),
    ),
    "powershell run": (
        claim("powershell -Command $ErrorActionPreference = 'Stop'; Get-Item x"),
        ("RUN", "powershell -Command $ErrorActionPreference = 'Stop'; Get-Item x", "classic"),
    ),
    "windows run by buildkit": (
        claim("RUN cmd /S /C powershell -Command Get-Item x # buildkit", BUILDKIT),
        ("RUN", "powershell -Command Get-Item x", "buildkit"),
    ),
    # --- BuildKit
    "buildkit run": (
        claim("RUN /bin/sh -c apk add curl # buildkit", BUILDKIT),
        ("RUN", "apk add curl", "buildkit"),
    ),
    "buildkit run with arguments (dockerfile_history_test.go)": (
        claim("RUN |2 foo=bar2 bar=123 /bin/sh -c ls # buildkit", BUILDKIT),
        ("RUN", "ls", "buildkit"),
    ),
    "buildkit run in exec form": (
        claim("RUN apt-get update # buildkit", BUILDKIT),
        ("RUN", "apt-get update", "buildkit"),
    ),
    "buildkit heredoc": (
        claim("RUN /bin/sh -c set -e\napt-get update\n\tapt-get install -y x\n # buildkit", BUILDKIT),
        ("RUN", "set -e\napt-get update\n\tapt-get install -y x\n", "buildkit"),
    ),
    "buildkit heredoc with a program": (
        claim("RUN /bin/sh -c cat <<EOF > /x\nhello  world\nEOF # buildkit", BUILDKIT),
        ("RUN", "cat <<EOF > /x\nhello  world\nEOF", "buildkit"),
    ),
    "buildkit's suffix of 2018": (
        claim(f"COPY a /b # buildkit:sha256:{SHA}", BUILDKIT),
        ("COPY", "a /b", "buildkit"),
    ),
    "buildkit without its comment": (claim("COPY a /b # buildkit"), ("COPY", "a /b", "buildkit")),
    "buildkit's suffix on a classic command is text": (
        claim("/bin/sh -c make # buildkit"),
        ("RUN", "make # buildkit", "classic"),
    ),
    "buildkit's suffix on something else": (
        claim("x # buildkit", BUILDKIT),
        ("LAYER", "x # buildkit", "buildkit"),
    ),
    "the suffix inside is text": (
        claim("RUN /bin/sh -c echo ' # buildkit' > x # buildkit", BUILDKIT),
        ("RUN", "echo ' # buildkit' > x", "buildkit"),
    ),
    "buildkit copy": (
        claim("COPY --chown=app:app --chmod=755 a b /dst/ # buildkit", BUILDKIT),
        ("COPY", "--chown=app:app --chmod=755 a b /dst/", "buildkit"),
    ),
    "buildkit copy of a heredoc": (
        claim("COPY <<EOF /etc/motd # buildkit", BUILDKIT),
        ("COPY", "<<EOF /etc/motd", "buildkit"),
    ),
    "buildkit workdir that owns a layer": (
        claim("WORKDIR /app", BUILDKIT),
        ("WORKDIR", "/app", "buildkit"),
    ),
    "buildkit ports": (
        claim("EXPOSE map[443/tcp:{} 80/tcp:{}]", BUILDKIT, empty=True),
        ("EXPOSE", "443/tcp 80/tcp", "buildkit"),
    ),
    "buildkit ports as a list": (
        claim("EXPOSE [80/tcp]", BUILDKIT, empty=True),
        ("EXPOSE", "80/tcp", "buildkit"),
    ),
    "buildkit health check": (
        claim(
            r"""HEALTHCHECK &{["CMD-SHELL" "kong health"] "1m0s" "10s" "0s" "0s" '\n'}""",
            BUILDKIT,
            empty=True,
        ),
        ("HEALTHCHECK", "--interval=1m0s --timeout=10s --retries=10 CMD kong health", "buildkit"),
    ),
    "buildkit shell": (
        claim("SHELL [/bin/bash -o pipefail -c]", BUILDKIT, empty=True),
        ("SHELL", "[/bin/bash -o pipefail -c]", "buildkit"),
    ),
    "buildkit label with newlines": (
        claim("LABEL a=b\nc", BUILDKIT, empty=True),
        ("LABEL", "a=b\nc", "buildkit"),
    ),
    "buildkit says nothing": (claim("", BUILDKIT), ("LAYER", "", "buildkit")),
    "a step of the exporter": (
        claim("[stage-1 3/3] COPY --from=builder /app/x /app", EXPORTER),
        ("COPY", "--from=builder /app/x /app", "buildkit"),
    ),
    "a command of the exporter": (
        claim("mount / from exec sh -c apt install --no-install-recommends x", EXPORTER),
        ("RUN", "sh -c apt install --no-install-recommends x", "buildkit"),
    ),
    "a source of the exporter": (
        claim("pulled from docker.io/library/alpine:3", EXPORTER),
        ("LAYER", "pulled from docker.io/library/alpine:3", "buildkit"),
    ),
    # --- buildah and podman
    "buildah's base (corpus)": (
        claim(
            """/bin/sh -c #(nop) CMD ["/bin/sh", "-c", "echo 'Hello' && sleep infinity"]""",
            "FROM docker.io/library/busybox:latest",
            empty=True,
        ),
        ("CMD", """["/bin/sh", "-c", "echo 'Hello' && sleep infinity"]""", "buildah"),
    ),
    "buildah copy (corpus)": (
        claim(f"/bin/sh -c #(nop) COPY file:{SHA} in /README.txt      "),
        ("COPY", "file:1a882b9ba5b7 in /README.txt", "buildah"),
    ),
    "buildah link": (
        claim(f"/bin/sh -c #(nop) COPY --link dir:{SHA} in ./files |inheritLabels=false    "),
        ("COPY", "--link dir:1a882b9ba5b7 in ./files", "buildah"),
    ),
    "buildah metadata": (
        claim("/bin/sh -c #(nop) HEALTHCHECK NONE|unsetLabel=true|inheritLabels=false|force-mtime=10"),
        ("HEALTHCHECK", "NONE", "buildah"),
    ),
    "buildah metadata with annotations": (
        claim("/bin/sh -c make|unsetAnnotation=x|inheritAnnotations=false|clamp-mtime=10a=b,c=d"),
        ("RUN", "make", "buildah"),
    ),
    "buildah run with mounts, whose digests go": (
        claim(f"/bin/sh -c --mount=type=bind --mount=type=cache,target=/c make:sha256:{SHA}:sha256:{SHA}"),
        ("RUN", "--mount=type=bind --mount=type=cache,target=/c make", "buildah"),
    ),
    "a digest without a mount stays": (
        claim(f"/bin/sh -c verify x:sha256:{SHA}"),
        ("RUN", f"verify x:sha256:{SHA}", "classic"),
    ),
    "buildah counts words": (
        claim("|3 A=x y z /bin/sh -c B=1 C=2 D=3 su -c /bin/sh -c ls", "FROM alpine"),
        ("RUN", "B=1 C=2 D=3 su -c /bin/sh -c ls", "buildah"),
    ),
    "buildah heredoc": (
        claim("/bin/sh -c <<EOF\napk add x\napk add y", "FROM alpine"),
        ("RUN", "<<EOF\napk add x\napk add y", "buildah"),
    ),
    "buildah keeps the person's case": (
        claim("/bin/sh -c #(nop) env  A=b", "FROM alpine"),
        ("ENV", "A=b", "buildah"),
    ),
    "buildah volume in JSON": (
        claim('/bin/sh -c #(nop) VOLUME ["/data"]', "FROM alpine"),
        ("VOLUME", '["/data"]', "buildah"),
    ),
    "buildah commit": (claim("/bin/sh", "FROM docker.io/library/alpine"), ("COMMIT", "/bin/sh", "buildah")),
    # --- kaniko
    "kaniko run (corpus)": (
        claim("RUN mkdir /home/app && echo -n gem > /home/app/Gemfile", author="kaniko"),
        ("RUN", "mkdir /home/app && echo -n gem > /home/app/Gemfile", "kaniko"),
    ),
    "kaniko add (corpus)": (
        claim("ADD .scripts/ /root/.data/", author="kaniko"),
        ("ADD", ".scripts/ /root/.data/", "kaniko"),
    ),
    "kaniko copies the line": (
        claim("RUN /bin/sh -c 'ls'", author="kaniko"),
        ("RUN", "/bin/sh -c 'ls'", "kaniko"),
    ),
    "kaniko of something else": (claim("snapshot", author="kaniko"), ("LAYER", "snapshot", "kaniko")),
    # --- tools
    "jib (corpus)": (
        claim("jib-gradle-plugin:1.4.1-SNAPSHOT", "extra files", "Jib"),
        ("LAYER", "extra files", "jib"),
    ),
    "jib without a comment": (claim("jib-core:0.1", "", "Jib"), ("LAYER", "jib-core:0.1", "jib")),
    "bazel (corpus)": (claim("bazel build ...", author="Bazel"), ("LAYER", "bazel build ...", "bazel")),
    "an author is no builder (corpus)": (
        claim('/bin/sh -c #(nop)  CMD ["/bin/sh"]', author="Bazel", empty=True),
        ("CMD", '["/bin/sh"]', "classic"),
    ),
    "nix": (
        claim("", "store paths: ['/nix/store/xn70pn0-zlib-1.3.2']"),
        ("LAYER", "store paths: ['/nix/store/xn70pn0-zlib-1.3.2']", "nix"),
    ),
    "ko": (
        claim("ko build ko://example.com/cmd/app", "kodata contents, at $KO_DATA_PATH", "ko"),
        ("LAYER", "kodata contents, at $KO_DATA_PATH", "ko"),
    ),
    "buildpacks layer": (
        claim("Layer: 'jre', Created by buildpack: bellsoft/buildpacks/liberica@1.1.0"),
        ("LAYER", "Layer: 'jre', Created by buildpack: bellsoft/buildpacks/liberica@1.1.0", "buildpacks"),
    ),
    "buildpacks launcher": (
        claim("Buildpacks Launcher Config"),
        ("LAYER", "Buildpacks Launcher Config", "buildpacks"),
    ),
    "apko (corpus)": (
        claim("apko", "This is an apko single-layer image", "apko"),
        ("LAYER", "This is an apko single-layer image", "apko"),
    ),
    "debuerreotype": (
        claim("# debian.sh --arch 'amd64' out/ 'trixie' '@1766966400'", "debuerreotype 0.17"),
        ("LAYER", "# debian.sh --arch 'amd64' out/ 'trixie' '@1766966400'", "debuerreotype"),
    ),
    "crane": (claim("crane edit fs x", author="crane"), ("LAYER", "crane edit fs x", "crane")),
    # --- commit, import, squash
    "docker commit": (claim("bash", "installed vim"), ("COMMIT", "bash", "commit")),
    "docker commit on windows": (
        claim(r"c:\windows\system32\cmd.exe"),
        ("COMMIT", r"c:\windows\system32\cmd.exe", "commit"),
    ),
    "a shell with flags": (claim("/bin/bash -l -i"), ("COMMIT", "/bin/bash -l -i", "commit")),
    "the shell of an image": (claim("/bin/sh -c"), ("COMMIT", "/bin/sh -c", "commit")),
    "a script is nobody's": (claim("bash /install.sh"), ("LAYER", "bash /install.sh", "unknown")),
    "docker import (corpus)": (claim("", "Imported from -"), ("IMPORT", "-", "import")),
    "an import with a command is none": (
        claim("/bin/sh -c ls", "Imported from -"),
        ("RUN", "ls", "classic"),
    ),
    "docker build --squash": (
        claim("", f"merge sha256:{SHA} to sha256:{SHA}"),
        ("SQUASH", f"merge sha256:{SHA} to sha256:{SHA}", "classic"),
    ),
    "docker build --squash from scratch": (
        claim("", f"create new from sha256:{SHA}"),
        ("SQUASH", f"create new from sha256:{SHA}", "classic"),
    ),
    "a merge that someone tells of": (
        claim("", "merge sha256 files"),
        ("LAYER", "merge sha256 files", "unknown"),
    ),
    "a merge of something else": (
        claim("", f"merge sha256:{SHA} into it"),
        ("LAYER", f"merge sha256:{SHA} into it", "unknown"),
    ),
    "a command with a merge's comment": (
        claim("/bin/sh -c ls", f"merge sha256:{SHA} to sha256:{SHA}"),
        ("RUN", "ls", "classic"),
    ),
    "a commit with an import's comment": (claim("bash", "Imported from -"), ("COMMIT", "bash", "commit")),
    "docker-squash": (
        claim("/bin/sh -c #(squash) from c96aadb57deb"),
        ("SQUASH", "from c96aadb57deb", "docker-squash"),
    ),
    "crane flatten": (
        claim(f"crane flatten sha256:{SHA}", '[{"created":"0001-01-01T00:00:00Z"}]'),
        ("SQUASH", f"crane flatten sha256:{SHA}", "crane"),
    ),
    # --- nobody's
    "nothing at all": (claim(), ("LAYER", "", "unknown")),
    "only a comment (corpus)": (claim("", "initial import"), ("LAYER", "initial import", "unknown")),
    "a tool's sentence (corpus)": (
        claim("BusyBox 1.36.1 (glibc), Debian 12"),
        ("LAYER", "BusyBox 1.36.1 (glibc), Debian 12", "unknown"),
    ),
    "a shell with a script in words (corpus)": (
        claim("/bin/sh echo something > last"),
        ("LAYER", "/bin/sh echo something > last", "unknown"),
    ),
    "a Dockerfile line of an unknown builder": (
        claim("ENV TEST=foo bar"),
        ("ENV", "TEST=foo bar", "unknown"),
    ),
    "an unknown builder's run": (claim("RUN /bin/sh -c ls"), ("RUN", "ls", "unknown")),
    "an unknown builder's stage": (claim("FROM alpine:3"), ("FROM", "alpine:3", "unknown")),
    "an English sentence": (claim("copy of the disk"), ("LAYER", "copy of the disk", "unknown")),
    "a word that begins like a keyword": (claim("RUNNING x"), ("LAYER", "RUNNING x", "unknown")),
    "a keyword alone": (claim("RUN"), ("RUN", "", "unknown")),
    "hostile text is kept": (claim("RUN \x1b[2J\u202e<script>"), ("RUN", "\x1b[2J\u202e<script>", "unknown")),
}


@pytest.mark.parametrize(("entry", "expected"), CASES.values(), ids=CASES.keys())
def test_one_entry(entry: HistoryEntry, expected: tuple[str, str, str]) -> None:
    kind, text, builder = expected
    layer = None if entry.empty_layer else 0
    made = Instruction(0, kind, text, "2024-01-02T03:04:05Z", builder, entry.empty_layer, layer)
    assert replace(read(entry), arguments="") == made


@pytest.mark.parametrize(
    ("entry", "arguments"),
    [
        (claim("|2 A=1 B=2 /bin/sh -c make $A"), "|2 A=1 B=2 "),
        (claim("|3 A=x y z /bin/sh -c ls", "FROM alpine"), "|3 A=x y z "),
        (claim("RUN |2 foo=bar2 bar=123 /bin/sh -c ls # buildkit", BUILDKIT), "|2 foo=bar2 bar=123 "),
        (claim("mount / from exec |1 A=1 /bin/sh -c ls", EXPORTER), "|1 A=1 "),
        (claim("RUN |1 A=1 ls"), "|1 A=1 "),
        (claim("RUN /bin/sh -c ls | wc # buildkit", BUILDKIT), ""),
    ],
)
def test_build_arguments_are_kept(entry: HistoryEntry, arguments: str) -> None:
    assert read(entry).arguments == arguments


STOP = "$ErrorActionPreference = 'Stop';"

DECLARED_SHELLS = {
    "classic": (
        claim("/bin/bash -o pipefail -c #(nop)  SHELL [/bin/bash -o pipefail -c]", empty=True),
        claim("/bin/bash -o pipefail -c curl x | tar xz"),
        ("RUN", "curl x | tar xz", "classic"),
    ),
    "classic, arguments": (
        claim("/bin/bash -o pipefail -c #(nop)  SHELL [/bin/bash -o pipefail -c]", empty=True),
        claim("|1 A=b c /bin/bash -o pipefail -c curl x | tar xz"),
        ("RUN", "curl x | tar xz", "classic"),
    ),
    "classic, no-op": (
        claim("/bin/bash -o pipefail -c #(nop)  SHELL [/bin/bash -o pipefail -c]", empty=True),
        claim('/bin/bash -o pipefail -c #(nop)  CMD ["sh"]'),
        ("CMD", '["sh"]', "classic"),
    ),
    "powershell": (
        claim(f"powershell -Command {STOP} #(nop)  SHELL [powershell -Command {STOP}]", empty=True),
        claim(f"powershell -Command {STOP} Write-Host 'x'"),
        ("RUN", "Write-Host 'x'", "classic"),
    ),
    "buildkit": (
        claim("SHELL [/bin/bash -c]", BUILDKIT, empty=True),
        claim("RUN |1 LOCALSTACK_BUILD_VERSION=4.0.3 /bin/bash -c make # buildkit", BUILDKIT),
        ("RUN", "make", "buildkit"),
    ),
    "buildkit, the default shell in exec form": (
        claim("SHELL [/bin/bash -c]", BUILDKIT, empty=True),
        claim("RUN /bin/sh -c make # buildkit", BUILDKIT),
        ("RUN", "make", "buildkit"),
    ),
    "in JSON": (
        claim('/bin/sh -c #(nop) SHELL ["/bin/bash", "-c"]', "FROM alpine", empty=True),
        claim("RUN /bin/bash -c make # buildkit", BUILDKIT),
        ("RUN", "make", "buildkit"),
    ),
    "no list": (
        claim("SHELL /bin/zsh -c", BUILDKIT, empty=True),
        claim("RUN /bin/zsh -c make # buildkit", BUILDKIT),
        ("RUN", "/bin/zsh -c make", "buildkit"),
    ),
}


@pytest.mark.parametrize(("shell", "entry", "expected"), DECLARED_SHELLS.values(), ids=DECLARED_SHELLS.keys())
def test_a_declared_shell_is_taken_off(
    shell: HistoryEntry, entry: HistoryEntry, expected: tuple[str, str, str]
) -> None:
    first, last = attribute([shell, entry], 1).instructions
    assert first.kind == "SHELL"
    assert (last.kind, last.text, last.builder) == expected


def test_a_no_op_names_its_own_shell_only_if_it_declares_it() -> None:
    assert read(claim("/bin/zsh -c #(nop)  SHELL [/bin/bash -c]")).kind == "RUN"
    assert read(claim("/bin/zsh -c #(nop)  CMD [x]")).text == "/bin/zsh -c #(nop)  CMD [x]"


def test_what_follows_a_buildah_entry_is_buildahs_until_the_classic_builder_shows_itself() -> None:
    history = [
        claim('/bin/sh -c #(nop)  CMD ["sh"]', empty=True),
        claim("/bin/sh -c apk add x", "FROM docker.io/library/alpine:3"),
        claim("/bin/sh -c make"),
        claim("/bin/sh -c #(nop) ENV A=b", empty=True),
        claim('/bin/sh -c #(nop)  CMD ["x"]', empty=True),
        claim("/bin/sh -c make"),
        claim("RUN /bin/sh -c make # buildkit", BUILDKIT),
        claim("/bin/sh -c make"),
    ]
    assert [instruction.builder for instruction in attribute(history, 5).instructions] == [
        "classic", "buildah", "buildah", "buildah", "classic", "classic", "buildkit", "classic",
    ]  # fmt: skip
