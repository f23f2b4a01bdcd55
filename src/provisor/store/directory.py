"""The embedded directory in tables (ports/directory.py), on either database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Conflict, NotFound
from provisor.model.resource import Presence
from provisor.ports.directory import (
    AppRoleAssignment,
    AssignedUser,
    DirectoryCounts,
    DirectoryGroup,
    DirectoryTransaction,
    DirectoryUser,
    FeedPage,
    LookupKey,
    PrincipalType,
    UserFilter,
)
from provisor.store import directory_feed as feed
from provisor.store import directory_groups as grouping
from provisor.store import directory_people as people
from provisor.store.database import Database
from provisor.store.directory_tables import assignments, group_members, users
from provisor.store.directory_transaction import SqlDirectoryTransaction, count
from provisor.store.encoding import time_text

T = TypeVar("T")

EVERYBODY = UserFilter()


class SqlDirectory:
    """`DirectoryStore` on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def transact(self, work: Callable[[DirectoryTransaction], T]) -> T:
        """Run work in one write transaction."""
        return await self._database.write(lambda connection: work(SqlDirectoryTransaction(connection)))

    # -- people

    async def get_user(self, user_id: str) -> DirectoryUser:
        """One person."""
        return await self._database.read(lambda connection: _require(connection, user_id))

    async def find_users(self, reference: str) -> Sequence[DirectoryUser]:
        """By id, else UPN, else employeeId, else mail address."""

        def work(connection: Connection) -> Sequence[DirectoryUser]:
            for key in LookupKey:
                found = people.find_users(connection, key, [reference])
                if found:
                    return sorted(found, key=lambda user: (user.presence is not Presence.PRESENT, user.id))
            return []

        return await self._database.read(work)

    async def list_users(self, after: str, limit: int, users: UserFilter | None = None) -> Sequence[DirectoryUser]:
        """The next people in the order of their ids."""
        return await self._database.read(
            lambda connection: people.list_users(connection, after, limit, users or EVERYBODY)
        )

    async def count(self) -> DirectoryCounts:
        """How much there is."""
        return await self._database.read(count)

    async def upsert_user(self, user: DirectoryUser) -> bool:
        """Store one person; whether anything changed."""

        def work(transaction: DirectoryTransaction) -> bool:
            known = next((one for one in transaction.find_users(LookupKey.ID, [user.id]) if one.id == user.id), None)
            if known is None:
                transaction.insert_users([user])
                return True
            wanted = replace(user, anchor=user.anchor or known.anchor, created=known.created)
            if replace(wanted, modified=known.modified) == known:
                return False
            transaction.replace_users([wanted])
            return True

        return await self.transact(work)

    async def soft_delete_user(self, user_id: str, now: datetime) -> None:
        """Put a person into the recycle bin."""

        def work(connection: Connection) -> None:
            _require(connection, user_id)
            SqlDirectoryTransaction(connection).soft_delete([user_id], now)

        await self._database.write(work)

    async def restore_user(self, user_id: str, now: datetime) -> None:
        """Take a person out of the recycle bin."""

        def work(connection: Connection) -> None:
            transaction = SqlDirectoryTransaction(connection)
            user = _require(connection, user_id)
            if user.presence is not Presence.PRESENT:
                back = replace(user, presence=Presence.PRESENT, deleted_at=None, modified=now)
                transaction.replace_users([back])

        await self._database.write(work)

    async def purge_user(self, user_id: str, now: datetime) -> None:
        """Delete for good somebody who is in the recycle bin."""

        def work(connection: Connection) -> None:
            user = _require(connection, user_id)
            if user.presence is Presence.PRESENT:
                raise Conflict(f"{user.name} is not in the recycle bin.", remedy="Delete the person first.", code="")
            _erase(connection, [user_id], now)

        await self._database.write(work)

    async def purge_expired(self, deleted_before: datetime, now: datetime) -> int:
        """Delete for good everybody who has been in the recycle bin for long enough."""

        def work(connection: Connection) -> int:
            expired = sa.select(users.c.id).where(
                users.c.state == Presence.SOFT_DELETED.value, users.c.deleted_at < time_text(deleted_before)
            )
            ids = list(connection.scalars(expired))
            _erase(connection, ids, now)
            return len(ids)

        return await self._database.write(work)

    async def forget_user(self, user_id: str, now: datetime) -> None:
        """Erase a person."""

        def work(connection: Connection) -> None:
            _require(connection, user_id)
            _erase(connection, [user_id], now)

        await self._database.write(work)

    # -- groups and members

    async def upsert_group(self, group: DirectoryGroup) -> bool:
        """Store one group; whether anything changed."""
        return await self._change(lambda connection: grouping.upsert_group(connection, group))

    async def delete_group(self, group_id: str, now: datetime) -> None:
        """Delete a group."""
        await self._change(lambda connection: grouping.delete_group(connection, group_id, now))

    async def find_groups(self, reference: str) -> Sequence[DirectoryGroup]:
        """By id, else by display name."""
        return await self._database.read(lambda connection: grouping.find_groups(connection, reference))

    async def list_groups(self, after: str, limit: int) -> Sequence[DirectoryGroup]:
        """The next groups in the order of their ids."""
        return await self._database.read(lambda connection: grouping.list_groups(connection, after, limit))

    async def add_members(
        self, group_id: str, member_ids: Sequence[str], now: datetime, member_type: PrincipalType = PrincipalType.USER
    ) -> int:
        """Add those who are not members yet."""
        return await self._change(
            lambda connection: grouping.add_members(connection, group_id, member_ids, now, member_type)
        )

    async def remove_members(self, group_id: str, member_ids: Sequence[str], now: datetime) -> int:
        """Remove members."""
        return await self._change(lambda connection: grouping.remove_members(connection, group_id, member_ids, now))

    async def list_members(self, group_id: str, after: str, limit: int) -> Sequence[tuple[str, PrincipalType]]:
        """The next members in the order of their ids."""
        return await self._database.read(lambda connection: grouping.list_members(connection, group_id, after, limit))

    # -- assignments

    async def assign(self, assignment: AppRoleAssignment, now: datetime) -> bool:
        """Assign; whether that is new."""
        return await self._change(lambda connection: grouping.assign(connection, assignment, now))

    async def unassign(self, app_id: str, principal_id: str, now: datetime, role_id: str | None = None) -> int:
        """Take away one role, or all."""
        condition = sa.and_(assignments.c.app_id == app_id, assignments.c.principal_id == principal_id)
        if role_id is not None:
            condition = sa.and_(condition, assignments.c.role_id == role_id)
        return await self._change(lambda connection: grouping.remove_assignments(connection, condition, now))

    async def list_assignments(self, app_id: str) -> Sequence[AppRoleAssignment]:
        """Who is assigned to an application."""
        return await self._database.read(lambda connection: grouping.list_assignments(connection, app_id))

    async def forget_app(self, app_id: str, now: datetime) -> None:
        """Remove every assignment to an application."""
        condition = assignments.c.app_id == app_id
        await self._change(lambda connection: grouping.remove_assignments(connection, condition, now))

    # -- what the source reads

    async def read_people(self, app_id: str, after: str, limit: int) -> Sequence[AssignedUser]:
        """The next people with their roles."""
        return await self._database.read(lambda connection: feed.read_people(connection, app_id, after, limit))

    async def read_named(self, app_id: str, user_ids: Sequence[str]) -> Sequence[AssignedUser]:
        """See the port."""
        return await self._database.read(lambda connection: feed.read_named(connection, app_id, user_ids))

    async def groups_of(self, user_ids: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
        """See the port."""
        return await self._database.read(lambda connection: feed.groups_of(connection, user_ids))

    async def read_feed(self, app_id: str, after: int, limit: int) -> FeedPage:
        """Whom the feed names after a number."""
        return await self._database.read(lambda connection: feed.read_feed(connection, app_id, after, limit))

    async def last_change(self) -> int:
        """The number of the latest change of a person."""
        return await self._database.read(feed.last_change)

    async def _change(self, work: Callable[[Connection], T]) -> T:
        def ordered(connection: Connection) -> T:
            feed.order_writers(connection)
            return work(connection)

        return await self._database.write(ordered)


def _require(connection: Connection, user_id: str) -> DirectoryUser:
    found = people.load_users(connection, users.c.id, [user_id])
    if not found:
        raise NotFound(f"There is nobody with the id {user_id} in the directory.")
    return found[0]


def _erase(connection: Connection, user_ids: Sequence[str], now: datetime) -> None:
    """Remove people and every reference to them; those whose manager they were have changed."""
    feed.order_writers(connection)
    for user_id in user_ids:
        reports = list(connection.scalars(sa.select(users.c.id).where(users.c.manager_id == user_id)))
        connection.execute(users.update().where(users.c.manager_id == user_id).values(manager_id=None))
        connection.execute(assignments.delete().where(assignments.c.principal_id == user_id))
        connection.execute(group_members.delete().where(group_members.c.member_id == user_id))
        connection.execute(users.delete().where(users.c.id == user_id))
        feed.record_changes(connection, PrincipalType.USER, [*reports, user_id], now)
