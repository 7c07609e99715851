"""On which network a host is: a registry must not send us to one that is nearer to us than itself."""

from ipaddress import IPv4Address, IPv6Address, ip_address

GLOBAL = "global"


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its very name."""
    return network(host) == "loopback"


def network(host: str) -> str | None:
    """Return the network of an address; ``None`` for a name, which would have to be looked up."""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = _within(address) or address
    if address.is_loopback or address.is_unspecified:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    is_old = isinstance(address, IPv6Address) and address.is_site_local
    return GLOBAL if address.is_global and not is_old else "private"


def _within(address: IPv6Address) -> IPv4Address | None:
    """Return the address that another one stands for, which gateways lead to (RFC 4291, 2.5.5; RFC 6052, 2.1)."""
    if address.packed.startswith(b"\0\x64\xff\x9b" + bytes(8)):
        return IPv4Address(address.packed[12:])
    return address.ipv4_mapped
