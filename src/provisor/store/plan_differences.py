"""What two plans foresee differently: statements behind `store/plans.py`."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.store.engine_tables import plan_operations


def differing(before_id: str, after_id: str) -> sa.Subquery:
    """The source ids of everybody for whom they differ."""
    one, other = plan_operations.alias("one"), plan_operations.alias("other")
    same_person = sa.and_(one.c.plan_id == before_id, one.c.source_id == other.c.source_id)
    new_or_changed = (
        sa.select(other.c.source_id)
        .outerjoin(one, same_person)
        .where(
            other.c.plan_id == after_id,
            sa.or_(one.c.source_id.is_(None), one.c.digest != other.c.digest, one.c.action != other.c.action),
        )
    )
    dropped = sa.select(one.c.source_id).where(
        one.c.plan_id == before_id,
        ~sa.exists().where(other.c.plan_id == after_id, other.c.source_id == one.c.source_id),
    )
    return sa.union(new_or_changed, dropped).subquery()


def count(connection: Connection, before_id: str, after_id: str) -> tuple[int, int, int]:
    """All of them, those who lose access by the second plan only, and those who do by the first only."""
    changed = connection.scalar(sa.select(sa.func.count()).select_from(differing(before_id, after_id))) or 0
    return changed, _only_losing(connection, after_id, before_id), _only_losing(connection, before_id, after_id)


def _only_losing(connection: Connection, plan_id: str, not_by: str) -> int:
    mine, others = plan_operations.alias("mine"), plan_operations.alias("others")
    also = sa.exists().where(
        others.c.plan_id == not_by, others.c.source_id == mine.c.source_id, others.c.removes_access.is_(True)
    )
    query = sa.select(sa.func.count()).where(mine.c.plan_id == plan_id, mine.c.removes_access.is_(True), ~also)
    return connection.scalar(query) or 0
