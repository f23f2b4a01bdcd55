"""The embedded resource backend: SCIM resources of many tenants in our own tables (port: ports/resources.py).

`EmbeddedResources` is the store of a process; `backend` gives each tenant its own view, and nothing leads from one
tenant to another. Reads and writes are in embedded/; this module only decides which way a call takes.
"""

import secrets
import struct
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from provisor.model.errors import NotFound
from provisor.ports.changes import Journal
from provisor.ports.clock import Clock
from provisor.ports.resources import JsonObject, Page, Query, ResourceText, TextPage
from provisor.scim.checking.comparing import comparable_literal
from provisor.scim.filter import Comparison, Operator
from provisor.scim.patch import PatchOperation
from provisor.scim.schema import ResourceType
from provisor.store.change_records import SqlChangeRecords
from provisor.store.database import Database
from provisor.store.embedded.bulk_loading import LOAD_CHUNK, load_resources
from provisor.store.embedded.direct import OFFSET_MAX, PAGE_MAX, DirectReads
from provisor.store.embedded.member_pages import EmbeddedMembers
from provisor.store.embedded.paging import read_page
from provisor.store.embedded.reading import Found, Room, missing, read_one, with_joined
from provisor.store.embedded.rendering import Renderer, make_room
from provisor.store.embedded.writing import Writer
from provisor.store.encoding import time_text
from provisor.store.filter_sql import column_of
from provisor.store.scim_tables import GROUP, USER

_GROUPS = "groups"
_MEMBERS = "members"


ROOMS_REMEMBERED_MAX = 1_000
IDS_AT_ONCE = 64


class RandomIds:
    """Random UUIDs (version 4), with the randomness for many fetched at once: asking the system costs more."""

    def __init__(self) -> None:
        self._waiting: Iterator[tuple[bytes, ...]] = iter(())

    def __call__(self) -> str:
        """A new id."""
        found = next(self._waiting, None)
        if found is None:
            self._waiting = struct.iter_unpack("16s", secrets.token_bytes(16 * IDS_AT_ONCE))
            found = next(self._waiting)
        return str(uuid.UUID(bytes=found[0], version=4))


