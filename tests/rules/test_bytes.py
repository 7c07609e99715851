"""What rules find in layers: for each an image with the flaw, and images that only look like it."""

import io
import struct
import tarfile
from hashlib import sha256

import pytest
from builders import file, folder, hardlink, whiteout
from hypothesis import given
from hypothesis import strategies as st
from looking import COPY, META, RUN, Step, look, looked, reclaimable

from layerscope.filesystem.elf import PROBE
from layerscope.layers.windows import BytesWindow
from layerscope.rules import all_rules
from layerscope.rules.kit.rule import Severity

BIG = bytes(range(256)) * 1000


def elf(kind: int = 2, *, symbols: int = 0, debug: int = 0) -> bytes:
    """Make a 64-bit little-endian ELF file with a section of symbols and one of debugging information."""
    names = b"\0.symtab\0.debug_info\0.shstrtab\0"
    sections = [(0, 0, 0, 0)]
    body = bytes(64)
    for name, of_type, size in ((1, 2, symbols), (9, 1, debug), (21, 3, len(names))):
        sections.append((name, of_type, len(body), size))
        body += names if of_type == 3 else bytes(size)
    table = b"".join(
        struct.pack("<IIQQQQIIQQ", name, of_type, 0, 0, offset, size, 0, 0, 1, 0)
        for name, of_type, offset, size in sections
    )
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", kind, 62, 1, 0, 0, len(body), 0, 64, 0, 0, 64, len(sections), 3)
    return header + body[64:] + table


