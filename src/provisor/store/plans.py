"""Plans and their operations, on either database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import NotFound, PreconditionFailed
from provisor.model.plan import Plan, PlannedChange, PlannedOperation
from provisor.store import plan_differences
from provisor.store.applications import replaced_rules
from provisor.store.database import Database
from provisor.store.encoding import from_text, optional_time, text_time, time_text, to_text
from provisor.store.engine_tables import applications, marks, mirror, plan_operations, plans
from provisor.store.upserting import in_chunks, upsert

MADE_ANEW = "Make a new plan, and look at it."


class SqlPlans:
    """Implements `provisor.ports.plans.PlanStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, plan: Plan) -> None:
        """See the port."""
        await self._database.write(lambda connection: upsert(connection, plans, [_row(plan)]))

    async def add(self, plan: Plan, operations: Sequence[PlannedOperation]) -> None:
        """See the port."""
        rows = [_operation_row(plan, one) for one in operations]
        if rows:
            await self._database.write(lambda connection: connection.execute(plan_operations.insert(), rows))

    async def get(self, plan_id: str) -> Plan:
        """See the port."""
        query = plans.select().where(plans.c.id == plan_id)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            raise NotFound(f"There is no plan {plan_id!r}.", remedy="`provisor plans list` shows those there are.")
        return _plan(row)

    async def list_all(self, app_id: str | None = None) -> Sequence[Plan]:
        """See the port."""
        query = plans.select().order_by(plans.c.created.desc(), plans.c.id)
        if app_id is not None:
            query = query.where(plans.c.app_id == app_id)
        return [_plan(row) for row in await self._database.read(lambda connection: connection.execute(query).all())]

    async def operations(
        self, plan_id: str, after: int, limit: int, *, only_losing: bool = False, only_stale: bool = False
    ) -> Sequence[PlannedOperation]:
        """See the port."""
        table = plan_operations
        query = table.select().where(table.c.plan_id == plan_id, table.c.position > after)
        query = query.order_by(table.c.position).limit(limit)
        if only_losing:
            query = query.where(table.c.removes_access.is_(True))
        if only_stale:
            query = query.where(table.c.is_stale.is_(True))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_operation(row) for row in rows]

    async def named(self, plan_id: str, source_ids: Sequence[str]) -> Mapping[str, PlannedOperation]:
        """See the port."""

        def work(connection: Connection) -> Mapping[str, PlannedOperation]:
            found: dict[str, PlannedOperation] = {}
            table = plan_operations
            for ids in in_chunks(source_ids):
                query = table.select().where(table.c.plan_id == plan_id, table.c.source_id.in_(ids))
                found.update((row.source_id, _operation(row)) for row in connection.execute(query))
            return found

        return await self._database.read(work)

    async def differing(self, before_id: str, after_id: str, last: str, limit: int) -> Sequence[str]:
        """See the port."""
        ids = plan_differences.differing(before_id, after_id)
        query = sa.select(ids.c.source_id).where(ids.c.source_id > last).order_by(ids.c.source_id).limit(limit)
        return await self._database.read(lambda connection: list(connection.scalars(query)))

    async def count_differences(self, before_id: str, after_id: str) -> tuple[int, int, int]:
        """See the port."""
        return await self._database.read(lambda connection: plan_differences.count(connection, before_id, after_id))

    async def mark_people(self, plan: Plan) -> int:
        """See the port."""
        table, mine = plan_operations, marks.c.app_id == plan.app_id
        planned = sa.select(table.c.source_id).where(table.c.plan_id == plan.id)

        def work(connection: Connection) -> int:
            # Whoever left the mirror since has nothing to be evaluated.
            known = sa.select(
                mirror.c.app_id, mirror.c.source_id, sa.literal(0).label("depth"), sa.literal(1).label("generation")
            ).where(
                mirror.c.app_id == plan.app_id,
                mirror.c.source_id.in_(planned),
                mirror.c.source_id.not_in(sa.select(marks.c.source_id).where(mine)),
            )
            columns = ["app_id", "source_id", "depth", "generation"]
            connection.execute(marks.insert().from_select(columns, known))
            count = sa.select(sa.func.count()).select_from(marks).where(mine, marks.c.source_id.in_(planned))
            return connection.scalar(count) or 0

        return await self._database.write(work)

    async def set_stale(self, plan_id: str, positions: Sequence[int]) -> None:
        """See the port."""
        table = plan_operations

        def work(connection: Connection) -> None:
            mine = table.c.plan_id == plan_id
            connection.execute(table.update().where(mine, table.c.is_stale.is_(True)).values(is_stale=False))
            one = table.update().where(mine, table.c.position == sa.bindparam("p_position")).values(is_stale=True)
            if positions:
                connection.execute(one, [{"p_position": position} for position in positions])

        await self._database.write(work)

    async def count_stale(self, plan_id: str) -> int:
        """See the port."""
        table = plan_operations
        query = sa.select(sa.func.count()).where(table.c.plan_id == plan_id, table.c.is_stale.is_(True))
        return await self._database.read(lambda connection: connection.scalar(query) or 0)

    async def use(self, plan: Plan, cycle_id: str, now: datetime) -> None:
        """See the port."""
        unused = sa.and_(plans.c.id == plan.id, plans.c.used_at.is_(None))
        over = sa.and_(applications.c.id == plan.app_id, applications.c.rules_version == plan.rules_version)

        def work(connection: Connection) -> None:
            row = connection.execute(plans.select().where(unused).with_for_update()).first()
            if row is None:
                raise PreconditionFailed("This plan has been applied already, or deleted.", remedy=MADE_ANEW)
            detail = {**from_text(row.detail), "cycle_id": cycle_id}
            connection.execute(plans.update().where(unused).values(used_at=time_text(now), detail=to_text(detail)))
            values = replaced_rules(plan.schema, plan.scope)
            if values and not connection.execute(applications.update().where(over).values(**values)).rowcount:
                raise PreconditionFailed("Somebody has changed the rules since this plan was made.", remedy=MADE_ANEW)

        await self._database.write(work)

    async def delete(self, plan_id: str) -> None:
        """See the port."""
        await self._database.write(lambda connection: _drop(connection, [plan_id]))

    async def prune(self, before: datetime) -> int:
        """See the port."""
        query = sa.select(plans.c.id).where(plans.c.created < time_text(before))

        def work(connection: Connection) -> int:
            old = list(connection.scalars(query))
            _drop(connection, old)
            return len(old)

        return await self._database.write(work)


def _drop(connection: Connection, ids: Sequence[str]) -> None:
    for some in in_chunks(ids):
        connection.execute(plan_operations.delete().where(plan_operations.c.plan_id.in_(some)))
        connection.execute(plans.delete().where(plans.c.id.in_(some)))


_COLUMNS = frozenset({"id", "app_id", "created", "is_complete", "used_at"})


def _row(plan: Plan) -> dict[str, Any]:
    detail = {name: getattr(plan, name) for name in Plan.__dataclass_fields__ if name not in _COLUMNS}
    return {
        "id": plan.id,
        "app_id": plan.app_id,
        "created": time_text(plan.created),
        "is_complete": plan.is_complete,
        "used_at": time_text(plan.used_at) if plan.used_at else None,
        "detail": to_text(detail),
    }


def _plan(row: sa.Row[Any]) -> Plan:
    columns = {
        "id": row.id,
        "app_id": row.app_id,
        "created": text_time(row.created).isoformat(),
        "is_complete": row.is_complete,
        "used_at": moment.isoformat() if (moment := optional_time(row.used_at)) else None,
    }
    return msgspec.convert({**from_text(row.detail), **columns}, Plan)


def _operation_row(plan: Plan, one: PlannedOperation) -> dict[str, Any]:
    changes = [[change.attribute, change.before, change.after] for change in one.changes]
    return {
        "plan_id": plan.id,
        "position": one.position,
        "app_id": plan.app_id,
        "source_id": one.source_id,
        "person": one.person,
        "action": one.action,
        "target_id": one.target_id,
        "removes_access": one.removes_access,
        "is_unknown": one.is_unknown,
        "is_stale": one.is_stale,
        "reason": one.reason,
        "detail": to_text({"changes": changes, "waitsFor": one.waits_for}),
        "digest": one.digest,
    }


def _operation(row: sa.Row[Any]) -> PlannedOperation:
    detail = from_text(row.detail)
    return PlannedOperation(
        row.position,
        row.source_id,
        row.person,
        row.action,
        row.reason,
        row.target_id,
        tuple(PlannedChange(*change) for change in detail["changes"]),
        tuple((attribute, wanted) for attribute, wanted in detail["waitsFor"]),
        row.removes_access,
        row.is_unknown,
        row.is_stale,
        bytes(row.digest),
    )
