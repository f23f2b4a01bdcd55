"""Members of groups a page at a time, for answers that pass them on without holding them (port: `MemberReads`).

Small groups are shown in the order in which their members joined. A larger one goes by the ids of its members, which
is the order of the index, so that each page costs as much as it holds, wherever it lies.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.ports.resources import JsonObject, MemberPage
from provisor.store.database import Database
from provisor.store.embedded.memberships import chunks, member_of, members_of
from provisor.store.scim_tables import GROUP, members, resources

_NUMBERS = sa.select(resources.c.id, resources.c.number).where(
    resources.c.tenant == sa.bindparam("tenant"),
    resources.c.kind == GROUP,
    resources.c.id.in_(sa.bindparam("ids", expanding=True)),
)
_SIZES = (
    sa.select(members.c.group_number, sa.func.count())
    .where(members.c.group_number.in_(sa.bindparam("numbers", expanding=True)))
    .group_by(members.c.group_number)
)
_SHOWN = (members.c.member_id, members.c.type, resources.c.kind, resources.c.label)
_AFTER = (
    sa.select(*_SHOWN)
    .select_from(
        members.outerjoin(resources, (resources.c.tenant == members.c.tenant) & (resources.c.id == members.c.member_id))
    )
    .where(members.c.group_number == sa.bindparam("number"), members.c.member_id > sa.bindparam("following"))
    .order_by(members.c.member_id)
    .limit(sa.bindparam("more"))
)


class EmbeddedMembers:
    """`MemberReads` on our tables, for one tenant."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._database, self._tenant = database, tenant

    async def first(self, ids: Sequence[str], limit: int) -> Mapping[str, MemberPage]:
        """The first page of each of these groups."""
        return await self._database.read(lambda connection: self._first(connection, ids, limit))

    async def after(self, group_id: str, following: str, limit: int) -> MemberPage:
        """A further page of one group."""
        return await self._database.read(lambda connection: self._after(connection, group_id, following, limit))

    def _first(self, connection: Connection, ids: Sequence[str], limit: int) -> dict[str, MemberPage]:
        numbers = self._numbers(connection, ids)
        sizes: dict[int, int] = {}
        for some in chunks(list(numbers.values())):
            counted: Any = connection.execute(_SIZES, {"numbers": some})
            sizes.update(dict(counted.all()))
        small = [number for number, size in sizes.items() if size <= limit]
        found = {number: MemberPage(tuple(some)) for number, some in members_of(connection, small).items()}
        for number, size in sizes.items():
            if size > limit:
                found[number] = _page(connection, number, "", limit)
        return {group_id: found[number] for group_id, number in numbers.items() if number in found}

    def _after(self, connection: Connection, group_id: str, following: str, limit: int) -> MemberPage:
        number = self._numbers(connection, [group_id]).get(group_id)
        return MemberPage(()) if number is None else _page(connection, number, following, limit)

    def _numbers(self, connection: Connection, ids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in chunks([each for each in ids if "\0" not in each]):
            rows: Any = connection.execute(_NUMBERS, {"tenant": self._tenant, "ids": some})
            found.update(dict(rows.all()))
        return found


def _page(connection: Connection, number: int, following: str, limit: int) -> MemberPage:
    rows = connection.execute(_AFTER, {"number": number, "following": following, "more": limit + 1}).all()
    shown: list[JsonObject] = [member_of(row) for row in rows[:limit]]
    return MemberPage(tuple(shown), rows[limit - 1].member_id if len(rows) > limit else None)
