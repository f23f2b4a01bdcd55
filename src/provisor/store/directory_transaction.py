"""One transaction on the people of the embedded directory: each change of rows together with its entry in the feed."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.resource import Presence
from provisor.ports.directory import (
    DirectoryCounts,
    DirectoryUser,
    LookupKey,
    ManagerLink,
    PrincipalType,
    UserFilter,
)
from provisor.store import directory_people as people
from provisor.store.directory_feed import order_writers, record_changes
from provisor.store.directory_tables import groups, users
from provisor.store.encoding import time_text
from provisor.store.upserting import in_chunks


class SqlDirectoryTransaction:
    """`DirectoryTransaction` on a connection that is inside a write transaction (ports/directory.py)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        order_writers(connection)

    def find_users(self, key: LookupKey, values: Sequence[str]) -> Sequence[DirectoryUser]:
        """Everybody who answers to one of the values."""
        return people.find_users(self._connection, key, values)

    def list_users(self, after: str, limit: int, users: UserFilter) -> Sequence[DirectoryUser]:
        """The next people in the order of their ids."""
        return people.list_users(self._connection, after, limit, users)

    def list_names(self, after: str, limit: int) -> Sequence[tuple[str, str]]:
        """Ids and folded UPNs of the next people who are present."""
        query = (
            sa.select(users.c.id, users.c.principal_name_key)
            .where(users.c.state == Presence.PRESENT.value, users.c.id > after)
            .order_by(users.c.id)
            .limit(limit)
        )
        return [(row.id, row.principal_name_key or "") for row in self._connection.execute(query)]

    def insert_users(self, users: Sequence[DirectoryUser]) -> None:
        """New people, who are in the feed at once."""
        people.insert_users(self._connection, users)
        self._record(users)

    def replace_users(self, users: Sequence[DirectoryUser]) -> None:
        """New states of people."""
        people.update_users(self._connection, users)
        self._record(users)

    def release_names(self, user_ids: Sequence[str]) -> None:
        """Let others take these people's UPNs."""
        for some in in_chunks(user_ids):
            self._connection.execute(users.update().where(users.c.id.in_(some)).values(principal_name_key=None))

    def soft_delete(self, user_ids: Sequence[str], now: datetime) -> None:
        """Put people into the recycle bin."""
        moment = time_text(now)
        removed: list[str] = []
        for some in in_chunks(user_ids):
            present = sa.and_(users.c.id.in_(some), users.c.state == Presence.PRESENT.value)
            removed.extend(self._connection.scalars(sa.select(users.c.id).where(present)))
            self._connection.execute(
                users.update()
                .where(present)
                .values(state=Presence.SOFT_DELETED.value, deleted_at=moment, modified=moment)
            )
        record_changes(self._connection, PrincipalType.USER, removed, now)

    def link_managers(self, links: Sequence[ManagerLink], now: datetime) -> None:
        """Change people's managers."""
        if not links:
            return
        statement = (
            users.update()
            .where(users.c.id == sa.bindparam("which"))
            .values(manager_id=sa.bindparam("to_id"), manager_wanted=sa.bindparam("to_wanted"), modified=time_text(now))
        )
        rows = [{"which": link.user_id, "to_id": link.manager_id, "to_wanted": link.wanted} for link in links]
        self._connection.execute(statement, rows)
        record_changes(self._connection, PrincipalType.USER, [link.user_id for link in links], now)

    def list_waiting_for_manager(self, after: str, limit: int) -> Sequence[ManagerLink]:
        """The next people whose manager nobody answers to yet."""
        query = (
            sa.select(users.c.id, users.c.manager_wanted)
            .where(users.c.manager_wanted.is_not(None), users.c.manager_id.is_(None), users.c.id > after)
            .order_by(users.c.id)
            .limit(limit)
        )
        return [ManagerLink(row.id, None, row.manager_wanted) for row in self._connection.execute(query)]

    def count(self) -> DirectoryCounts:
        """How much there is."""
        return count(self._connection)

    def _record(self, changed: Sequence[DirectoryUser]) -> None:
        if changed:
            record_changes(
                self._connection, PrincipalType.USER, [user.id for user in changed], max(u.modified for u in changed)
            )


def count(connection: Connection) -> DirectoryCounts:
    """How much there is."""
    query = sa.select(users.c.state, sa.func.count()).group_by(users.c.state)
    by_state: dict[str, int] = dict(tuple(row) for row in connection.execute(query))
    return DirectoryCounts(
        present=by_state.get(Presence.PRESENT.value, 0),
        soft_deleted=by_state.get(Presence.SOFT_DELETED.value, 0),
        groups=connection.scalar(sa.select(sa.func.count()).select_from(groups)) or 0,
    )
