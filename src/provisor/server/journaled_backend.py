"""A backend whose resources lie elsewhere, with a record of every write (ports/resources.py, ports/changes.py).

What is elsewhere shares no transaction with our log: the record is stored when the write is done and before it is
answered. A crash in between loses the record and not the write.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from provisor.ports.changes import Action, Change, ChangeRecords, Journal
from provisor.ports.resources import JsonObject, MemberReads, Page, Query, ResourceBackend
from provisor.scim.patch import PatchOperation
from provisor.server.showing import COSTLY


class JournaledBackend:
    """A `ResourceBackend` around another, for one request of one tenant."""

    def __init__(self, inner: ResourceBackend, records: ChangeRecords, tenant: str, journal: Journal) -> None:
        self._inner, self._records, self._tenant, self._journal = inner, records, tenant, journal

    def members(self, kind: str) -> MemberReads | None:
        """The members of resources of a kind, a page at a time."""
        return self._inner.members(kind)

    def texts(self, kind: str) -> None:
        """No resource is kept as text."""

    async def get(self, kind: str, resource_id: str, *, excluded: frozenset[str] = frozenset()) -> JsonObject:
        """One resource."""
        return await self._inner.get(kind, resource_id, excluded=excluded)

    async def query(self, kind: str, query: Query) -> Page:
        """One page."""
        return await self._inner.query(kind, query)

    async def create(self, kind: str, resource: JsonObject) -> JsonObject:
        """A new resource."""
        created = await self._inner.create(kind, resource)
        await self._store(Change(Action.CREATE, kind, created["id"], None, created))
        return created

    async def replace(
        self, kind: str, resource_id: str, resource: JsonObject, expected: Sequence[str] | None
    ) -> JsonObject:
        """A whole resource in the place of another."""
        before = await self._inner.get(kind, resource_id, excluded=COSTLY)
        after = await self._inner.replace(kind, resource_id, resource, expected)
        await self._store(_change(Action.REPLACE, kind, resource_id, before, after))
        return after

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
        before = await self._inner.get(kind, resource_id, excluded=COSTLY)
        after = await self._inner.patch(kind, resource_id, operations, expected, lenient=lenient, excluded=excluded)
        await self._store(_change(Action.PATCH, kind, resource_id, before, after))
        return after

    async def delete(self, kind: str, resource_id: str, expected: Sequence[str] | None) -> None:
        """Remove a resource."""
        before = await self._inner.get(kind, resource_id, excluded=COSTLY)
        await self._inner.delete(kind, resource_id, expected)
        await self._store(Change(Action.DELETE, kind, resource_id, before, None))

    async def _store(self, change: Change) -> None:
        await self._records.store(self._tenant, change, self._journal)


def _change(action: Action, kind: str, resource_id: str, before: JsonObject, after: JsonObject) -> Change:
    """The change; where nothing but the bookkeeping differs, what was there is there still."""
    is_same = _content(before) == _content(after)
    return Change(action, kind, resource_id, before, before if is_same else after)


def _content(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name != "meta" and name not in COSTLY}
