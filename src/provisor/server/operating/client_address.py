"""From which address a request came, as far as that can be known (DESIGN §5).

What a client says of itself in `X-Forwarded-For` counts only where the connection comes from a proxy that we were told
to trust: it appends the address that it saw, so the last one that is no trusted proxy's is the client's.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from provisor.model.errors import Reject
from provisor.server.operating.masking import shortened

FORWARDED = ("x-forwarded-for", "forwarded")
ADDRESSES_READ_MAX = 20

Network = IPv4Network | IPv6Network


def read_networks(text: str | None) -> tuple[Network, ...]:
    """Addresses or networks between commas. Raises `Reject` for anything else."""
    try:
        return tuple(ip_network(each.strip(), strict=False) for each in (text or "").split(",") if each.strip())
    except ValueError as error:
        raise Reject(
            f"{text!r} names no address of a proxy.", remedy="Write an address, or a network such as 10.0.0.0/8."
        ) from error


def client_address(scope: Mapping[str, Any], forwarded: str | None, proxies: tuple[Network, ...]) -> str:
    """The client's address; empty where even the connection has none."""
    peer = _peer(scope)
    if not proxies or not forwarded or not is_within(peer, proxies):
        return peer
    claimed = [each.strip() for each in forwarded.split(",")][-ADDRESSES_READ_MAX:]
    for each in reversed(claimed):
        if not is_within(each, proxies):
            return shortened(each)
    return shortened(claimed[0])


def is_local(scope: Mapping[str, Any], headers: Mapping[str, str], proxies: tuple[Network, ...]) -> bool:
    """Whether somebody on this machine asks by themselves, and no proxy on behalf of somebody else."""
    peer = _peer(scope)
    try:
        is_loopback = ip_address(peer).is_loopback
    except ValueError:
        return False
    return is_loopback and not is_within(peer, proxies) and not any(name in headers for name in FORWARDED)


def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address belongs to one of the networks. A text that is no address does not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _peer(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
