"""Cycles and the provisioning log, on either database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from provisor.model.errors import NotFound
from provisor.model.job import Counts, Cycle, CycleKind, CycleState
from provisor.model.log import LogEntry, ModifiedProperty, Step, StepStatus
from provisor.ports.records import LogQuery
from provisor.store.database import Database
from provisor.store.encoding import from_text, optional_time, text_time, time_text, to_text
from provisor.store.engine_tables import cycles, log
from provisor.store.forgetting import forget_person
from provisor.store.upserting import upsert

PRUNED_AT_ONCE_MAX = 1000


class SqlRecords:
    """Implements `provisor.ports.records.RecordStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_cycle(self, cycle: Cycle) -> None:
        """See the port."""
        row = {
            "id": cycle.id,
            "app_id": cycle.app_id,
            "kind": cycle.kind.value,
            "state": cycle.state.value,
            "phase": cycle.phase,
            "began": time_text(cycle.began),
            "ended": time_text(cycle.ended) if cycle.ended else None,
            "done": cycle.done,
            "total": cycle.total,
            "requests": cycle.requests,
            "counts": to_text(cycle.counts),
            "message": cycle.message,
        }
        await self._database.write(lambda connection: upsert(connection, cycles, [row]))

    async def cycle(self, cycle_id: str) -> Cycle:
        """See the port."""
        query = cycles.select().where(cycles.c.id == cycle_id)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            raise NotFound(f"There is no cycle {cycle_id!r}.")
        return _cycle(row)

    async def cycles(self, app_id: str, limit: int) -> Sequence[Cycle]:
        """See the port."""
        query = cycles.select().where(cycles.c.app_id == app_id).order_by(cycles.c.began.desc()).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_cycle(row) for row in rows]

    async def close_interrupted(self, app_id: str, now: datetime) -> None:
        """See the port."""
        statement = (
            cycles.update()
            .where(cycles.c.app_id == app_id, cycles.c.state == CycleState.RUNNING.value)
            .values(state=CycleState.INTERRUPTED.value, ended=time_text(now))
        )
        await self._database.write(lambda connection: connection.execute(statement))

    async def entries(self, query: LogQuery) -> Sequence[LogEntry]:
        """See the port."""
        statement = log.select().where(*_conditions(query)).order_by(log.c.seq.desc()).offset(query.offset)
        if query.limit:
            statement = statement.limit(query.limit)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return [_entry(row) for row in rows]

    async def entry(self, entry_id: str) -> LogEntry:
        """See the port."""
        query = log.select().where(log.c.id == entry_id)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            raise NotFound(f"There is no log entry {entry_id!r}.")
        return _entry(row)

    async def count_entries(self, query: LogQuery) -> int:
        """See the port."""
        statement = sa.select(sa.func.count()).select_from(log).where(*_conditions(query))
        return await self._database.read(lambda connection: connection.scalar(statement) or 0)

    async def prune(self, before: datetime) -> int:
        """See the port. A part at a time, so that nobody waits long for the writer."""
        oldest = sa.select(log.c.seq).where(log.c.at < time_text(before)).order_by(log.c.seq).limit(PRUNED_AT_ONCE_MAX)
        statement = log.delete().where(log.c.seq.in_(oldest))
        total = 0
        while number := await self._database.write(lambda connection: connection.execute(statement).rowcount):
            total += number
        ended = cycles.delete().where(cycles.c.ended < time_text(before))
        await self._database.write(lambda connection: connection.execute(ended))
        return total

    async def forget_person(self, source_id: str) -> int:
        """See the port."""
        return await self._database.write(lambda connection: forget_person(connection, source_id))


def _conditions(query: LogQuery) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    for column, value in (
        (log.c.app_id, query.app_id),
        (log.c.status, query.status),
        (log.c.action, query.action),
        (log.c.cycle_id, query.cycle_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if query.hides_skipped:
        conditions.append(log.c.status != StepStatus.SKIPPED.value)
    if query.since is not None:
        conditions.append(log.c.at >= time_text(query.since))
    if query.person:
        part = query.person
        conditions.append(
            sa.or_(
                log.c.person.icontains(part, autoescape=True),
                log.c.source_id == part,
                log.c.target_id == part,
            )
        )
    return conditions


def _cycle(row: sa.Row[Any]) -> Cycle:
    return Cycle(
        id=row.id,
        app_id=row.app_id,
        kind=CycleKind(row.kind),
        began=text_time(row.began),
        state=CycleState(row.state),
        ended=optional_time(row.ended),
        phase=row.phase,
        counts=msgspec.json.decode(row.counts, type=Counts),
        done=row.done,
        total=row.total,
        requests=row.requests,
        message=row.message,
    )


def _entry(row: sa.Row[Any]) -> LogEntry:
    detail = from_text(row.detail)
    return LogEntry(
        id=row.id,
        app_id=row.app_id,
        cycle_id=row.cycle_id,
        change_id=detail["changeId"],
        at=text_time(row.at),
        action=row.action,
        status=StepStatus(row.status),
        source_id=row.source_id,
        person=row.person,
        target_id=row.target_id,
        duration_milliseconds=detail["durationInMilliseconds"],
        steps=tuple(msgspec.convert(detail["steps"], list[Step])),
        modified=tuple(msgspec.convert(detail["modified"], list[ModifiedProperty])),
        error_code=detail["errorCode"],
        reason=detail["reason"],
        removes_access=row.removes_access,
    )