def packed(**members: bytes) -> bytes:
    """Make a .tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, contents in members.items():
            member = tarfile.TarInfo(f"tool-1.0/{name}")
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
    return buffer.getvalue()


NOISE = b"".join(sha256(b"%d" % at).digest() for at in range(1000))
TOOL = packed(main=NOISE, readme=b"r" * 500)

FOUND: dict[str, tuple[tuple[Step, ...], int]] = {
    "removed-later": ((RUN("make", file("a", BIG)), RUN("rm", whiteout("a"))), len(BIG)),
    "overwritten-later": ((RUN("one", file("a", b"1" * 9000)), RUN("two", file("a", b"2" * 9000))), 9000),
    "metadata-rewrite": (
        (COPY(". /srv", file("srv/a", BIG)), RUN("chown -R 1:1 /srv", file("srv/a", BIG, uid=1, gid=1))),
        len(BIG),
    ),
    "package-db-churn": (
        (
            RUN("apt-get install a", file("var/lib/dpkg/status", b"a" * 5000)),
            RUN("apt-get install b", file("var/lib/dpkg/status", b"b" * 6000)),
        ),
        5000,
    ),
    "duplicate-content": ((COPY("a /a", file("a/model", BIG)), RUN("cp -r /a /b", file("b/model", BIG))), len(BIG)),
    "docs-and-locales": (
        (
            RUN(
                "apt-get install x",
                file("usr/share/doc/x/changelog.gz", b"c" * 90_000),
                file("usr/share/doc/x/copyright", b"l" * 3000),
                file("usr/share/man/man1/x.1.gz", b"m" * 60_000),
            ),
        ),
        150_000,
    ),
    "vcs-directory": ((COPY(". /app", file("app/.git/objects/aa/bb", BIG), file("app/main.py", b"m")),), len(BIG)),
    "build-context-junk": (
        (COPY(". /app", file("app/Dockerfile", b"d" * 9000), file("app/.idea/x.xml", b"i" * 9000), file("app/main")),),
        18_000,
    ),
    "debug-symbols": (
        (RUN("make install", file("usr/bin/tool", elf(symbols=40_000, debug=60_000), mode=0o755)),),
        100_000,
    ),
    "static-libraries": ((RUN("make install", file("usr/local/lib/libx.a", BIG)),), len(BIG)),
    "logs-and-temp": ((RUN("build", file("var/log/build.log", BIG), file("tmp/scratch", BIG)),), 2 * len(BIG)),
    "core-dump": ((RUN("crash", file("srv/core.42", elf(4, symbols=50_000))),), len(elf(4, symbols=50_000))),
    "archive-left-behind": (
        (
            RUN(
                "curl -O … && tar xf tool.tar.gz",
                file("opt/tool.tar.gz", TOOL),
                folder("opt/tool-1.0"),
                file("opt/tool-1.0/main", NOISE),
                file("opt/tool-1.0/readme", b"r" * 500),
            ),
        ),
        len(TOOL),
    ),
    "source-maps": ((COPY("dist /srv", file("srv/app.js.map", BIG), file("srv/app.js", b"a")),), len(BIG)),
    "python-bytecode": ((RUN("pip install x", file("usr/lib/x/__pycache__/x.cpython-311.pyc", BIG)),), 0),
    "sparse-login-log": ((RUN("useradd -u 99999", file("var/log/lastlog", bytes(1_200_000))),), 1_200_000),
}

QUIET: dict[str, tuple[Step, ...]] = {
    "removed-later": (RUN("one", file("a", b"1")), RUN("two", file("a", b"22"))),
    "overwritten-later": (RUN("one", file("a", BIG)), RUN("rm", whiteout("a"))),
    "metadata-rewrite": (RUN("one", file("a", b"1" * 9000)), RUN("two", file("a", b"2" * 9000))),
    "package-db-churn": (RUN("one", file("srv/status", b"1" * 9000)), RUN("two", file("srv/status", b"2" * 9000))),
    "duplicate-content": (RUN("ln", file("a/model", BIG), hardlink("b/model", "a/model")),),
    "docs-and-locales": (RUN("install", file("usr/share/doc/x/copyright", b"l" * 3000)),),
    "vcs-directory": (COPY(". /app", file("app/.gitignore", b"g" * 9000)),),
    "build-context-junk": (RUN("npm ci", file("app/node_modules/x/Dockerfile", b"d" * 9000)),),
    "debug-symbols": (RUN("install -s", file("usr/bin/tool", elf() + BIG, mode=0o755)),),
    "static-libraries": (RUN("install gcc", file("usr/lib/gcc/x86_64-linux-gnu/12/libgcc.a", BIG)),),
    "logs-and-temp": (RUN("mkdir", folder("var/log"), folder("tmp"), file("srv/log.txt", BIG)),),
    "core-dump": (COPY("core.42 /srv", file("srv/core.42", BIG)),),
    "archive-left-behind": (COPY("tool.tar.gz /srv", file("srv/tool.tar.gz", TOOL)),),
    "source-maps": (COPY("city.map /srv", file("srv/city.map", BIG)),),
    "python-bytecode": (RUN("pip install x", file("usr/lib/x/__pycache__/x.cpython-311.pyc", b"p" * 500)),),
    "sparse-login-log": (RUN("useradd", file("var/log/lastlog", bytes(292_000))),),
}


@pytest.mark.parametrize("rule", FOUND)
def test_the_flaw_is_found_with_its_bytes(rule: str) -> None:
    steps, claimed = FOUND[rule]

    findings = looked(rule, *steps)

    assert sum(map(reclaimable, findings)) == claimed
    assert findings
    for found in findings:
        assert found.finding.layer is not None
        assert found.finding.paths
        assert found.finding.message
        assert found.finding.remedy


@pytest.mark.parametrize("rule", QUIET)
def test_what_only_looks_like_it_is_not(rule: str) -> None:
    assert looked(rule, *QUIET[rule]) == []


def test_every_rule_has_a_name_of_its_own_and_a_page() -> None:
    names = [rule.name for rule in all_rules()]

    assert len(set(names)) == len(names)
    assert set(names) >= FOUND.keys() == QUIET.keys()
    too_short = [rule.name for rule in all_rules() if len(rule.page.split()) <= 20]
    assert too_short == [], "a page says what is found, why that matters, and what to do"


def test_a_layer_that_nothing_made_is_named_by_its_number() -> None:
    bare = Step("", (file("a", BIG),))
    [found] = looked("removed-later", bare, RUN("rm", whiteout("a")))

    assert "layer 0" in found.finding.message or "LAYER" in found.finding.message


def test_hard_links_to_elsewhere_keep_their_bytes() -> None:
    """Deleting one of two names saves nothing."""
    linked = RUN("make", file("usr/local/lib/libx.a", BIG), hardlink("srv/needed", "usr/local/lib/libx.a"))

    assert looked("static-libraries", linked) == []


@given(st.lists(st.sampled_from([step for steps, _ in FOUND.values() for step in steps] + [META("CMD x")]), max_size=6))
def test_all_claims_together_are_never_more_than_the_image_has(steps: list[Step]) -> None:
    found = look(steps)

    union: dict[int, int] = {}
    for each in found:
        for entry, claimed in each.finding.claims.items():
            union[entry] = max(claimed, union.get(entry, 0))
    assert sum(union.values()) <= sum(len(part) for step in steps for part in step.members or ())


@given(st.binary(max_size=400), st.integers(0, 1 << 62))
def test_whatever_stands_behind_the_magic_is_read_without_harm(rest: bytes, size: int) -> None:
    PROBE.look(BytesWindow(b"\x7fELF" + rest), size)


@given(st.data())
def test_a_damaged_elf_file_is_read_without_harm(data: st.DataObject) -> None:
    whole = bytearray(elf(symbols=300, debug=300))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    PROBE.look(BytesWindow(bytes(whole)), len(whole))


@pytest.mark.parametrize(("size", "severity"), [(4095, Severity.LOW), (4096, Severity.MEDIUM)])
def test_a_few_bytes_matter_little(size: int, severity: Severity) -> None:
    [found] = looked("removed-later", RUN("a", file("a", b"a" * size)), RUN("b", whiteout("a")))

    assert found.severity is severity
