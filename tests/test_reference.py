"""What a person names: targets, platforms, and whether two names of an image mean the same."""

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from layerscope.errors import UsageError
from layerscope.model import Platform
from layerscope.reference import (
    DEFAULT_REGISTRY,
    DEFAULT_REGISTRY_HOST,
    ImageName,
    Target,
    Transport,
    normal_platform,
    parse_image_name,
    parse_platform,
    parse_target,
    same_image_name,
    splits,
)


@pytest.mark.parametrize(
    ("text", "transport", "name"),
    [
        ("-", Transport.STDIN, ""),
        ("app", Transport.BARE, "app"),
        ("app:1", Transport.BARE, "app:1"),
        ("localhost:5000/app:1", Transport.BARE, "localhost:5000/app:1"),
        ("app@sha256:abc", Transport.BARE, "app@sha256:abc"),
        ("./oci:x", Transport.BARE, "./oci:x"),
        ("oci:x", Transport.OCI, "x"),
        ("OCI:x", Transport.BARE, "OCI:x"),
        ("docker:dind", Transport.BARE, "docker:dind"),
        (":x", Transport.BARE, ":x"),
        ("docker-daemon:app:1", Transport.DAEMON, "app:1"),
        ("docker-archive:a.tar", Transport.DOCKER_ARCHIVE, "a.tar"),
        ("docker-archive:a.tar:app:1", Transport.DOCKER_ARCHIVE, "a.tar:app:1"),
        ("docker-archive:a.tar:@1", Transport.DOCKER_ARCHIVE, "a.tar:@1"),
        ("oci:dir:1", Transport.OCI, "dir:1"),
        ("oci-archive:a.tar", Transport.OCI_ARCHIVE, "a.tar"),
        ("dir:/a:b", Transport.DIR, "/a:b"),
        ("dir:-", Transport.DIR, "-"),
        ("docker://app", Transport.REGISTRY, "app"),
        ("docker://registry.example:5000/a/b:1", Transport.REGISTRY, "registry.example:5000/a/b:1"),
        ("docker:20", Transport.BARE, "docker:20"),
    ],
)
def test_target(text: str, transport: Transport, name: str) -> None:
    assert parse_target(text) == Target(transport, name)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "no image was named", "Name an image, a saved archive, or - for standard input."),
        ("a\0b", "no image was named", "Name an image, a saved archive, or - for standard input."),
        (
            "a:" * 200_000,
            f"{'a:' * 30}…: a name of 400,000 characters, more than any image or file has",
            "Name an image, a saved archive, or - for standard input.",
        ),
        ("oci:", "oci:: nothing follows the transport", "For example oci:NAME"),
        ("docker-daemon:", "docker-daemon:: nothing follows the transport", "For example docker-daemon:NAME"),
        ("docker://", "docker://: nothing follows the transport", "For example docker://NAME:TAG"),
    ],
)
def test_target_that_is_none(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(text)
    assert (str(caught.value), caught.value.hint) == (message, hint)


@given(st.text() | st.sampled_from(list(Transport)).flatmap(lambda each: st.text().map(lambda rest: f"{each}:{rest}")))
def test_any_target_is_parsed_or_refused(text: str) -> None:
    try:
        target = parse_target(text)
    except UsageError:
        return
    assert target.name in text
    for path, _ in splits(target.name):
        assert os.path.lexists(path) in (True, False)  # what is done with it


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("a", [("a", "")]),
        ("a:b", [("a:b", ""), ("a", "b")]),
        ("a:b:c", [("a:b:c", ""), ("a:b", "c"), ("a", "b:c")]),
        ("a:", [("a:", ""), ("a", "")]),
        (":a", [(":a", "")]),
        ("", [("", "")]),
    ],
)
def test_splits(name: str, ways: list[tuple[str, str]]) -> None:
    assert splits(name) == ways


@given(st.text(alphabet="ab:"))
def test_splits_lose_nothing(name: str) -> None:
    for path, choice in splits(name):
        assert name in (path, f"{path}:{choice}")


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", Platform("linux", "amd64")),
        ("Linux/AMD64", Platform("linux", "amd64")),
        ("amd64", Platform("linux", "amd64")),
        ("x86_64", Platform("linux", "amd64")),
        ("linux/x86-64", Platform("linux", "amd64")),
        ("linux/amd64/v1", Platform("linux", "amd64")),
        ("linux/amd64/v3", Platform("linux", "amd64", "v3")),
        ("aarch64", Platform("linux", "arm64")),
        ("linux/arm64/v8", Platform("linux", "arm64")),
        ("linux/arm64/v9", Platform("linux", "arm64", "v9")),
        ("linux/arm/v7", Platform("linux", "arm", "v7")),
        ("armhf", Platform("linux", "arm", "v7")),
        ("armv6l", Platform("linux", "arm", "v6")),
        ("i686", Platform("linux", "386")),
        ("windows/amd64", Platform("windows", "amd64")),
    ],
)
def test_platform(text: str, platform: Platform) -> None:
    assert parse_platform(text) == platform
    assert parse_platform(str(platform)) == platform


NO_PLATFORMS = ["", "/", "linux/", "/amd64", "a/b/c/d", "linux/amd 64", "linux/amd64/", "a" * 65, "é", "x\n"]


@pytest.mark.parametrize("text", NO_PLATFORMS)
def test_platform_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="is no platform") as caught:
        parse_platform(text)
    assert caught.value.hint == "For example linux/amd64 or linux/arm/v7."


