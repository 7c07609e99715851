import pytest
from builders import file, opaque, whiteout
from looking import COPY, RUN, Step, looked

from layerscope.rules import Found
from layerscope.rules.kit.rule import Confidence, Severity

INDEX = "var/lib/apt/lists/deb.example_dists_stable_main_binary-amd64_Packages.lz4"
CURL = file("usr/bin/curl", b"c" * 100)


def update(path: str = INDEX, contents: bytes = b"i" * 100) -> Step:
    return RUN("apt-get update", file("var/lib/apt/lists/lock"), file(path, contents))


def found_in(*steps: Step) -> list[Found]:
    return looked("stale-package-index", *steps)


@pytest.mark.parametrize(
    "command",
    [
        "apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
        "apt-get -o Acquire::Retries=3 -y install curl",
        "DEBIAN_FRONTEND=noninteractive apt install curl",
        "set -eux; \\\n  apt-get dist-upgrade -y",
        "apt-get install -y curl && apt-get update",
        "bash -c 'apt-get install -y curl'",
    ],
)
def test_an_install_with_the_index_of_a_lower_layer_is_found(command: str) -> None:
    [found] = found_in(update(), COPY("x /x", file("x", b"x")), RUN(command, CURL))

    assert (found.finding.layer, found.finding.claims) == (2, {})
    assert (found.severity, found.confidence) == (Severity.MEDIUM, Confidence.HIGH)
    assert f"RUN {' '.join(command.split())[:20]}" in found.finding.message
    assert "that RUN apt-get update brought" in found.finding.message


@pytest.mark.parametrize(
    "command",
    [
        "apt-get update && apt-get install -y curl",
        "apt-get update -qq; apt-get install -y curl",
        "curl -fsSL https://example.org/setup | bash - && apt-get install -y nodejs",
        "./prepare && apt-get install -y curl",
        "/usr/local/bin/prepare.sh && apt-get install -y curl",
        "add-apt-repository ppa:x && apt-get install -y curl",
        "echo apt-get install curl",
        "cat > /usr/bin/x <<EOF\napt-get install -y curl\nEOF",
        "apt-get purge curl",
        "dpkg -i curl.deb",
    ],
)
def test_a_run_that_fetches_the_index_or_installs_nothing_is_not(command: str) -> None:
    assert found_in(update(), RUN(command, CURL)) == []


def test_an_index_that_is_gone_or_fetched_anew_is_not_stale() -> None:
    install = RUN("apt-get install -y /tmp/curl.deb", CURL)

    assert found_in(install) == []
    assert found_in(update(), RUN("rm", whiteout(INDEX)), install) == []
    assert found_in(update(), RUN("rm", opaque("var/lib/apt/lists")), install) == []
    # By its words it fetches nothing, by its bytes it does.
    assert found_in(update(), RUN("apt-get install -y curl", file(INDEX, b"new"), CURL)) == []
    # Cleaned up by the very RUN that used it.
    assert len(found_in(update(), RUN("apt-get install -y curl", whiteout(INDEX), CURL))) == 1


def test_what_is_no_index_is_none() -> None:
    for path in ("var/lib/apt/lists/partial/x_Packages", "var/lib/apt/lists-old/x", "var/lib/apt/extended_states"):
        assert found_in(update(path), RUN("apt-get install -y curl", CURL)) == []
    assert found_in(update(contents=b""), RUN("apt-get install -y curl", CURL)) == []


def test_each_install_is_told_with_the_newest_index() -> None:
    found = found_in(
        RUN("apt-get update", file(INDEX, b"1" * 10)),
        RUN("apt-get install -y a", CURL),
        RUN("apt-get update --quiet", file(INDEX, b"2" * 20)),
        RUN("apt-get install -y b", CURL),
    )

    assert [each.finding.layer for each in found] == [1, 3]
    assert "RUN apt-get update brought" in found[0].finding.message
    assert "RUN apt-get update --quiet brought" in found[1].finding.message


def test_the_newest_index_is_the_newest_that_is_still_there() -> None:
    other = f"{INDEX}2"
    [found] = found_in(
        RUN("apt-get update", file(INDEX, b"1" * 10)),
        RUN("apt-get update --quiet", file(other, b"2" * 20)),
        RUN("rm", whiteout(other)),
        RUN("apt-get install -y b", CURL),
    )

    assert "RUN apt-get update brought" in found.finding.message


def test_apk() -> None:
    index = RUN("apk update", file("var/cache/apk/APKINDEX.aa.tar.gz", b"i" * 9))

    [found] = found_in(index, RUN("apk add curl", CURL))
    assert found.confidence is Confidence.MEDIUM
    for command in ("apk add --no-cache curl", "apk add -U curl", "apk update && apk add curl", "apk del curl"):
        assert found_in(index, RUN(command, CURL)) == []
    assert found_in(RUN("x", file("var/cache/apk/curl.apk", b"i" * 9)), RUN("apk add curl", CURL)) == []


def test_pacman() -> None:
    index = RUN("pacman -Sy", file("var/lib/pacman/sync/core.db", b"i" * 9))

    assert len(found_in(index, RUN("pacman -S --noconfirm curl", CURL))) == 1
    for command in ("pacman -Syu --noconfirm curl", "pacman -Sy && pacman -S curl", "pacman -Scc", "pacman -R curl"):
        assert found_in(index, RUN(command, CURL)) == []


def test_managers_that_renew_an_aged_index_by_themselves_are_not() -> None:
    index = RUN("dnf makecache", file("var/cache/dnf/x/repodata/primary.xml.gz", b"i" * 9))

    assert found_in(index, RUN("dnf install -y curl", CURL)) == []
