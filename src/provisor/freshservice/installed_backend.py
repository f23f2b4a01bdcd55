"""The backends of all installations, opened when first used and opened anew when a key or a setting has changed.

The server asks for a backend by tenant, without waiting; the installation is looked up when a request comes. A rotated
key therefore holds from the next request on, in every process, and a revoked installation answers nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from provisor.freshservice.bridge import FreshserviceBridge
from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.installation import Installations
from provisor.model.errors import NotFound
from provisor.ports.clock import Clock
from provisor.ports.installations import Installation
from provisor.ports.people_index import PeopleIndexStore
from provisor.ports.resources import JsonObject, Page, Query
from provisor.scim.patch import PatchOperation
from provisor.scim.schema import ResourceType


@dataclass(slots=True)
class _Opened:
    installation: Installation
    bridge: FreshserviceBridge


class InstalledBackends:
    """One bridge per installation in this process. `close` it when done."""

    def __init__(
        self, installations: Installations, people: PeopleIndexStore, clock: Clock, user_type: ResourceType
    ) -> None:
        self._installations, self._people, self._clock, self._type = installations, people, clock, user_type
        self._opened: dict[str, _Opened] = {}
        self._lock = asyncio.Lock()

    def backend(self, tenant: str) -> "InstalledBackend":
        """The backend of an installation, by its id."""
        return InstalledBackend(self, tenant)

    async def bridge(self, installation_id: str) -> FreshserviceBridge:
        """The bridge of an installation as it is now. Raises `NotFound` for one that is revoked."""
        current = await self._installations.current(installation_id)
        if current is None:
            raise NotFound("This Freshservice installation was revoked.", remedy="Install the account again.")
        opened = self._opened.get(installation_id)
        if opened is not None and opened.installation == current:
            return opened.bridge
        async with self._lock:
            opened = self._opened.get(installation_id)
            if opened is None or opened.installation != current:
                if opened is not None:
                    await opened.bridge.close()
                api = await self._installations.open_account(current)
                settings = BridgeSettings.from_values(current.settings)
                bridge = FreshserviceBridge(current.id, api, self._people, self._clock, self._type, settings)
                opened = self._opened[installation_id] = _Opened(current, bridge)
        return opened.bridge

    async def close(self) -> None:
        """Close every bridge."""
        for opened in self._opened.values():
            await opened.bridge.close()
        self._opened.clear()


class InstalledBackend:
    """A `ResourceBackend` that passes each request to the installation's bridge."""

    def __init__(self, backends: InstalledBackends, tenant: str) -> None:
        self._backends, self._tenant = backends, tenant

    def members(self, kind: str) -> None:
        """There are no groups."""

    def texts(self, kind: str) -> None:
        """No resource is kept as text."""

    async def get(self, kind: str, resource_id: str, *, excluded: frozenset[str] = frozenset()) -> JsonObject:
        """One resource."""
        return await (await self._bridge()).get(kind, resource_id, excluded=excluded)

    async def query(self, kind: str, query: Query) -> Page:
        """One page."""
        return await (await self._bridge()).query(kind, query)

    async def create(self, kind: str, resource: JsonObject) -> JsonObject:
        """A new resource."""
        return await (await self._bridge()).create(kind, resource)

    async def replace(
        self, kind: str, resource_id: str, resource: JsonObject, expected: Sequence[str] | None
    ) -> JsonObject:
        """A whole resource in the place of another."""
        return await (await self._bridge()).replace(kind, resource_id, resource, expected)

    async def patch(
        self,
        kind: str,
        resource_id: str,
        operations: Sequence[PatchOperation],
        expected: Sequence[str] | None,
        *,
        lenient: bool = True,
        excluded: frozenset[str] = frozenset(),
    ) -> JsonObject:
        """Operations on a resource."""
        bridge = await self._bridge()
        return await bridge.patch(kind, resource_id, operations, expected, lenient=lenient, excluded=excluded)

    async def delete(self, kind: str, resource_id: str, expected: Sequence[str] | None) -> None:
        """Remove a resource."""
        await (await self._bridge()).delete(kind, resource_id, expected)

    async def _bridge(self) -> FreshserviceBridge:
        return await self._backends.bridge(self._tenant)
