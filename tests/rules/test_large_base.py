import pytest
from builders import file, pax, symlink
from looking import COPY, RUN, Step, looked

from layerscope.rules import Found

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'
UBUNTU = "PRETTY_NAME='Ubuntu 24.04.1 LTS'\nID=ubuntu\nVERSION_CODENAME=noble\n"
ROCKY = 'ID="rocky"\nPRETTY_NAME="Rocky Linux 9.3 (Blue Onyx)"\n'
MB = 1_000_000
STATIC = "distroless/static (about 2 MB)"


def sized(path: str, size: int) -> bytes:
    """A sparse file of this many content bytes."""
    records = [(b"GNU.sparse.size", b"%d" % size), (b"GNU.sparse.numblocks", b"0"), (b"GNU.sparse.map", b"")]
    return pax(records) + file(path)


def base(size: int, release: str = DEBIAN, *, path: str = "usr/lib/os-release") -> tuple[Step, Step]:
    """A base of this many content bytes, known by the builder before BuildKit."""
    root = Step("/bin/sh -c #(nop) ADD file:00 in / ", (file(path, release.encode()), sized("usr/big", size)), "")
    return root, Step('/bin/sh -c #(nop)  CMD ["bash"]', None, "")


def found(*steps: Step, **environment: str) -> list[Found]:
    return looked("large-base", *steps, run={"Env": [f"{name}={value}" for name, value in environment.items()]})


APP = COPY("app /app", file("app", b"x" * 1000))


@pytest.mark.parametrize(
    ("size", "release", "environment", "remedy"),
    [
        (117, DEBIAN, {}, "FROM debian:bookworm-slim (about 75 MB, where debian:bookworm has about 117 MB)"),
        (78, UBUNTU, {}, "FROM alpine (about 8 MB, with another C library)"),
        (176, ROCKY, {}, "FROM its -minimal variant"),
        (1020, DEBIAN, {"PYTHON_VERSION": "3.12.4"}, "FROM python:3.12-slim (about 125 MB, where python:3.12 has"),
        (1100, DEBIAN, {"NODE_VERSION": "20.11.1"}, "FROM node:20-slim (about 200 MB"),
        (990, DEBIAN, {"RUBY_VERSION": "3.3.0"}, "FROM ruby:3.3-slim"),
        (830, DEBIAN, {"GOLANG_VERSION": "1.22.5"}, "Build in a stage FROM golang:1.22 AS build"),
        (250, "ID=alpine", {"GOLANG_VERSION": "1.22.5"}, "Build in a stage FROM golang:1.22 AS build"),
        (1400, DEBIAN, {"RUST_VERSION": "1.79.0"}, "Build in a stage FROM rust:1.79 AS build"),
    ],
)
def test_a_full_system_below_a_small_application(
    size: int, release: str, environment: dict[str, str], remedy: str
) -> None:
    [one] = found(*base(size * MB, release), APP, **environment)
    assert one.finding.remedy.startswith(remedy)
    assert (one.in_base, one.finding.layer, one.reclaimable_bytes) == (False, None, 0)


def test_what_it_says() -> None:
    [one] = found(*base(117 * MB), APP)
    assert one.finding.message == (
        "the base image, Debian GNU/Linux 12 (bookworm), holds 99 % of the bytes of this image: more than all that "
        "stands on it"
    )
    assert one.finding.remedy.endswith(f"for a static program {STATIC}.")


def test_os_release_is_the_base_s_own_wherever_it_lies() -> None:
    [in_etc] = found(*base(117 * MB, path="etc/os-release"), APP)
    assert "debian:bookworm-slim" in in_etc.finding.remedy
    other = RUN("become another", file("usr/lib/os-release", UBUNTU.encode()), symlink("etc/os-release", "x"))
    [still] = found(*base(117 * MB), other)
    assert "debian:bookworm-slim" in still.finding.remedy


@pytest.mark.parametrize(
    "steps",
    [
        (*base(75 * MB), APP),  # the slim one
        (*base(117 * MB), COPY("app /app", sized("app", 117 * MB + 1000))),  # no small application
        (*base(117 * MB, "ID=unheard-of"), APP),
        (*base(117 * MB, ""), APP),
        (*base(117 * MB, "\0=\n=\nID\n" + "x" * 70_000), APP),
        (Step("RUN /bin/sh -c bootstrap # buildkit", base(117 * MB)[0].members), APP),  # no base is known
        base(117 * MB),
    ],
)
def test_what_is_none(steps: tuple[Step, ...]) -> None:
    assert found(*steps) == []


@pytest.mark.parametrize(
    ("size", "environment"),
    [
        (130, {"PYTHON_VERSION": "3.12.4"}),  # the slim one, larger than a bare Debian
        (1020, {"PYTHON_VERSION": "${oops}"}),
        (200, {"NODE_VERSION": "20.11.1"}),
    ],
)
def test_images_of_languages_that_are_small_or_unknown(size: int, environment: dict[str, str]) -> None:
    assert found(*base(size * MB), APP, **environment) == []
