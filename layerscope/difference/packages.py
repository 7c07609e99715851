"""Packages that came, went, or are not as they were."""

from collections.abc import Iterator, Sequence
from typing import Final

from layerscope.changes import ChangedPackageReport, PackageGroups
from layerscope.difference.groups import Groups
from layerscope.difference.orders import Parts
from layerscope.difference.pairing import Sign, pair
from layerscope.difference.versions import later, parts
from layerscope.report import PackageReport

_SIGNS: Final[tuple[Sign[PackageReport], ...]] = (
    lambda each: (each.manager, each.name, each.version, each.record),
    lambda each: (each.manager, each.name, each.version),
    lambda each: (each.manager, each.name, each.record),
    lambda each: (each.manager, each.name),
)
"""One name may be there in several versions, and one version in several places."""


def compare_packages(
    old: Sequence[PackageReport], new: Sequence[PackageReport]
) -> tuple[tuple[ChangedPackageReport, ...], PackageGroups]:
    """Tell what changed, the largest changes first; and add all of them up."""
    told = list(_told(old, new))
    groups = Groups()
    for each in told:
        groups.add(each.change, each.old_bytes, each.new_bytes)
    changed = sorted((each for each in told if each.change != "same"), key=_rank)
    return tuple(changed), PackageGroups(**groups.named(PackageGroups.__struct_fields__))


def _told(old: Sequence[PackageReport], new: Sequence[PackageReport]) -> Iterator[ChangedPackageReport]:
    for one, other in pair(old, new, _SIGNS, _order):
        named = one or other
        if named is not None:
            yield ChangedPackageReport(
                change=_change(one, other),
                manager=named.manager,
                name=named.name,
                old_version=one.version if one else None,
                new_version=other.version if other else None,
                old_bytes=one.content_bytes if one else 0,
                new_bytes=other.content_bytes if other else 0,
            )


def _change(old: PackageReport | None, new: PackageReport | None) -> str:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if old.version == new.version:
        return "same" if old.content_bytes == new.content_bytes else "resized"
    is_later = later(old.manager, old.version, new.version)
    return "changed" if is_later is None else "up" if is_later else "down"


def _order(package: PackageReport) -> tuple[str, str, Parts, str, str, int]:
    version = package.version
    order = parts(package.manager, version)
    return package.manager, package.name, order, version, package.record, package.content_bytes


def _rank(each: ChangedPackageReport) -> tuple[int, int, str, str, tuple[str, ...]]:
    """Order for a reader, whichever image is the old one, with nothing left to chance."""
    sizes = each.old_bytes, each.new_bytes
    versions = sorted(((each.old_version or "", sizes[0]), (each.new_version or "", sizes[1])))
    return -abs(sizes[1] - sizes[0]), -max(sizes), each.manager, each.name, tuple(version for version, _ in versions)
