"""The rule on packages that only others recommend, on systems made of dpkg's and apt's own files."""

from time import process_time

import pytest
from builders import file, hardlink, symlink, whiteout
from looking import RUN, Step, judged, looked, reclaimable, warned

INFO = "var/lib/dpkg/info"
STATUS = "var/lib/dpkg/status"
STATES = "var/lib/apt/extended_states"
OVER_THE_LIMIT = 32 * 1024 * 1024 + 1


def stanza(name: str, *, status: str = "install ok installed", architecture: str = "amd64", **fields: str) -> str:
    rest = "".join(f"{field.replace('_', '-')}: {value}\n" for field, value in fields.items())
    return f"Package: {name}\nStatus: {status}\nArchitecture: {architecture}\n{rest}Version: 1.0-1\n"


def books(*stanzas: str, automatic: tuple[str, ...] = ()) -> tuple[bytes, bytes]:
    """Write dpkg's status, and apt's note of what it installed by itself."""
    states = [f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n" for name in automatic]
    return file(STATUS, "\n".join(stanzas).encode()), file(STATES, "\n".join(states).encode())


def package(name: str, size: int = 1000, *, architecture: str = "") -> tuple[bytes, ...]:
    """Write one program of a package, its list, and a script of its set-up."""
    paths = f"/.\n/usr\n/usr/bin\n/usr/bin/{name}\n"
    return (
        file(f"usr/bin/{name}", b"x" * size),
        file(f"{INFO}/{name}{architecture}.list", paths.encode()),
        file(f"{INFO}/{name}{architecture}.postinst", b"#!/bin/sh\n"),
    )


def bytes_of(name: str, size: int = 1000) -> int:
    return size + len(f"/.\n/usr\n/usr/bin\n/usr/bin/{name}\n#!/bin/sh\n")


def installed(*stanzas: str, automatic: tuple[str, ...] = (), files: tuple[bytes, ...] = ()) -> Step:
    return RUN("apt-get install", *books(*stanzas, automatic=automatic), *files)


TYPICAL = (
    stanza("bash", Essential="yes"),
    stanza("app", Depends="libapp (>= 1) | other", Recommends="helper, absent"),
    stanza("libapp"),
    stanza("helper", Depends="libhelper:any (= 2), libapp"),
    stanza("libhelper"),
)
AUTOMATIC = ("libapp", "helper", "libhelper")
FILES = (*package("helper"), *package("libhelper", 9000), *package("libapp"), *package("app"), *package("bash"))


def test_what_is_only_recommended_is_found_with_what_it_needs_itself() -> None:
    [found] = looked("apt-recommends", installed(*TYPICAL, automatic=AUTOMATIC, files=FILES))

    assert found.finding.layer == 0
    assert found.finding.message == (
        "packages (2) installed by RUN apt-get install only because others recommend them: "
        "libhelper (for helper), helper (for app)"
    )
    assert "RUN apt-get install -y --no-install-recommends …" in found.finding.remedy
    assert found.finding.paths == (
        *("usr/bin/libhelper", "usr/bin/helper"),
        *(f"{INFO}/{name}" for name in ("libhelper.list", "helper.list", "helper.postinst", "libhelper.postinst")),
    )
    assert reclaimable(found) == bytes_of("helper") + bytes_of("libhelper", 9000)


def test_each_layer_has_its_own() -> None:
    app, second = stanza("app", Recommends="helper"), stanza("second", Recommends="other")
    found = looked(
        "apt-recommends",
        installed(app, stanza("helper"), automatic=("helper",), files=package("helper")),
        installed(
            app,
            second,
            *(stanza("helper"), stanza("other")),
            automatic=("helper", "other"),
            files=package("other", 5000, architecture=":amd64"),
        ),
    )

    assert [(each.finding.layer, reclaimable(each)) for each in found] == [
        (1, bytes_of("other", 5000)),
        (0, bytes_of("helper")),
    ]
    assert all("packages (1)" in each.finding.message for each in found)


def test_every_copy_of_a_file_counts_with_the_layer_that_installed_it() -> None:
    [found] = looked(
        "apt-recommends",
        installed(*TYPICAL, automatic=AUTOMATIC, files=FILES),
        RUN("strip", file("usr/bin/helper", b"y" * 700)),
    )

    assert found.finding.layer == 0
    assert reclaimable(found) == bytes_of("helper") + bytes_of("libhelper", 9000) + 700


def test_files_below_a_folder_that_is_a_link_today() -> None:
    """Lists of packages older than the merged /usr name files where they no longer are."""
    files = (
        *(symlink("lib", "usr/lib"), file("usr/lib/helper.so", b"x" * 3000)),
        file(f"{INFO}/helper.list", b"/lib\n/lib/helper.so\n"),
    )
    [found] = looked(
        "apt-recommends",
        installed(stanza("app", Recommends="helper"), stanza("helper"), automatic=("helper",), files=files),
    )

    assert found.finding.paths[0] == "usr/lib/helper.so"


def test_the_bundle_of_certificates_goes_with_the_package_that_makes_it() -> None:
    made = file("etc/ssl/certs/ca-certificates.crt", b"x" * 200_000), symlink("etc/ssl/certs/A.pem", "/usr/share/A.crt")
    name = "ca-certificates"
    app, itself = stanza("app", Recommends=name), stanza(name)

    [found] = looked("apt-recommends", installed(app, itself, automatic=(name,), files=(*package(name), *made)))
    assert reclaimable(found) == bytes_of(name) + 200_000 + len("/usr/share/A.crt")

    helper = stanza("app", Recommends="helper"), stanza("helper"), itself
    [found] = looked("apt-recommends", installed(*helper, automatic=("helper",), files=(*FILES, *package(name), *made)))
    assert reclaimable(found) == bytes_of("helper")


def test_a_file_that_has_a_name_elsewhere_stays() -> None:
    link = hardlink("srv/kept", "usr/bin/helper")
    [found] = looked(
        "apt-recommends",
        installed(
            stanza("app", Recommends="helper"),
            stanza("helper"),
            automatic=("helper",),
            files=(*package("helper", 5000), link),
        ),
    )

    assert reclaimable(found) == bytes_of("helper", 5000) - 5000


@pytest.mark.parametrize(
    "others",
    [
        (stanza("app", Depends="helper"),),
        (stanza("app", Pre_Depends="helper"),),
        (stanza("app", Depends="absent | helper"),),
        (stanza("app", Depends="virtual"),),
        (stanza("app", Depends="lib"), stanza("lib", Depends="helper")),
        (stanza("app"), stanza("unpacked", status="install ok unpacked", Depends="helper")),
    ],
    ids=["depends", "pre-depends", "alternative", "provider", "indirectly", "of a package not set up"],
)
def test_what_is_needed_too_is_not_found(others: tuple[str, ...]) -> None:
    wants = stanza("wants", Recommends="helper")
    helper = stanza("helper", Provides="virtual (= 1)")

    assert looked("apt-recommends", installed(wants, *others, helper, automatic=("helper", "lib"), files=FILES)) == []
    assert len(looked("apt-recommends", installed(wants, helper, automatic=("helper",), files=FILES))) == 1


@pytest.mark.parametrize(
    ("helper", "automatic"),
    [
        (stanza("helper"), ()),
        (stanza("helper"), ("another",)),
        (stanza("helper", Priority="required"), ("helper",)),
        (stanza("helper", Essential="yes"), ("helper",)),
        (stanza("helper", Protected="yes"), ("helper",)),
        (stanza("helper", status="deinstall ok config-files"), ("helper",)),
        (stanza("helper", status="broken"), ("helper",)),
        ("", ("helper",)),
    ],
    ids=["by name", "not noted", "required", "essential", "protected", "removed", "unknown", "not there"],
)
def test_what_somebody_asked_for_or_every_system_has_is_not_found(helper: str, automatic: tuple[str, ...]) -> None:
    app = stanza("app", Recommends="helper")

    assert looked("apt-recommends", installed(app, helper, automatic=automatic, files=FILES)) == []


def test_a_package_of_all_architectures_is_noted_with_the_machines_own() -> None:
    helper = stanza("helper", architecture="all")
    app = stanza("app", Recommends="helper")

    assert len(looked("apt-recommends", installed(app, helper, automatic=("helper",), files=FILES))) == 1


@pytest.mark.parametrize("priority", ["important", "standard"])
def test_a_priority_that_a_minimal_system_does_without_is_no_reason(priority: str) -> None:
    """As with git's less (important) and ca-certificates (standard), which debootstrap leaves out of the smallest."""
    step = installed(
        stanza("app", Recommends="helper"), stanza("helper", Priority=priority), automatic=("helper",), files=FILES
    )

    assert len(looked("apt-recommends", step)) == 1


def test_what_only_suggestions_or_nobody_wants_is_left_to_autoremove() -> None:
    app = stanza("app", Suggests="helper")

    assert looked("apt-recommends", installed(app, stanza("helper"), automatic=("helper",), files=FILES)) == []


def test_a_cycle_of_dependencies_and_recommendations_ends() -> None:
    cyclic = (
        stanza("app", Depends="lib", Recommends="helper"),
        stanza("lib", Depends="app"),
        stanza("helper", Depends="other", Recommends="app"),
        stanza("other", Depends="helper", Recommends="other, third"),
        stanza("third", Recommends="helper"),
    )
    [found] = looked(
        "apt-recommends",
        installed(
            *cyclic,
            automatic=("lib", "helper", "other", "third"),
            files=(*package("helper"), *package("other"), *package("third"), *package("lib")),
        ),
    )

    assert "packages (3)" in found.finding.message
    for name in ("helper (for app)", "other (for helper)", "third (for other)"):
        assert name in found.finding.message


def test_a_long_chain_of_dependencies_is_followed_to_its_end() -> None:
    chain = [stanza(f"p{number}", Depends=f"p{number + 1}") for number in range(3000)]
    [found] = looked(
        "apt-recommends",
        installed(
            stanza("app", Recommends="p0"),
            *chain,
            stanza("p3000"),
            automatic=tuple(f"p{number}" for number in range(3001)),
            files=(*package("p0"), *package("p3000")),
        ),
    )

    assert "packages (2)" in found.finding.message
    assert "p3000 (for p2999)" in found.finding.message


def test_without_the_books_there_is_nothing_to_say() -> None:
    status, states = books(*TYPICAL, automatic=AUTOMATIC)

    assert looked("apt-recommends", RUN("apt-get", status, *FILES)) == []
    assert looked("apt-recommends", RUN("apt-get", states, *FILES)) == []
    assert looked("apt-recommends", RUN("apt-get", status, states, *FILES), RUN("rm", whiteout(STATUS))) == []
    linked = symlink(STATUS, "status.d/all"), file("var/lib/dpkg/status.d/all", b"Package: app\n")
    assert looked("apt-recommends", RUN("apt-get", *linked, states, *FILES)) == []
    assert looked("apt-recommends", RUN("apt-get", file(STATUS), states, *FILES)) == []


def test_without_lists_only_the_names_are_known_and_nothing_is_claimed() -> None:
    programs = tuple(member for name in AUTOMATIC for member in package(name)[:1])

    assert looked("apt-recommends", installed(*TYPICAL, automatic=AUTOMATIC, files=programs)) == []


def test_odd_lines_in_the_books_are_passed_over() -> None:
    odd = (
        "Package: ../../etc\nStatus: install ok installed\nDepends: helper\n",
        "Package: no-status\nDepends: helper\n",
        "Depends: helper\n",
        ": \n:::\n | , | ,\n",
        stanza("third", Depends=",, | ,(>= 1), ${shlibs:Depends}", Recommends="|"),
        "\t\n \n",
    )
    [found] = looked("apt-recommends", installed(*TYPICAL, *odd, automatic=AUTOMATIC, files=FILES))

    assert "packages (2)" in found.finding.message


def test_a_list_may_name_anything() -> None:
    """Paths out of the root, folders, what is not there, bytes that are no text: none of them is a file here."""
    paths = (
        b"\n\n/\n//\n/../..\n/usr/bin\n/absent\n/usr/bin/hel\xff\xfe\n/usr/bin/helper/below\nusr/bin/helper\n"
        + b"/a" * 9000
    )
    files = (file("usr/bin/helper", b"x" * 400), file(f"{INFO}/helper.list", paths))
    [found] = looked(
        "apt-recommends",
        installed(stanza("app", Recommends="helper"), stanza("helper"), automatic=("helper",), files=files),
    )

    assert set(found.finding.paths) == {"usr/bin/helper", f"{INFO}/helper.list"}
    assert reclaimable(found) == 400 + len(paths)


@pytest.mark.parametrize(
    ("path", "contents", "what"),
    [
        (STATUS, b"Package: app\0\n", "dpkg's status holds bytes that are no text"),
        (STATUS, b"\x7fELF\x02\x01\x01" + b"x" * 500, "dpkg's status names no package"),
        (STATES, b"Package: a\0", "apt's extended states holds bytes that are no text"),
        (STATES, b"<html>not found</html>", "apt's extended states names no package"),
        (STATUS, b"\n" * OVER_THE_LIMIT, f"{STATUS} is larger (33,554,433 bytes) than is read"),
    ],
    ids=["NUL in the status", "a program", "NUL in the states", "a page", "huge"],
)
def test_broken_books_cost_the_finding_and_not_the_report(path: str, contents: bytes, what: str) -> None:
    status, states = books(*TYPICAL, automatic=AUTOMATIC)
    books_of = {STATUS: status, STATES: states} | {path: file(path, contents)}
    lists = file("var/lib/apt/lists/Packages", b"x" * 5000)
    step = RUN("apt-get", *books_of.values(), *FILES, lists)

    assert warned("apt-recommends", step) == f"The rule apt-recommends was given up: {what}."
    assert "apt-lists" in [each.rule.name for each in judged([step]).found]


def test_a_status_cut_short_is_read_as_far_as_it_goes() -> None:
    whole = "\n".join(TYPICAL).encode()
    _, states = books(automatic=AUTOMATIC)
    for end in range(1, len(whole), 7):
        judgement = judged([RUN("apt-get", file(STATUS, whole[:end]), states, *FILES)])
        found = [each for each in judgement.found if each.rule.name == "apt-recommends"]
        assert len(found) + len(judgement.warnings) <= 1


def test_books_made_to_be_slow_are_read_in_a_moment() -> None:
    slow = (
        stanza("a", Depends="," * 300_000),
        stanza("b", Recommends="|" * 300_000),
        stanza("c", Provides=" " * 300_000),
        "\n" * 300_000,
        " \t" * 300_000,
        f"Package:{' ' * 300_000}\n" + " \n" * 300_000,
        *(stanza(f"p{number}", Depends=", ".join(f"p{other}" for other in range(200))) for number in range(200)),
    )
    started = process_time()
    [found] = looked("apt-recommends", installed(*TYPICAL, *slow, automatic=AUTOMATIC, files=FILES))

    assert process_time() - started < 20
    assert "packages (2)" in found.finding.message
