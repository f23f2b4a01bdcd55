"""Erasing a person from what the engine has recorded, down to the bare id (DESIGN §5, personal data)."""

from sqlalchemy.engine import Connection

from provisor.store.encoding import from_text, to_text
from provisor.store.engine_tables import escrows, links, log, mirror, plan_operations, staged_removals

ERASED = "Erased on request."


def forget_person(connection: Connection, source_id: str) -> int:
    """Replace names, values and sentences about one person; the ids stay, so that the trail stays whole."""
    entries = connection.execute(log.select().where(log.c.source_id == source_id)).all()
    for entry in entries:
        detail = from_text(entry.detail)
        detail.update(steps=[], modified=[], reason=ERASED)
        connection.execute(log.update().where(log.c.seq == entry.seq).values(person=source_id, detail=to_text(detail)))
    mine = {"person": source_id}
    connection.execute(links.update().where(links.c.source_id == source_id).values(mine))
    connection.execute(mirror.update().where(mirror.c.source_id == source_id).values(mine))
    for table, column in ((escrows, "message"), (staged_removals, "reason")):
        connection.execute(table.update().where(table.c.source_id == source_id).values({**mine, column: ERASED}))
    planned = plan_operations.update().where(plan_operations.c.source_id == source_id)
    connection.execute(planned.values({**mine, "reason": ERASED, "detail": to_text({"changes": [], "waitsFor": []})}))
    return len(entries)
