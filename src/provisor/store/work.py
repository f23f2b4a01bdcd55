"""The work store: one async face over the mirror, marks, links, shadow, escrows and staged removals."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.escrow import Escrow
from provisor.model.link import Link
from provisor.model.log import LogEntry
from provisor.model.removal import Decision, StagedRemoval
from provisor.model.resource import TargetResource
from provisor.ports.work import Finished, Imported, Marked, MissingPeople
from provisor.store import accounts, escrow_changes, mirror, outcomes, removals
from provisor.store.database import Database
from provisor.store.encoding import optional_time, time_text
from provisor.store.engine_tables import escrows, instants, links, log, marks, staged_removals
from provisor.store.engine_tables import mirror as mirror_table
from provisor.store.upserting import in_chunks


class SqlWork:
    """Implements `provisor.ports.work.WorkStore` on either database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store_page(
        self, app_id: str, page: Sequence[Imported], read_id: str, *, marks_all: bool, marks_reports: bool = False
    ) -> int:
        """See the port."""
        return await self._database.write(
            lambda connection: mirror.store_page(
                connection, app_id, page, read_id, marks_all=marks_all, marks_reports=marks_reports
            )
        )

    async def missing_people(self, app_id: str, read_id: str) -> MissingPeople:
        """See the port."""
        return await self._database.read(lambda connection: mirror.missing_people(connection, app_id, read_id))

    async def mark_missing_gone(self, app_id: str, read_id: str) -> int:
        """See the port."""
        return await self._database.write(lambda connection: mirror.mark_missing_gone(connection, app_id, read_id))

    async def mark_due(self, app_id: str, now: datetime) -> int:
        """See the port."""
        return await self._database.write(lambda connection: mirror.mark_due(connection, app_id, now))

    async def next_instant(self, app_id: str) -> datetime | None:
        """See the port."""
        query = sa.select(sa.func.min(instants.c.at)).where(instants.c.app_id == app_id)
        return optional_time(await self._database.read(lambda connection: connection.scalar(query)))

    async def order_marks(self, app_id: str) -> int:
        """See the port."""
        return await self._database.write(lambda connection: mirror.order_marks(connection, app_id))

    async def next_marks(
        self,
        app_id: str,
        after: tuple[int, str] | None,
        limit: int,
        *,
        only_unlinked: bool = False,
        with_manager: bool = False,
    ) -> Sequence[Marked]:
        """See the port."""

        def work(connection: Connection) -> Sequence[Marked]:
            ids = _next_ids(connection, app_id, after, limit, only_unlinked=only_unlinked)
            found = {one.resource.id: one for one in _load(connection, app_id, ids, with_manager=with_manager)}
            return [found[source_id] for source_id in ids if source_id in found]

        return await self._database.read(work)

    async def load(self, app_id: str, source_ids: Sequence[str], *, with_manager: bool = False) -> Sequence[Marked]:
        """See the port."""
        return await self._database.read(
            partial(_load, app_id=app_id, source_ids=source_ids, with_manager=with_manager)
        )

    async def list_people(self, app_id: str, after: str, limit: int, *, with_manager: bool = False) -> Sequence[Marked]:
        """See the port."""
        table = mirror_table
        query = sa.select(table.c.source_id).where(table.c.app_id == app_id, table.c.source_id > after)
        query = query.order_by(table.c.source_id).limit(limit)

        def work(connection: Connection) -> Sequence[Marked]:
            ids = list(connection.scalars(query))
            found = {one.resource.id: one for one in _load(connection, app_id, ids, with_manager=with_manager)}
            return [found[source_id] for source_id in ids]

        return await self._database.read(work)

    async def find_people(self, app_id: str, reference: str) -> Sequence[str]:
        """See the port."""
        people, accounts_ = mirror_table, links
        named = sa.or_(people.c.source_id == reference, sa.func.lower(people.c.person) == reference.lower())
        query = sa.union(
            sa.select(people.c.source_id).where(people.c.app_id == app_id, named),
            sa.select(accounts_.c.source_id).where(accounts_.c.app_id == app_id, accounts_.c.target_id == reference),
        )
        return await self._database.read(lambda connection: list(connection.scalars(query)))

    async def target_ids(self, app_id: str, source_ids: Sequence[str]) -> Mapping[str, str]:
        """See the port."""
        return await self._database.read(lambda connection: accounts.target_ids(connection, app_id, source_ids))

    async def source_of(self, app_id: str, target_id: str) -> str | None:
        """See the port."""
        return await self._database.read(lambda connection: accounts.source_of(connection, app_id, target_id))

    async def save_link(self, app_id: str, link: Link) -> None:
        """See the port."""
        await self._database.write(lambda connection: accounts.save_links(connection, app_id, [link]))

    async def finish(self, app_id: str, outcomes_: Sequence[Finished]) -> None:
        """See the port."""
        await self._database.write(lambda connection: outcomes.finish(connection, app_id, outcomes_))

    async def clear_shadow(self, app_id: str) -> None:
        """See the port."""
        await self._database.write(lambda connection: accounts.clear_shadow(connection, app_id))

    async def store_shadow_page(
        self, app_id: str, page: Sequence[tuple[TargetResource, Sequence[tuple[str, str]]]]
    ) -> None:
        """See the port."""
        await self._database.write(lambda connection: accounts.store_shadow_page(connection, app_id, page))

    async def find_in_shadow(self, app_id: str, attribute: str, folded: str) -> Sequence[TargetResource]:
        """See the port."""
        return await self._database.read(
            lambda connection: accounts.find_in_shadow(connection, app_id, attribute, folded)
        )

    async def find_all_in_shadow(
        self, app_id: str, attribute: str, folded: Sequence[str]
    ) -> Mapping[str, Sequence[TargetResource]]:
        """See the port."""
        return await self._database.read(
            lambda connection: accounts.find_all_in_shadow(connection, app_id, attribute, folded)
        )

    async def note_listing(self, app_id: str, at: datetime, attributes: Sequence[str]) -> None:
        """See the port."""
        await self._database.write(lambda connection: accounts.note_listing(connection, app_id, at, attributes))

    async def listed_at(self, app_id: str, attributes: Collection[str]) -> datetime | None:
        """See the port."""
        return await self._database.read(lambda connection: accounts.listed_at(connection, app_id, attributes))

    async def count_unlinked(self, app_id: str) -> int:
        """See the port."""
        linked = sa.exists().where(links.c.app_id == app_id, links.c.source_id == mirror_table.c.source_id)
        query = sa.select(sa.func.count()).select_from(mirror_table).where(mirror_table.c.app_id == app_id, ~linked)
        return await self._database.read(lambda connection: connection.scalar(query) or 0)

    async def staged_removals(self, app_id: str, *, decision: Decision | None = None) -> Sequence[StagedRemoval]:
        """See the port."""
        table = staged_removals
        query = table.select().where(table.c.app_id == app_id).order_by(table.c.staged_at, table.c.source_id)
        if decision is not None:
            query = query.where(table.c.decision == decision.value)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [removals.staged_of(row) for row in rows]

    async def hold_removals(self, app_id: str, held: Sequence[tuple[str, LogEntry]], now: datetime) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            news = [entry for removal_id, entry in held if removals.hold(connection, app_id, removal_id, now)]
            outcomes.save_log(connection, news)

        await self._database.write(work)

    async def decide_removals(self, app_id: str, ids: Sequence[str], decision: Decision, now: datetime) -> int:
        """See the port."""
        return await self._database.write(lambda connection: removals.decide(connection, app_id, ids, decision, now))

    async def expire_approvals(self, app_id: str, approved_before: datetime) -> None:
        """See the port."""
        await self._database.write(lambda connection: removals.expire_approvals(connection, app_id, approved_before))

    async def newest_approval(self, app_id: str, since: datetime) -> datetime | None:
        """See the port."""
        return await self._database.read(lambda connection: removals.newest_approval(connection, app_id, since))

    async def count_managed(self, app_id: str) -> int:
        """See the port."""
        query = (
            sa.select(sa.func.count()).select_from(links).where(links.c.app_id == app_id, links.c.is_managed.is_(True))
        )
        return await self._database.read(lambda connection: connection.scalar(query) or 0)

    async def count_sent_removals(self, app_id: str, since: datetime) -> int:
        """See the port."""
        query = (
            sa.select(sa.func.count(sa.distinct(log.c.source_id)))
            .select_from(log)
            .where(log.c.app_id == app_id, log.c.removes_access.is_(True), log.c.at >= time_text(since))
        )
        return await self._database.read(lambda connection: connection.scalar(query) or 0)

    async def escrows(self, app_id: str) -> Sequence[Escrow]:
        """See the port."""
        query = escrows.select().where(escrows.c.app_id == app_id).order_by(escrows.c.next_attempt)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [outcomes.escrow_of(row) for row in rows]

    async def retry_escrows(self, app_id: str, ids: Sequence[str], now: datetime) -> int:
        """See the port."""
        return await self._database.write(lambda connection: escrow_changes.retry(connection, app_id, ids, now))

    async def drop_escrows(self, app_id: str, ids: Sequence[str]) -> int:
        """See the port."""
        return await self._database.write(lambda connection: escrow_changes.drop(connection, app_id, ids))

    async def summary(self, app_id: str) -> Mapping[str, Any]:
        """See the port."""
        counted = {"people": mirror_table, "links": links, "escrows": escrows, "staged": staged_removals}
        queries = {
            name: sa.select(sa.func.count()).select_from(table).where(table.c.app_id == app_id)
            for name, table in counted.items()
        }
        queries["staged"] = queries["staged"].where(staged_removals.c.decision != Decision.REJECTED.value)
        return await self._database.read(
            lambda connection: {name: connection.scalar(query) or 0 for name, query in queries.items()}
        )


