"""Which addresses may be reached from here (DESIGN §5, outgoing). Only rules: nothing is resolved or opened.

A URL is judged by its text before anything else, and every address a name resolves to is judged again before
a connection is made. An IPv4 address hidden inside an IPv6 one counts as that IPv4 address.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from provisor.model.errors import Reject

Address = IPv4Address | IPv6Address

URL_LENGTH_MAX = 16_384

# Where clouds answer questions about the machine itself, credentials included.
METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    )
)
# Addresses of these networks carry an IPv4 address: (network, bits to its right).
EMBEDDING = (
    (ip_network("::/96"), 0),
    (ip_network("64:ff9b::/96"), 0),
    (ip_network("64:ff9b:1::/48"), 0),
    (ip_network("2002::/16"), 80),
)
SHARED = ip_network("100.64.0.0/10")  # a provider's inner network: neither private nor public to Python
THIS_NETWORK = ip_network("0.0.0.0/8")


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What an administrator may change. Link-local, metadata and multicast addresses are never allowed."""

    allow_private: bool = True
    allow_loopback: bool = True


def refusal(address: Address, rules: AddressRules) -> str:
    """Why this address may not be reached, in a few words; empty when it may."""
    address = unwrap(address)
    if address in METADATA:
        return "a cloud's metadata service"
    if address.is_link_local:
        return "a link-local address"
    if address.is_unspecified or (address.version == 4 and address in THIS_NETWORK):
        return "not the address of any machine"
    if address.is_multicast:
        return "a multicast address"
    if address.is_loopback:
        return "" if rules.allow_loopback else "this machine itself, which is switched off"
    if address.is_reserved:
        return "a reserved address"
    inside = address.is_private or (address.version == 4 and address in SHARED)
    if inside and not rules.allow_private:
        return "a private address, which is switched off"
    return ""


def unwrap(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.is_loopback or address.is_unspecified:
        return address
    for network, shift in EMBEDDING:
        if address in network:
            return IPv4Address((int(address) >> shift) & 0xFFFF_FFFF)
    return address


def literal(host: str) -> Address | None:
    """The address that a URL's host spells out, None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def is_localhost_name(host: str) -> bool:
    """Whether the name means this machine by definition (RFC 6761 §6.3)."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def means_loopback(host: str) -> bool:
    """Whether the host is this machine, judged by its text alone."""
    address = literal(host)
    return is_localhost_name(host) if address is None else unwrap(address).is_loopback


def check_url(url: str, rules: AddressRules) -> SplitResult:
    """The URL in parts. Raises `Reject` with a sentence when it may not be asked at all."""
    check_text(url)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Reject("The address is not a valid URL.", remedy="Write it as https://host/path.") from None
    if parts.scheme not in {"https", "http"} or not host:
        raise Reject(f"“{shown(url)}” is not a web address.", remedy="Write it as https://host/path.")
    if "@" in parts.netloc:
        raise Reject(
            f"The address of {host} carries a user name or password.",
            remedy="Leave it out of the URL and store it as a secret.",
        )
    if parts.scheme == "http" and not means_loopback(host):
        raise Reject(
            f"{shown(url)} is not encrypted, and secrets would travel in the clear.",
            remedy="Use https; http is for this machine (localhost) only.",
        )
    address = literal(host)
    if address is not None:
        check_address(host, address, rules)
    return parts


def check_text(url: str) -> None:
    """Raises `Reject` for a URL that no two programs would read alike, or that is too long to be sent."""
    if not url.isprintable() or " " in url:
        raise Reject("The address holds spaces or control characters.", remedy="Write it as https://host/path.")
    if len(url) > URL_LENGTH_MAX:
        raise Reject("The address is too long to be sent.", remedy="Shorten the URL.")


def check_address(host: str, address: Address, rules: AddressRules) -> None:
    """Raises `Reject` when `host`, found at `address`, may not be reached."""
    reason = refusal(address, rules)
    if not reason and is_localhost_name(host) and not unwrap(address).is_loopback:
        reason = "not this machine, as its name claims"
    if reason:
        where = host if literal(host) is not None else f"{host} ({address})"
        raise Reject(
            f"{where} may not be reached: it is {reason}.",
            remedy="Use the address of the application itself.",
        )


def shown(url: str) -> str:
    """The URL as it may appear in a sentence: without query, fragment and credentials."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
