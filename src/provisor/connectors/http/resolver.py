"""Names are resolved here, once per connection, and every address found is judged before it is used.

The connection goes to exactly the addresses returned, so a name that changes its mind between the check and
the connection gains nothing (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from provisor.connectors.http.guard import AddressRules, check_address

Lookup = Callable[[str, int], Awaitable[list[tuple[int, str]]]]
"""A host and a port → (address family, address) pairs; raises OSError when there are none."""


async def look_up(host: str, port: int) -> list[tuple[int, str]]:
    """Ask the system."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(address[0])) for family, _, _, _, address in found]


class GuardedResolver(AbstractResolver):
    """Resolves a name and refuses it when any of its addresses is refused.

    `trusted` are hosts that the operator named in the settings (a proxy): they may be private in any case.
    """

    def __init__(self, rules: AddressRules, lookup: Lookup = look_up, trusted: frozenset[str] = frozenset()) -> None:
        self._rules = rules
        self._lookup = lookup
        self._trusted = trusted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of the host. Raises `Reject` for a refused one and OSError when there are none."""
        rules = AddressRules() if host in self._trusted else self._rules
        results: list[ResolveResult] = []
        for found_family, address in await self._lookup(host, port):
            check_address(host, ip_address(address.partition("%")[0]), rules)
            if family not in {socket.AF_UNSPEC, found_family}:
                continue
            results.append(
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=found_family,
                    proto=0,
                    flags=socket.AI_NUMERICHOST,
                )
            )
        if not results:
            raise OSError(None, f"{host} has no address")
        return results

    async def close(self) -> None:
        """Nothing is held."""
