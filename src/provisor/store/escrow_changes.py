"""What people do about failures that are held for retry: statements behind `store/work.py`."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.store.encoding import time_text
from provisor.store.engine_tables import escrows as table
from provisor.store.upserting import in_chunks


def retry(connection: Connection, app_id: str, ids: Sequence[str], now: datetime) -> int:
    """Make them due now; returns how many are still there. The next cycle marks who is due."""
    statement = table.update().values(next_attempt=time_text(now))
    return sum(connection.execute(statement.where(_named(app_id, some))).rowcount for some in in_chunks(ids))


def drop(connection: Connection, app_id: str, ids: Sequence[str]) -> int:
    """Forget them; returns how many were still there. A change that is not worked yet keeps its mark."""
    return sum(connection.execute(table.delete().where(_named(app_id, some))).rowcount for some in in_chunks(ids))


def _named(app_id: str, ids: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.app_id == app_id, table.c.id.in_(ids))