@given(st.text() | st.from_regex(r"[a-z0-9_.-]*(/[a-z0-9_.-]*){0,3}", fullmatch=True))
@example("linux/amd64\n")
def test_any_platform_is_parsed_or_refused(text: str) -> None:
    try:
        platform = parse_platform(text)
    except UsageError:
        return
    assert normal_platform(platform.os, platform.architecture, platform.variant) == platform


def test_how_platforms_are_printed() -> None:
    assert [str(Platform(*each)) for each in (("linux", "arm", "v7"), ("linux", "amd64"), ("", ""))] == [
        "linux/arm/v7",
        "linux/amd64",
        "",
    ]


@pytest.mark.parametrize(
    ("asked", "carried"),
    [
        ("app:1", "app:1"),
        ("app", "app:latest"),
        ("app:latest", "app"),
        ("docker.io/library/app", "app:latest"),
        ("app:1", "docker.io/library/app:1"),
        ("index.docker.io/library/app:1", "docker.io/library/app:1"),
        ("me/app:1", "docker.io/me/app:1"),
        ("app:1", "localhost/app:1"),
        ("1", "localhost:5000/app:1"),
        ("latest", "app:latest"),
        ("v1", "v1"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("app@sha256:abc", "docker.io/library/app@sha256:abc"),
    ],
)
def test_same_name(asked: str, carried: str) -> None:
    assert same_image_name(asked, carried)


@pytest.mark.parametrize(
    ("asked", "carried"),
    [
        ("app:1", "app:2"),
        ("app", "app:1"),
        ("app", "me/app"),
        ("5000/app", "localhost:5000/app"),
        ("abc", "app@sha256:abc"),
        ("", "app:1"),
        ("app", "other:1"),
    ],
)
def test_other_name(asked: str, carried: str) -> None:
    assert not same_image_name(asked, carried)


@given(st.text(), st.text())
def test_names_are_compared_whatever_they_are(asked: str, carried: str) -> None:
    assert same_image_name(asked, carried) in (True, False)
    assert same_image_name(carried, carried)


HASH = "0a" * 32


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("app", (DEFAULT_REGISTRY, "library/app", "latest", "")),
        ("app:1.2", (DEFAULT_REGISTRY, "library/app", "1.2", "")),
        ("team/app", (DEFAULT_REGISTRY, "team/app", "latest", "")),
        ("team/sub/app:v_1", (DEFAULT_REGISTRY, "team/sub/app", "v_1", "")),
        (f"{DEFAULT_REGISTRY}/app", (DEFAULT_REGISTRY, "library/app", "latest", "")),
        (f"{DEFAULT_REGISTRY_HOST}/team/app", (DEFAULT_REGISTRY, "team/app", "latest", "")),
        ("localhost/app", ("localhost", "app", "latest", "")),
        ("Host/app", ("Host", "app", "latest", "")),
        ("host:5000/app", ("host:5000", "app", "latest", "")),
        ("host:5000", (DEFAULT_REGISTRY, "library/host", "5000", "")),
        ("registry.example/a/b__c/d--e.f:1", ("registry.example", "a/b__c/d--e.f", "1", "")),
        ("[::1]:5000/app:1", ("[::1]:5000", "app", "1", "")),
        ("127.0.0.1/app", ("127.0.0.1", "app", "latest", "")),
        (f"app@sha256:{HASH}", (DEFAULT_REGISTRY, "library/app", "", f"sha256:{HASH}")),
        (f"host:1/app:1@sha512:{HASH}{HASH}", ("host:1", "app", "", f"sha512:{HASH}{HASH}")),
    ],
)
def test_image_name(text: str, name: tuple[str, ...]) -> None:
    assert parse_image_name(text) == ImageName(*name)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "/",
            ":1",
            "@",
            "App",
            "app:",
            "app:-1",
            "app:" + "a" * 129,
            "a" * 256,
            "a//b",
            "/app",
            "app/",
            "a..b",
            "a___b",
        ),
        *(
            "-a",
            "a-",
            "a b",
            "é",
            "app\n",
            "app:1\n",
            "host:port/app",
            "host:123456/app",
            "a/b:c/d",
            "a@b",
            "https://host/app",
        ),
        *(
            f"app@sha256:{HASH[1:]}",
            f"app@md5:{HASH}",
            f"app@sha256:{HASH.upper()}",
            f"app@sha256:{HASH}\n",
            "[::1/app",
        ),
        *(
            "-host.example/app",
            "host-.example/app",
            "ho_st.example/app",
            "host..example/app",
            ".example/app",
            "ann:x@host/app",
        ),
    ],
)
def test_image_name_that_is_none(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_image_name(text)
    assert str(caught.value) == f"{text!r} is no image's name"


@given(
    st.text()
    | st.from_regex(r"([a-zA-Z0-9.:-]{0,9}/)?[a-z0-9._/-]{0,20}(:[a-z0-9]*)?(@sha256:[0-9a-f]*)?", fullmatch=True)
)
def test_any_image_name_is_parsed_or_refused(text: str) -> None:
    try:
        name = parse_image_name(text)
    except UsageError:
        return
    end = f"@{name.digest}" if name.digest else f":{name.tag}"
    assert parse_image_name(f"{name.registry}/{name.repository}{end}") == name


def test_a_long_name_takes_no_longer() -> None:
    for text in ("a-" * 50_000, "a." * 50_000 + "/x", "a" * 100_000 + "!", "a/" * 50_000, "[" + ":" * 100_000):
        with pytest.raises(UsageError):
            parse_image_name(text)