def _next_ids(
    connection: Connection, app_id: str, after: tuple[int, str] | None, limit: int, *, only_unlinked: bool
) -> list[str]:
    query = (
        sa.select(marks.c.source_id)
        .where(marks.c.app_id == app_id)
        .order_by(marks.c.depth, marks.c.source_id)
        .limit(limit)
    )
    if only_unlinked:
        query = query.where(~sa.exists().where(links.c.app_id == app_id, links.c.source_id == marks.c.source_id))
    if after is not None:
        depth, source_id = after
        query = query.where(
            sa.or_(marks.c.depth > depth, sa.and_(marks.c.depth == depth, marks.c.source_id > source_id))
        )
    return list(connection.scalars(query))


def _load(connection: Connection, app_id: str, source_ids: Sequence[str], *, with_manager: bool) -> Sequence[Marked]:
    loaded: list[Marked] = []
    for ids in in_chunks(source_ids):
        people = connection.execute(_of(mirror_table, app_id, ids)).all()
        accounts_ = {row.source_id: accounts.link_of(row) for row in connection.execute(_of(links, app_id, ids))}
        held = {row.source_id: outcomes.escrow_of(row) for row in connection.execute(_of(escrows, app_id, ids))}
        waiting = connection.execute(_of(staged_removals, app_id, ids)).all()
        staged = {row.source_id: removals.staged_of(row) for row in waiting}
        marked = {row.source_id: row for row in connection.execute(_of(marks, app_id, ids))}
        managers = mirror.managers_of(connection, app_id, people) if with_manager else {}
        for row in people:
            mark = marked.get(row.source_id)
            loaded.append(
                Marked(
                    mirror.resource_of(row),
                    mark.generation if mark else 0,
                    mark.depth if mark else 0,
                    accounts_.get(row.source_id),
                    held.get(row.source_id),
                    staged.get(row.source_id),
                    managers.get(row.manager_id),
                )
            )
    return loaded


def _of(table: sa.Table, app_id: str, ids: list[str]) -> sa.Select[Any]:
    return table.select().where(table.c.app_id == app_id, table.c.source_id.in_(ids))
