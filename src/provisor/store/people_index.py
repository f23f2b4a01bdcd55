"""The index of a service desk account's people in the database (`ports/people_index.py`)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.ports.people_index import IndexedPerson, IndexState, NameKind
from provisor.store.database import Database
from provisor.store.encoding import from_text, optional_time, text_time, time_text, to_text
from provisor.store.scim_tables import Exact, Number
from provisor.store.upserting import in_chunks, upsert

metadata = sa.MetaData()

people = sa.Table(
    "scim_people",
    metadata,
    sa.Column("installation_id", Exact, primary_key=True),
    sa.Column("id", Exact, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("user_name", Exact, nullable=False),
    sa.Column("external_id", Exact),
    sa.Column("awaited_manager", Exact),
    sa.Column("meant_manager", Number),
    sa.Column("is_removed", sa.Boolean, nullable=False),
    sa.Column("refreshed_at", Exact, nullable=False),
    sa.Column("created", Exact, nullable=False),
    sa.Column("last_modified", Exact, nullable=False),
    sa.Column("version", Number, nullable=False),
    sa.Column("addresses", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("given", sa.Text, nullable=False),
    sa.Column("waiting", sa.Text, nullable=False),
    sa.Index("scim_people_user_name", "installation_id", "user_name"),
    sa.Index("scim_people_external_id", "installation_id", "external_id"),
    sa.Index("scim_people_awaited_manager", "installation_id", "awaited_manager"),
)

addresses = sa.Table(
    "scim_person_addresses",
    metadata,
    sa.Column("installation_id", Exact, primary_key=True),
    sa.Column("address", Exact, primary_key=True),
    sa.Column("person_id", Exact, primary_key=True),
    sa.Index("scim_person_addresses_person", "installation_id", "person_id"),
)

names = sa.Table(
    "scim_account_names",
    metadata,
    sa.Column("installation_id", Exact, primary_key=True),
    sa.Column("kind", Exact, primary_key=True),
    sa.Column("id", Number, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
)

states = sa.Table(
    "scim_index_states",
    metadata,
    sa.Column("installation_id", Exact, primary_key=True),
    sa.Column("loaded_at", sa.Text),
    sa.Column("followed_until", sa.Text),
)

creations = sa.Table(
    "scim_creations",
    metadata,
    sa.Column("installation_id", Exact, primary_key=True),
    sa.Column("name", Exact, primary_key=True),
    sa.Column("given", sa.Text, nullable=False),
    sa.Column("noted_at", Exact, nullable=False),
)

_OF_TENANT = people.c.installation_id == sa.bindparam("tenant")
_GET = sa.select(people).where(_OF_TENANT, people.c.id == sa.bindparam("person_id"))
_BY_ADDRESS = (
    sa.select(people)
    .join(
        addresses,
        sa.and_(addresses.c.installation_id == people.c.installation_id, addresses.c.person_id == people.c.id),
    )
    .where(_OF_TENANT, addresses.c.address == sa.bindparam("text"))
    .order_by(people.c.id)
)
_BY_USER_NAME = sa.select(people).where(_OF_TENANT, people.c.user_name == sa.bindparam("text"))
_BY_EXTERNAL_ID = sa.select(people).where(_OF_TENANT, people.c.external_id == sa.bindparam("text"))
_VISIBLE = sa.select(people).where(_OF_TENANT, people.c.is_removed.is_(False)).order_by(people.c.id)
_PAGE_AFTER = _VISIBLE.where(people.c.id > sa.bindparam("after_id")).limit(sa.bindparam("limit"))
_PAGE_FROM = _VISIBLE.limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
_COUNT = sa.select(sa.func.count()).select_from(people).where(_OF_TENANT, people.c.is_removed.is_(False))


class DatabasePeopleIndex:
    """A `PeopleIndexStore` on our tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, installation_id: str, person_id: str) -> IndexedPerson | None:
        """One person, removed ones included."""
        found = await self._select(_GET, {"tenant": installation_id, "person_id": person_id})
        return found[0] if found else None

    async def get_many(self, installation_id: str, ids: Sequence[str]) -> Mapping[str, IndexedPerson]:
        """Those of the ids that are known."""
        found: dict[str, IndexedPerson] = {}
        for chunk in in_chunks(ids):
            query = sa.select(people).where(_OF_TENANT, people.c.id.in_(chunk))
            found.update({one.id: one for one in await self._select(query, {"tenant": installation_id})})
        return found

    async def find(
        self,
        installation_id: str,
        *,
        address: str | None = None,
        user_name: str | None = None,
        external_id: str | None = None,
    ) -> Sequence[IndexedPerson]:
        """People by one of the three."""
        for query, text in (
            (_BY_ADDRESS, address),
            (_BY_USER_NAME, user_name),
            (_BY_EXTERNAL_ID, external_id),
        ):
            if text is not None:
                return await self._select(query, {"tenant": installation_id, "text": text})
        return ()

    async def awaiting(self, installation_id: str, names: Sequence[str]) -> Sequence[str]:
        """Ids of people whose manager is awaited under one of these names."""
        query = sa.select(people.c.id).where(_OF_TENANT, people.c.awaited_manager.in_(list(names)))
        parameters = {"tenant": installation_id}
        return await self._database.read(lambda c: c.execute(query, parameters).scalars().all())

    async def awaited(self, installation_id: str) -> Sequence[str]:
        """Every name under which a manager is awaited."""
        query = sa.select(people.c.awaited_manager).distinct()
        query = query.where(people.c.installation_id == installation_id, people.c.awaited_manager.is_not(None))
        return await self._database.read(lambda c: c.execute(query).scalars().all())

    async def page(
        self, installation_id: str, *, after_id: str = "", offset: int = 0, limit: int
    ) -> Sequence[IndexedPerson]:
        """People in order of id, removed ones left out."""
        parameters = {"tenant": installation_id, "limit": limit}
        if offset:
            return await self._select(_PAGE_FROM, {**parameters, "offset": offset})
        return await self._select(_PAGE_AFTER, {**parameters, "after_id": after_id})

    async def count(self, installation_id: str) -> int:
        """How many `page` would give in all."""
        parameters = {"tenant": installation_id}
        return await self._database.read(lambda c: int(c.execute(_COUNT, parameters).scalar_one()))

    async def put(
        self, installation_id: str, people: Sequence[IndexedPerson], *, older_than: datetime | None = None
    ) -> None:
        """Store people, in one transaction."""
        if people:
            await self._database.write(lambda c: _put(c, installation_id, people, older_than))

    async def note_creation(self, installation_id: str, name: str, given: Mapping[str, Any], now: datetime) -> bool:
        """Note a creation under way; whether there was one under this name already."""
        mine = sa.and_(creations.c.installation_id == installation_id, creations.c.name == name)
        row = {
            "installation_id": installation_id,
            "name": name,
            "given": to_text(given),
            "noted_at": time_text(now),
        }

        def work(connection: Connection) -> bool:
            known = connection.scalar(sa.select(creations.c.name).where(mine)) is not None
            upsert(connection, creations, [row])
            return known

        return await self._database.write(work)

    async def creations(self, installation_id: str, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """What was noted under these names."""

        def work(connection: Connection) -> dict[str, Mapping[str, Any]]:
            found: dict[str, Mapping[str, Any]] = {}
            for chunk in in_chunks(names):
                query = creations.select().where(
                    creations.c.installation_id == installation_id, creations.c.name.in_(chunk)
                )
                found.update((row.name, from_text(row.given)) for row in connection.execute(query))
            return found

        return await self._database.read(work)

    async def forget_creation(
        self, installation_id: str, name: str | None = None, *, noted_before: datetime | None = None
    ) -> None:
        """Drop a note, or all that are older."""
        statement = creations.delete().where(creations.c.installation_id == installation_id)
        if name is not None:
            statement = statement.where(creations.c.name == name)
        if noted_before is not None:
            statement = statement.where(creations.c.noted_at < time_text(noted_before))
        await self._database.write(lambda connection: connection.execute(statement))

    async def forget(self, installation_id: str, *, person_id: str | None = None, older_than: datetime) -> int:
        """Drop people, or one, last refreshed before `older_than`."""
        gone = sa.and_(people.c.installation_id == installation_id, people.c.refreshed_at < time_text(older_than))
        if person_id is not None:
            gone = sa.and_(gone, people.c.id == person_id)

        def work(connection: Connection) -> int:
            ids = sa.select(people.c.id).where(gone)
            connection.execute(
                addresses.delete().where(addresses.c.installation_id == installation_id, addresses.c.person_id.in_(ids))
            )
            return connection.execute(people.delete().where(gone)).rowcount

        return await self._database.write(work)

    async def names(self, installation_id: str, kind: NameKind) -> Mapping[int, str]:
        """Departments, locations or roles by id."""
        query = sa.select(names.c.id, names.c.name).where(
            names.c.installation_id == installation_id, names.c.kind == kind
        )
        rows = await self._database.read(lambda c: c.execute(query).all())
        return {int(number): str(name) for number, name in rows}

    async def put_names(
        self, installation_id: str, kind: NameKind, names: Mapping[int, str], *, is_complete: bool = False
    ) -> None:
        """Store names; a complete list replaces what was there."""
        await self._database.write(lambda c: _put_names(c, installation_id, kind, names, is_complete))

    async def state(self, installation_id: str) -> IndexState:
        """How current the index is."""
        query = sa.select(states).where(states.c.installation_id == installation_id)
        row = await self._database.read(lambda c: c.execute(query).mappings().first())
        if row is None:
            return IndexState()
        return IndexState(optional_time(row["loaded_at"]), optional_time(row["followed_until"]))

    async def put_state(self, installation_id: str, state: IndexState) -> None:
        """Note how current the index is."""
        row = {
            "installation_id": installation_id,
            "loaded_at": time_text(state.loaded_at) if state.loaded_at else None,
            "followed_until": time_text(state.followed_until) if state.followed_until else None,
        }
        await self._database.write(lambda c: upsert(c, states, [row]))

    async def clear(self, installation_id: str) -> None:
        """Forget everything about an installation."""

        def work(connection: Connection) -> None:
            for table in (people, addresses, names, states, creations):
                connection.execute(table.delete().where(table.c.installation_id == installation_id))

        await self._database.write(work)

    async def _select(self, query: sa.Select[Any], parameters: Mapping[str, Any]) -> Sequence[IndexedPerson]:
        return await self._database.read(
            lambda c: [_person_of(row) for row in c.execute(query, dict(parameters)).mappings()]
        )


def _put(connection: Connection, tenant: str, given: Sequence[IndexedPerson], older_than: datetime | None) -> None:
    ids = [one.id for one in given]
    if older_than is not None:
        newer = {
            found
            for chunk in in_chunks(ids)
            for found in connection.execute(
                sa.select(people.c.id).where(
                    people.c.installation_id == tenant,
                    people.c.id.in_(chunk),
                    people.c.refreshed_at >= time_text(older_than),
                )
            ).scalars()
        }
        given = [one for one in given if one.id not in newer]
        ids = [one.id for one in given]
    upsert(connection, people, [_row_of(tenant, one) for one in given])
    for chunk in in_chunks(ids):
        connection.execute(
            addresses.delete().where(addresses.c.installation_id == tenant, addresses.c.person_id.in_(chunk))
        )
    rows = [
        {"installation_id": tenant, "address": address, "person_id": one.id}
        for one in given
        for address in one.addresses
    ]
    upsert(connection, addresses, rows)
    known = {name for one in given if one.given for name in (*one.addresses[:1], one.user_name)}
    for chunk in in_chunks(known):
        connection.execute(creations.delete().where(creations.c.installation_id == tenant, creations.c.name.in_(chunk)))


def _put_names(
    connection: Connection, tenant: str, kind: NameKind, given: Mapping[int, str], is_complete: bool
) -> None:
    if is_complete:
        connection.execute(names.delete().where(names.c.installation_id == tenant, names.c.kind == kind))
    rows = [{"installation_id": tenant, "kind": kind, "id": number, "name": name} for number, name in given.items()]
    upsert(connection, names, rows)


def _row_of(tenant: str, one: IndexedPerson) -> dict[str, Any]:
    return {
        "installation_id": tenant,
        "id": one.id,
        "kind": one.kind,
        "user_name": one.user_name,
        "external_id": one.external_id,
        "awaited_manager": one.awaited_manager,
        "meant_manager": one.meant_manager,
        "is_removed": one.is_removed,
        "refreshed_at": time_text(one.refreshed_at),
        "created": time_text(one.created),
        "last_modified": time_text(one.last_modified),
        "version": one.version,
        "addresses": to_text(one.addresses),
        "person": to_text(one.person),
        "given": to_text(one.given),
        "waiting": to_text(one.waiting),
    }


def _person_of(row: Any) -> IndexedPerson:
    return IndexedPerson(
        id=row["id"],
        kind=row["kind"],
        person=from_text(row["person"]),
        user_name=row["user_name"],
        addresses=tuple(from_text(row["addresses"])),
        refreshed_at=text_time(row["refreshed_at"]),
        created=text_time(row["created"]),
        last_modified=text_time(row["last_modified"]),
        version=row["version"],
        external_id=row["external_id"],
        given=from_text(row["given"]),
        waiting=from_text(row["waiting"]),
        awaited_manager=row["awaited_manager"],
        meant_manager=row["meant_manager"],
        is_removed=bool(row["is_removed"]),
    )
