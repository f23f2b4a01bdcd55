"""Which hosts are taken for a Freshservice account: `*.freshservice.com`, and an emulator on loopback."""

import ipaddress
import re
from typing import Final

from provisor.model.errors import Reject

API_PATH: Final = "/api/v2"
_ACCOUNT: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.freshservice\.com")
_HOST_PORT: Final = re.compile(r"(?P<host>localhost|[\d.]+|\[[0-9a-f:]+\]):(?P<port>\d{1,5})")
_PORT_MAX: Final = 65_535


def check_domain(text: str) -> str:
    """The API's base URL for a domain as an administrator types it: `acme.freshservice.com`, `127.0.0.1:8081`.

    A pasted `https://…/` is understood. Raises `Reject` for anything else, so that the key is sent nowhere else.
    """
    domain = text.strip().lower().rstrip("/")
    scheme, found, rest = domain.partition("://")
    host = rest if found else domain
    is_loopback = _is_loopback(host)
    if found and scheme != "https" and not (is_loopback and scheme == "http"):
        raise Reject(f"{text!r} is not a Freshservice domain.", remedy="Give the domain alone, without http://.")
    if _ACCOUNT.fullmatch(host):
        return f"https://{host}{API_PATH}"
    if is_loopback:
        return f"http://{host}{API_PATH}"
    raise Reject(
        f"{text!r} is not a Freshservice domain.",
        remedy="Give the account's own domain, such as example.freshservice.com (a custom domain does not serve the "
        "API), or the address of an emulator on this machine, such as 127.0.0.1:8081.",
    )


def _is_loopback(host: str) -> bool:
    match = _HOST_PORT.fullmatch(host)
    if match is None or not 0 < int(match["port"]) <= _PORT_MAX:
        return False
    if match["host"] == "localhost":
        return True
    try:
        return ipaddress.ip_address(match["host"].strip("[]")).is_loopback
    except ValueError:
        return False
