"""The mirror of the source and the marks: statements behind `store/work.py`."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.resource import Attributes, ObjectType, Presence, SourceResource
from provisor.ports.work import Imported, MissingPeople
from provisor.store.encoding import from_text, time_text, to_text
from provisor.store.engine_tables import escrows, instants, marks, mirror
from provisor.store.upserting import in_chunks, upsert

EXAMPLES_MAX = 5
DEPTH_MAX = 1000
"""Levels of management; whoever is left after that many is in a circle."""


def store_page(
    connection: Connection,
    app_id: str,
    page: Sequence[Imported],
    read_id: str,
    *,
    marks_all: bool,
    marks_reports: bool = False,
) -> int:
    """Bring a page into the mirror and mark what changed, and who reports to it where that matters."""
    known: dict[str, bytes] = {}
    for ids in in_chunks(item.resource.id for item in page):
        query = sa.select(mirror.c.source_id, mirror.c.fingerprint).where(
            mirror.c.app_id == app_id, mirror.c.source_id.in_(ids)
        )
        known.update((row.source_id, bytes(row.fingerprint)) for row in connection.execute(query))
    changed = [item for item in page if known.get(item.resource.id) != item.fingerprint]
    upsert(connection, mirror, [_row(app_id, item, read_id) for item in changed])
    unchanged = [item.resource.id for item in page if known.get(item.resource.id) == item.fingerprint]
    for ids in in_chunks(unchanged):
        connection.execute(
            mirror.update().where(mirror.c.app_id == app_id, mirror.c.source_id.in_(ids)).values(read_id=read_id)
        )
    marked = page if marks_all else changed
    mark(connection, app_id, [item.resource.id for item in marked])
    if marks_reports and not marks_all:
        _mark_reports(connection, app_id, [item.resource.id for item in changed])
    return len(marked)


def _mark_reports(connection: Connection, app_id: str, manager_ids: Sequence[str]) -> None:
    for ids in in_chunks(manager_ids):
        query = sa.select(mirror.c.source_id).where(mirror.c.app_id == app_id, mirror.c.manager_id.in_(ids))
        mark(connection, app_id, list(connection.scalars(query)))


def mark(connection: Connection, app_id: str, source_ids: Sequence[str]) -> None:
    """Mark people; one who is marked already gets a new generation, so that work in flight does not clear it."""
    for ids in in_chunks(source_ids):
        connection.execute(
            marks.update()
            .where(marks.c.app_id == app_id, marks.c.source_id.in_(ids))
            .values(generation=marks.c.generation + 1)
        )
    upsert(
        connection,
        marks,
        [{"app_id": app_id, "source_id": source_id, "depth": 0, "generation": 1} for source_id in source_ids],
        keep=frozenset({"depth", "generation"}),
    )


def missing_people(connection: Connection, app_id: str, read_id: str) -> MissingPeople:
    """Who is in the mirror and was not seen."""
    present = sa.and_(mirror.c.app_id == app_id, mirror.c.presence == Presence.PRESENT.value)
    known = connection.scalar(sa.select(sa.func.count()).select_from(mirror).where(present)) or 0
    unseen = sa.and_(present, mirror.c.read_id != read_id)
    missing = connection.scalar(sa.select(sa.func.count()).select_from(mirror).where(unseen)) or 0
    examples = connection.scalars(
        sa.select(mirror.c.person).where(unseen).order_by(mirror.c.person).limit(EXAMPLES_MAX)
    )
    return MissingPeople(known, missing, tuple(examples))


def mark_missing_gone(connection: Connection, app_id: str, read_id: str) -> int:
    """Those not seen are gone, and marked."""
    unseen = sa.and_(mirror.c.app_id == app_id, mirror.c.read_id != read_id, mirror.c.presence != Presence.GONE.value)
    ids = list(connection.scalars(sa.select(mirror.c.source_id).where(unseen)))
    for some in in_chunks(ids):
        connection.execute(
            mirror.update()
            .where(mirror.c.app_id == app_id, mirror.c.source_id.in_(some))
            .values(presence=Presence.GONE.value, fingerprint=b"")
        )
    mark(connection, app_id, ids)
    return len(ids)


def mark_due(connection: Connection, app_id: str, now: datetime) -> int:
    """Mark those whose next attempt has come, or for whom a date in the rules has passed."""
    held = sa.select(escrows.c.source_id).where(escrows.c.app_id == app_id, escrows.c.next_attempt <= time_text(now))
    passed = sa.select(instants.c.source_id).where(instants.c.app_id == app_id, instants.c.at <= time_text(now))
    due = list(connection.scalars(sa.union(held, passed)))
    mark(connection, app_id, due)
    return len(due)


def order_marks(connection: Connection, app_id: str) -> int:
    """Set the depth of every mark: 0 where no marked manager waits above, then level by level."""
    mine = marks.c.app_id == app_id
    connection.execute(marks.update().where(mine).values(depth=DEPTH_MAX))
    boss = marks.alias("boss")
    managed_by_marked = (
        sa.select(mirror.c.source_id)
        .join(boss, sa.and_(boss.c.app_id == mirror.c.app_id, boss.c.source_id == mirror.c.manager_id))
        .where(mirror.c.app_id == app_id, mirror.c.manager_id != mirror.c.source_id)
    )
    connection.execute(marks.update().where(mine, marks.c.source_id.not_in(managed_by_marked)).values(depth=0))
    for depth in range(1, DEPTH_MAX):
        under = managed_by_marked.where(boss.c.depth == depth - 1)
        moved = connection.execute(
            marks.update().where(mine, marks.c.source_id.in_(under), marks.c.depth == DEPTH_MAX).values(depth=depth)
        )
        if not moved.rowcount:
            break
    return connection.scalar(sa.select(sa.func.count()).select_from(marks).where(mine)) or 0


def managers_of(
    connection: Connection, app_id: str, people: Sequence[sa.Row[tuple[object, ...]]]
) -> dict[str | None, Attributes]:
    """The attributes of these people's managers, by the manager's id; who is deleted manages nobody."""
    found: dict[str | None, Attributes] = {}
    for ids in in_chunks({row.manager_id for row in people if row.manager_id}):
        query = sa.select(mirror.c.source_id, mirror.c.attributes).where(
            mirror.c.app_id == app_id,
            mirror.c.source_id.in_(ids),
            mirror.c.presence == Presence.PRESENT.value,
        )
        found.update((row.source_id, from_text(row.attributes)) for row in connection.execute(query))
    return found


def resource_of(row: sa.Row[tuple[object, ...]]) -> SourceResource:
    """The resource in a row of the mirror."""
    return SourceResource(row.source_id, ObjectType(row.type), from_text(row.attributes), Presence(row.presence))


def _row(app_id: str, item: Imported, read_id: str) -> dict[str, object]:
    resource = item.resource
    return {
        "app_id": app_id,
        "source_id": resource.id,
        "type": resource.type.value,
        "presence": resource.presence.value,
        "person": resource.person,
        "manager_id": item.manager_id,
        "attributes": to_text(resource.attributes),
        "fingerprint": item.fingerprint,
        "read_id": read_id,
    }
