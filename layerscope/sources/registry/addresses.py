"""On which network a host is: a registry must not send us to one that is nearer to us than itself."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import getaddrinfo

_GLOBAL = "global"


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its very name."""
    address = _literal(host)
    return host == "localhost" if address is None else _network(address) == "loopback"


def is_nearer(host: str, than: str, *, resolve: bool) -> bool:
    """Tell whether a host is on this machine or on a private network, where the host ``than`` is not.

    Names are looked up, unless that is left to a proxy. Raises OSError for a name that nobody knows.
    """
    return bool(_networks(host, resolve=resolve) - _networks(than, resolve=resolve) - {_GLOBAL})


def _networks(host: str, *, resolve: bool) -> set[str]:
    return {_network(address) for address in _addresses(host, resolve=resolve)}


def _addresses(host: str, *, resolve: bool) -> Iterator[IPv4Address | IPv6Address]:
    literal = _literal("127.0.0.1" if host == "localhost" else host)
    if literal is not None:
        yield literal
    elif resolve:
        try:
            found = getaddrinfo(host, None)
        except UnicodeError as error:
            raise OSError("no name of a host") from error
        for *_, place in found:
            yield ip_address(str(place[0]).partition("%")[0])


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _network(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_unspecified:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    return _GLOBAL if address.is_global else "private"
