"""The packages of the table: what weighs most, why it is there, and what none of them owns."""

from reports import layer, report

from layerscope.render.kit.view import View
from layerscope.render.table import render
from layerscope.report import PackageReport, PathReport, Report


def package(
    name: str, size: int, reason: str = "", *, manager: str = "dpkg", development: bool = False
) -> PackageReport:
    return PackageReport(manager, name, "1.0", size, 0, None, reason, None, development, f"books/{name}")


def shown(view: View, *packages: PackageReport, unowned: tuple[PathReport, ...] = ()) -> list[str]:
    unowned_bytes = sum(folder.content_bytes for folder in unowned)
    made: Report = report((layer(0, 9),), (), packages=packages, unowned=unowned, unowned_bytes=unowned_bytes)
    page = render(made, view)
    return page[page.index("layer 0)") + len("layer 0)") :].strip().splitlines()


PACKAGES = (
    package("gcc-12", 69_800_000, "gcc depends on it, for python3-pip"),
    package("numpy", 2_000_000, "asked for by name", manager="python"),
    package("jest", 900, "app wants it", manager="npm", development=True),
)
UNOWNED = (PathReport("srv/app", 12_000_000, None), PathReport("var/cache", 400, None))


def test_packages_and_what_none_of_them_owns() -> None:
    assert shown(View(packages=True), *PACKAGES, unowned=UNOWNED) == [
        "Packages  3 packages, 71.8 MB",
        "  69.8 MB  dpkg    gcc-12 1.0  gcc depends on it, for python3-pip",
        "   2.0 MB  python  numpy 1.0  asked for by name",
        "    900 B  npm     jest 1.0  for development: app wants it",
        "",
        "In no package  12.0 MB",
        "  12.0 MB  /srv/app",
        "    400 B  /var/cache",
    ]


def test_they_are_shown_on_demand_and_as_many_as_asked_for() -> None:
    assert shown(View(), *PACKAGES, unowned=UNOWNED) == []
    assert len(shown(View(packages=True, top=1), *PACKAGES, unowned=UNOWNED)) == 5
    assert shown(View(packages=True)) == []


def test_long_and_hostile_names_stay_on_their_line() -> None:
    name = package("x" * 90 + "\x1b[2J\n", 1000, "because")
    lines = shown(View(packages=True, width=60), name, package("short", 10, "y" * 90), unowned=UNOWNED)

    assert all(len(line) <= 60 for line in lines)
    assert lines[1].endswith("…")
    assert lines[2].startswith("    10 B  dpkg  short 1.0  yyy")
    assert "\x1b" in shown(View(packages=True, colour=True), name)[0]
    assert "[2J" in shown(View(packages=True, truncate=False), name)[1]
