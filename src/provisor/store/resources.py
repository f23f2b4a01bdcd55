"""The embedded resource backend: SCIM resources of many tenants in our own tables (port: ports/resources.py).

`EmbeddedResources` is the store of a process; `backend` gives each tenant its own view, and nothing leads from one
tenant to another. Reads and writes are in embedded/; this module only decides which way a call takes.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice

from provisor.model.errors import NotFound
from provisor.ports.changes import Journal
from provisor.ports.clock import Clock
from provisor.ports.resources import JsonObject, Page, Query
from provisor.scim.checking.comparing import comparable_literal
from provisor.scim.filter import Comparison, Operator
from provisor.scim.patch import PatchOperation
from provisor.scim.schema import ResourceType
from provisor.store.change_records import SqlChangeRecords
from provisor.store.database import Database
from provisor.store.embedded.bulk_loading import LOAD_CHUNK, load_resources
from provisor.store.embedded.direct import DirectReads
from provisor.store.embedded.paging import read_page
from provisor.store.embedded.reading import Room, missing, read_one
from provisor.store.embedded.writing import Writer
from provisor.store.encoding import time_text
from provisor.store.scim_tables import GROUP, USER

_GROUPS = "groups"
_DIRECT_COLUMNS = {"username": "user_name", "externalid": "external_id"}


def _new_id() -> str:
    return str(uuid.uuid4())


class EmbeddedResources:
    """All tenants' resources in one database whose `scim` tables are up to date. Close it before the database.

    `records`, where given, store what belongs to a write with a journal, in the same database.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        new_id: Callable[[], str] = _new_id,
        records: SqlChangeRecords | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.new_id = new_id
        self.records = records
        file = database.engine.url.database
        self.direct = None if database.is_postgres or not file else DirectReads(file)

    def backend(
        self,
        tenant: str,
        types: Mapping[str, ResourceType],
        *,
        unique_group_names: bool = True,
        journal: Journal | None = None,
    ) -> "EmbeddedBackend":
        """The view of one tenant. `types` is by name; `unique_group_names` refuses a second group of one name.

        With a `journal`, each write stores its records in the same transaction.
        """
        return EmbeddedBackend(self, tenant, types, unique_group_names=unique_group_names, journal=journal)

    def close(self) -> None:
        """Close what this store opened for itself."""
        if self.direct is not None:
            self.direct.close()


class EmbeddedBackend:
    """A `ResourceBackend` for one tenant."""

    def __init__(
        self,
        store: EmbeddedResources,
        tenant: str,
        types: Mapping[str, ResourceType],
        *,
        unique_group_names: bool,
        journal: Journal | None,
    ) -> None:
        self._store = store
        self._journal = journal
        self._database = store.database
        self._direct = store.direct
        self._room = Room(tenant, types, store.database.is_postgres)
        self._unique_group_names = unique_group_names

    async def get(self, kind: str, resource_id: str, *, excluded: frozenset[str] = frozenset()) -> JsonObject:
        """One resource."""
        if self._direct is not None and kind == USER:
            found = self._direct.user(self._room.tenant, resource_id, with_groups=_GROUPS not in excluded)
            if found is None:
                raise missing(kind, resource_id)
            return found
        return await self._database.read(
            lambda connection: read_one(connection, self._room, kind, resource_id, excluded)
        )

    async def query(self, kind: str, query: Query) -> Page:
        """One page."""
        found = self._look_up(kind, query)
        if found is not None:
            return found
        return await self._database.read(lambda connection: read_page(connection, self._room, kind, query))

    async def create(self, kind: str, resource: JsonObject) -> JsonObject:
        """Store a new resource."""
        new_id = self._store.new_id()
        writer = self._writer()
        created = await self._database.write(lambda connection: writer.create(connection, kind, resource, new_id))
        return await self._whole(kind, created, frozenset({_GROUPS}))

    async def replace(
        self, kind: str, resource_id: str, resource: JsonObject, expected: Sequence[str] | None
    ) -> JsonObject:
        """Put a whole resource in the place of another."""
        writer = self._writer()
        replaced = await self._database.write(
            lambda connection: writer.replace(connection, kind, resource_id, resource, expected)
        )
        return await self._whole(kind, replaced, frozenset())

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
        """Apply the operations in order, all or none."""
        writer = self._writer()
        patched = await self._database.write(
            lambda connection: writer.patch(connection, kind, resource_id, operations, expected, lenient=lenient)
        )
        return await self._whole(kind, patched, excluded)

    async def delete(self, kind: str, resource_id: str, expected: Sequence[str] | None) -> None:
        """Remove it."""
        writer = self._writer()
        await self._database.write(lambda connection: writer.delete(connection, kind, resource_id, expected))

    async def load(self, kind: str, resources: Iterable[JsonObject]) -> int:
        """Store many new resources, `LOAD_CHUNK` in a transaction, without log and events; how many.

        They are as `create` takes them. Raises `Conflict`; chunks before the one with the conflict are stored.
        """
        loaded, waiting = 0, iter(resources)
        writer = Writer(self._room, self._unique_group_names, time_text(self._store.clock.now()))
        while found := list(islice(waiting, LOAD_CHUNK)):
            ids = [self._store.new_id() for _ in found]
            await self._database.write(partial(load_resources, writer=writer, kind=kind, found=found, ids=ids))
            loaded += len(found)
        return loaded

    def _writer(self) -> Writer:
        moment, journal = time_text(self._store.clock.now()), self._journal
        records, tenant = self._store.records, self._room.tenant
        if journal is None or records is None:
            return Writer(self._room, self._unique_group_names, moment)
        return Writer(
            self._room,
            self._unique_group_names,
            moment,
            lambda connection, change: records.write(connection, tenant, change, journal, moment),
        )

    async def _whole(self, kind: str, written: JsonObject, excluded: frozenset[str]) -> JsonObject:
        """What was written together with what is joined, read outside the writer so that nobody waits for it."""
        is_joined = (kind == USER and _GROUPS not in excluded) or (kind == GROUP and "members" not in excluded)
        if not is_joined:
            return written
        try:
            return await self.get(kind, written["id"], excluded=excluded)
        except NotFound:  # deleted since: the write was done all the same
            return written

    def _look_up(self, kind: str, query: Query) -> Page | None:
        """`userName eq "…"` and `externalId eq "…"`, the questions that clients ask before each write."""
        condition = query.filter
        if (
            self._direct is None
            or kind != USER
            or not isinstance(condition, Comparison)
            or condition.operator is not Operator.EQ
            or not isinstance(condition.value, str)
            or query.start_index != 1
            or query.cursor is not None
            or query.count == 0
            or query.sort_by is not None
        ):
            return None
        place = self._room.types[USER].find(condition.path)
        if place is None or place.container is not None or place.sub_attribute is not None:
            return None
        column = _DIRECT_COLUMNS.get(place.attribute.name.lower())
        wanted = comparable_literal(place.attribute, condition.value)
        if column is None or not isinstance(wanted, str) or "\0" in wanted:
            return None
        with_groups = _GROUPS not in query.excluded
        found = self._direct.users_equal(
            self._room.tenant, column, wanted, limit=query.count + 1, with_groups=with_groups
        )
        if len(found) > query.count:  # more than a page: the total has to be counted
            return None
        return Page(tuple(found), len(found), 1)
