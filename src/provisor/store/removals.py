"""Staged removals and what people decide about them: statements behind `store/work.py`.

Two sides write here at the same time: a cycle that evaluates, holds and sends, and people who approve and reject.
Nothing is written from a value read in another transaction, so a decision is never overwritten by a cycle.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.removal import Decision, StagedRemoval
from provisor.policy.staging import restage
from provisor.ports.work import Finished
from provisor.store.encoding import optional_time, text_time, time_text
from provisor.store.engine_tables import escrows
from provisor.store.engine_tables import staged_removals as table
from provisor.store.upserting import in_chunks, upsert


def staged_of(row: sa.Row[tuple[object, ...]]) -> StagedRemoval:
    """The staged removal in a row."""
    return StagedRemoval(
        id=row.id,
        source_id=row.source_id,
        person=row.person,
        action=row.action,
        reason=row.reason,
        staged_at=text_time(row.staged_at),
        decision=Decision(row.decision),
        decided_at=optional_time(row.decided_at),
        basis=row.basis,
        held_at=optional_time(row.held_at),
    )


def stage(connection: Connection, app_id: str, outcomes: Sequence[Finished]) -> None:
    """Stage the removals among the outcomes; whoever is no longer to be removed leaves the list."""
    leaving = [one.source_id for one in outcomes if one.staged is None and not one.keeps_staged]
    for ids in in_chunks(leaving):
        connection.execute(table.delete().where(table.c.app_id == app_id, table.c.source_id.in_(ids)))
    staged = {one.staged.source_id: one.staged for one in outcomes if one.staged is not None}
    before: dict[str, StagedRemoval] = {}
    for ids in in_chunks(staged):
        mine = table.select().where(table.c.app_id == app_id, table.c.source_id.in_(ids)).with_for_update()
        before.update((row.source_id, staged_of(row)) for row in connection.execute(mine))
    upsert(connection, table, [_row(app_id, restage(before.get(one.source_id), one)) for one in staged.values()])


def hold(connection: Connection, app_id: str, removal_id: str, now: datetime) -> bool:
    """Note that the guard has stopped a removal. False when it was noted before, or somebody decided meanwhile."""
    statement = table.update().where(
        table.c.app_id == app_id,
        table.c.id == removal_id,
        table.c.decision == Decision.PENDING.value,
        table.c.held_at.is_(None),
    )
    return bool(connection.execute(statement.values(held_at=time_text(now))).rowcount)


def decide(connection: Connection, app_id: str, ids: Sequence[str], decision: Decision, now: datetime) -> int:
    """Approve or reject what is still there. One that had failed is tried at once after approval, else no more."""
    count = 0
    for some in in_chunks(ids):
        named = sa.and_(table.c.app_id == app_id, table.c.id.in_(some))
        decided = {"decision": decision.value, "decided_at": time_text(now)}
        done = connection.execute(table.update().where(named).values(decided))
        count += done.rowcount
        failed = sa.and_(escrows.c.app_id == app_id, escrows.c.source_id.in_(sa.select(table.c.source_id).where(named)))
        if decision is Decision.APPROVED:
            connection.execute(escrows.update().where(failed).values(next_attempt=time_text(now)))
        else:
            connection.execute(escrows.delete().where(failed))
    return count


def expire_approvals(connection: Connection, app_id: str, approved_before: datetime) -> None:
    """Approvals that were not used in time wait for a decision again."""
    connection.execute(
        table.update()
        .where(
            table.c.app_id == app_id,
            table.c.decision == Decision.APPROVED.value,
            table.c.decided_at < time_text(approved_before),
        )
        .values(decision=Decision.PENDING.value, decided_at=None)
    )


def newest_approval(connection: Connection, app_id: str, since: datetime) -> datetime | None:
    """When the last of the approvals was given that are good and were not tried yet."""
    tried = sa.exists().where(
        escrows.c.app_id == app_id,
        escrows.c.source_id == table.c.source_id,
        escrows.c.next_attempt > table.c.decided_at,
    )
    query = sa.select(sa.func.max(table.c.decided_at)).where(
        table.c.app_id == app_id,
        table.c.decision == Decision.APPROVED.value,
        table.c.decided_at >= time_text(since),
        ~tried,
    )
    return optional_time(connection.scalar(query))


def _row(app_id: str, staged: StagedRemoval) -> dict[str, object]:
    return {
        "app_id": app_id,
        "source_id": staged.source_id,
        "id": staged.id,
        "person": staged.person,
        "action": staged.action,
        "reason": staged.reason,
        "staged_at": time_text(staged.staged_at),
        "decision": staged.decision.value,
        "decided_at": time_text(staged.decided_at) if staged.decided_at else None,
        "basis": staged.basis,
        "held_at": time_text(staged.held_at) if staged.held_at else None,
    }