class EmbeddedResources:
    """All tenants' resources in one database whose `scim` tables are up to date. Close it before the database.

    `records`, where given, store what belongs to a write with a journal, in the same database.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        new_id: Callable[[], str] | None = None,
        records: SqlChangeRecords | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.new_id = new_id or RandomIds()
        self.records = records
        file = database.engine.url.database
        self.direct = None if database.is_postgres or not file else DirectReads(file)
        self.rooms: dict[str, Room] = {}

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
        room = self.rooms.get(tenant)
        if room is None or room.types is not types:
            if len(self.rooms) >= ROOMS_REMEMBERED_MAX:
                self.rooms.clear()
            room = self.rooms[tenant] = make_room(tenant, types, is_postgres=self.database.is_postgres)
        return EmbeddedBackend(self, room, unique_group_names=unique_group_names, journal=journal)

    def close(self) -> None:
        """Close what this store opened for itself."""
        if self.direct is not None:
            self.direct.close()


class EmbeddedBackend:
    """A `ResourceBackend` for one tenant."""

    def __init__(
        self,
        store: EmbeddedResources,
        room: Room,
        *,
        unique_group_names: bool,
        journal: Journal | None,
    ) -> None:
        self._store = store
        self._journal = journal
        self._database = store.database
        self.room = room
        self._unique_group_names = unique_group_names

    def texts(self, kind: str) -> "EmbeddedTexts | None":
        """Resources of a kind as text."""
        return EmbeddedTexts(self) if kind in self.room.rendered else None

    def members(self, kind: str) -> "EmbeddedMembers | None":
        """The members of resources of a kind, a page at a time."""
        return EmbeddedMembers(self._database, self.room.tenant) if kind == GROUP else None

    async def get(self, kind: str, resource_id: str, *, excluded: frozenset[str] = frozenset()) -> JsonObject:
        """One resource."""
        return (await self.find_one(kind, resource_id, excluded)).resources[0]

    async def query(self, kind: str, query: Query) -> Page:
        """One page."""
        found = await self.find_page(kind, query)
        return Page(found.resources, found.total, query.start_index, found.next_cursor)

    async def find_one(self, kind: str, resource_id: str, excluded: frozenset[str]) -> Found:
        """One resource as a row. Raises `NotFound`."""
        direct = self._store.direct
        if direct is None or not _joins_little(kind, excluded):
            return await self._database.read(
                lambda connection: read_one(connection, self.room, kind, resource_id, excluded)
            )
        found = direct.by_id(self.room.tenant, kind, resource_id, with_groups=_has_groups(kind, excluded))
        if found is None:
            raise missing(kind, resource_id)
        return found

    async def find_page(self, kind: str, query: Query) -> Found:
        """One page as rows."""
        found = self._look_up(kind, query)
        if found is not None:
            return found
        return await self._database.read(lambda connection: read_page(connection, self.room, kind, query))

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
        writer = Writer(self.room, self._unique_group_names, time_text(self._store.clock.now()))
        while found := list(islice(waiting, LOAD_CHUNK)):
            ids = [self._store.new_id() for _ in found]
            await self._database.write(partial(load_resources, writer=writer, kind=kind, found=found, ids=ids))
            loaded += len(found)
        return loaded

    def _writer(self) -> Writer:
        moment, journal = time_text(self._store.clock.now()), self._journal
        records, tenant = self._store.records, self.room.tenant
        if journal is None or records is None:
            return Writer(self.room, self._unique_group_names, moment)
        return Writer(
            self.room,
            self._unique_group_names,
            moment,
            lambda connection, change: records.write(connection, tenant, change, journal, moment),
        )

    async def _whole(self, kind: str, written: JsonObject, excluded: frozenset[str]) -> JsonObject:
        """What was written together with what is joined, read outside the writer so that nobody waits for it."""
        if kind == USER and self._store.direct is not None:
            groups = [] if _GROUPS in excluded else self._store.direct.groups_of(self.room.tenant, written["id"])
            return with_joined(written, groups, kind)
        if not _has_groups(kind, excluded) and (kind != GROUP or _MEMBERS in excluded):
            return written
        try:
            return await self.get(kind, written["id"], excluded=excluded)
        except NotFound:  # deleted since: the write was done all the same
            return written

    def _look_up(self, kind: str, query: Query) -> Found | None:
        """What needs no more than a row or a short page: everybody in order, and `userName eq "…"` and the like."""
        direct, tenant = self._store.direct, self.room.tenant
        if direct is None or query.sort_by is not None or not _joins_little(kind, query.excluded):
            return None
        with_groups = _has_groups(kind, query.excluded)
        if query.filter is not None:
            return None if query.cursor is not None else self._look_up_value(direct, kind, query, with_groups)
        if not 0 < query.count <= PAGE_MAX or query.start_index > OFFSET_MAX:
            return None
        if query.cursor is not None:
            return direct.page_by_cursor(tenant, kind, query.cursor, query.count, with_groups=with_groups)
        return direct.page(tenant, kind, query.start_index, query.count, with_groups=with_groups)

    def _look_up_value(self, direct: DirectReads, kind: str, query: Query, with_groups: bool) -> Found | None:
        """The questions that clients ask before each write."""
        condition = query.filter
        if (
            not isinstance(condition, Comparison)
            or condition.operator is not Operator.EQ
            or not isinstance(condition.value, str)
            or query.start_index != 1
            or query.count == 0
        ):
            return None
        type_ = self.room.types[kind]
        place = type_.find(condition.path)
        column = column_of(place, type_)
        if place is None or column is None or column.key is None:
            return None
        wanted = comparable_literal(place.leaf, condition.value)
        if not isinstance(wanted, str) or "\0" in wanted:
            return None
        limit = min(query.count, PAGE_MAX)
        return direct.by_value(self.room.tenant, kind, column.key, wanted, limit=limit, with_groups=with_groups)


class EmbeddedTexts:
    """`ResourceTexts` of one tenant."""

    def __init__(self, backend: EmbeddedBackend) -> None:
        self._backend = backend

    async def get(
        self, kind: str, resource_id: str, urls: Mapping[str, str], *, excluded: frozenset[str] = frozenset()
    ) -> ResourceText:
        """One resource."""
        found = await self._backend.find_one(kind, resource_id, excluded)
        return Renderer(self._backend.room, kind, urls).render(found.rows[0], found.joined[0])

    async def query(self, kind: str, query: Query, urls: Mapping[str, str]) -> TextPage:
        """One page."""
        found = await self._backend.find_page(kind, query)
        render = Renderer(self._backend.room, kind, urls).render
        return TextPage(tuple(map(render, found.rows, found.joined)), found.total, found.next_cursor)


def _has_groups(kind: str, excluded: frozenset[str]) -> bool:
    return kind == USER and _GROUPS not in excluded


def _joins_little(kind: str, excluded: frozenset[str]) -> bool:
    """Whether a resource of the kind has no members to be read with it, who may be many."""
    return kind != GROUP or _MEMBERS in excluded
