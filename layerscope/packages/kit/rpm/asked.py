"""Which packages somebody asked for, and which only came along: what dnf and dnf 5 write down beside rpm."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from layerscope.errors import DamagedError
from layerscope.packages.kit import sqlite

DNF: Final = "var/lib/dnf/history.sqlite"
DNF_5: Final = "usr/lib/sysimage/libdnf5/packages.toml"


class Asked(Enum):
    """Why a package was installed."""

    BY_NAME = "asked for by name"
    IN_GROUP = "part of a group that was asked for"
    NOT = ""


_OF_DNF: Final = {1: Asked.NOT, 2: Asked.BY_NAME, 4: Asked.NOT, 5: Asked.IN_GROUP}
"""As libdnf numbers reasons: dependency, user, weak dependency, group; others say that it is not known."""
_OF_DNF_5: Final = {
    "Dependency": Asked.NOT,
    "Weak Dependency": Asked.NOT,
    "User": Asked.BY_NAME,
    "Group": Asked.IN_GROUP,
}
_QUERY: Final = """
    SELECT rpm.name, trans_item.reason FROM trans_item JOIN rpm ON rpm.item_id = trans_item.item_id
    WHERE trans_item.action NOT IN (3, 5, 7, 10) ORDER BY trans_item.id
"""
"""Left out are the old sides of downgrades, obsoletions, upgrades and reinstallations."""


def parse_dnf(contents: bytes) -> dict[str, Asked]:
    """Read dnf's history: package → why it was installed last, where that is known."""
    reasons = {}
    for name, reason in sqlite.select(contents, ("trans_item", "rpm"), _QUERY, "dnf's history"):
        reasons[str(name)] = reason
    return {name: _OF_DNF[reason] for name, reason in reasons.items() if reason in _OF_DNF}


def parse_dnf_5(text: bytes) -> dict[str, Asked]:
    """Read the state that dnf 5 keeps: ``"git.x86_64" = {reason = "User"}``."""
    import tomllib

    try:
        packages = tomllib.loads(text.decode("utf-8", "replace")).get("packages")
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"dnf's state is no TOML: {error}") from error
    if not isinstance(packages, Mapping):
        raise DamagedError("dnf's state names no packages")
    reasons = {
        key.rpartition(".")[0]: str(value.get("reason")) for key, value in packages.items() if isinstance(value, dict)
    }
    return {name: _OF_DNF_5[reason] for name, reason in reasons.items() if reason in _OF_DNF_5}
