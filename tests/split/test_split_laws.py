"""Whatever the packages are: what is kept has what it depends on, and the manager brings just that."""

from collections.abc import Iterable
from typing import Any

from builders import file
from hypothesis import given, settings
from hypothesis import strategies as st
from splitting import RUN, debian, package, program, split

from layerscope.splitting.system import System, Unit

NAMES = "abcdefgh"
VIRTUAL = "vw"
groups = st.lists(st.sampled_from(NAMES + VIRTUAL + "z"), min_size=1, max_size=3, unique=True).map(tuple)
lists = st.lists(groups, max_size=3).map(tuple)


@st.composite
def systems(draw: st.DrawFn) -> System:
    units = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1)):
        units[name] = Unit(
            name=name,
            is_new=draw(st.booleans()) or draw(st.booleans()),
            requested=draw(st.booleans()),
            building=draw(st.sampled_from(["", "", "a tool"])),
            depends=draw(lists),
            recommends=draw(lists),
            provides=tuple(draw(st.lists(st.sampled_from(VIRTUAL), max_size=1))),
        )
    providers = {each: tuple(name for name in units if each in units[name].provides) for each in VIRTUAL}
    return System("dpkg", units, providers, {})


@given(systems(), st.sets(st.sampled_from(NAMES)))
def test_what_is_kept_has_all_that_it_depends_on(system: System, roots: set[str]) -> None:
    kept = system.closure(dict.fromkeys(roots, "wanted"))

    assert {name for name in roots if name in system.units and system.units[name].is_new} <= kept.keys()
    for name in kept:
        for group in system.units[name].depends:
            members = system.members(group)
            assert not members or any(each in kept or not system.units[each].is_new for each in members)


def installed(system: System, named: Iterable[str]) -> set[str]:
    """Install as apt does: what is named, and of each group that nothing satisfies the first that there is."""
    there = {name for name, unit in system.units.items() if not unit.is_new} | set(named)
    waiting = list(named)
    while waiting:
        for group in system.units[waiting.pop()].depends:
            if there.isdisjoint(system.members(group)):
                real = [name for name in group if name in system.units]
                assert real or not system.members(group), "a provider that nobody named is anybody's choice"
                if real:
                    there.add(real[0])
                    waiting.append(real[0])
    return {name for name in there if system.units[name].is_new}


@given(systems(), st.sets(st.sampled_from(NAMES)))
def test_what_is_named_brings_what_is_kept(system: System, roots: set[str]) -> None:
    kept = system.closure(dict.fromkeys(roots, "wanted"))
    named = system.to_ask_for(kept)

    assert set(named) <= kept.keys()
    assert installed(system, named) == kept.keys()


LIBRARIES = tuple(f"lib{letter}.so.1" for letter in "pqrs")
needs = st.lists(st.sampled_from(LIBRARIES), max_size=2, unique=True)


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(LIBRARIES, needs)), needs, st.sets(st.sampled_from(LIBRARIES)))
def test_no_library_of_what_is_copied_is_left_behind(
    linked: dict[str, list[str]], wanted: list[str], asked: set[str]
) -> None:
    packages = [
        package(name.partition(".")[0], {f"usr/lib/{name}": program(*linked[name])}, Section="libs")
        for name in LIBRARIES
    ]
    gcc = package("gcc", {"usr/bin/gcc": b"g" * 3_000_000}, Section="devel", Depends="libp")
    automatic = ["dash", *(name.partition(".")[0] for name in LIBRARIES if name not in asked)]
    steps = (
        RUN("apt-get install gcc", *debian((*packages, gcc), automatic)),
        RUN("make", file("opt/app", program(*wanted), mode=0o755), file("opt/x.c", b"x")),
    )
    report: Any = split("FROM x\nRUN apt-get install gcc\nRUN make\n", *steps, run={"Cmd": ["/opt/app"]})

    reached, waiting = set(wanted), list(wanted)
    while waiting:
        for name in linked[waiting.pop()]:
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    kept = {step.what for step in report.proposals[0].steps if step.action == "install"}
    assert {name.partition(".")[0] for name in reached | asked} <= kept
    assert "gcc" not in kept
