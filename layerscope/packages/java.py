"""Archives of Java's (jar, war, ear): each is a package, with all that was put into it."""

from collections.abc import Container, Iterator
from typing import Final

from layerscope.filesystem.files import Files
from layerscope.packages.kit.jars import SUFFIXES, Archive, JarProbe, name_and_version
from layerscope.packages.kit.manager import Installed, Manager, Rank

PROBE: Final = JarProbe()


def _find(files: Files, owned: Container[int]) -> Iterator[Installed]:
    seen: set[int] = set()
    for number in sorted(number for suffix in SUFFIXES for number in files.suffixed(suffix)):
        carrier = files.carrier_of(number)
        if carrier in seen or number in owned or not files.is_kept(number):
            continue
        seen.add(carrier)
        found = files.look(PROBE, carrier)
        if isinstance(found, Archive):
            entry = files.entry(number)
            name, version = name_and_version(entry.name, found)
            yield Installed(key=entry.path, name=name, version=version, record=number, files=[number])


MANAGER: Final = Manager("java", Rank.FILE, _find, (PROBE,))
