"""Storing what came of evaluations: link, log entry, escrow, staged removal and mark, in one transaction."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.escrow import Escrow
from provisor.model.log import LogEntry
from provisor.ports.work import Finished
from provisor.store import accounts, removals
from provisor.store.encoding import text_time, time_text, to_text
from provisor.store.engine_tables import (
    escrows,
    instants,
    links,
    log,
    marks,
    mirror,
    wanted_references,
)
from provisor.store.mirror import mark
from provisor.store.upserting import in_chunks, upsert


def finish(connection: Connection, app_id: str, outcomes: Sequence[Finished]) -> None:
    """Store outcomes and clear their marks; wake those who waited for a new account."""
    ids = [outcome.source_id for outcome in outcomes]
    kept = [outcome.link for outcome in outcomes if outcome.link]
    had = accounts.target_ids(connection, app_id, ids)
    accounts.save_links(connection, app_id, kept)
    accounts.forget_shadow_of(connection, app_id, [link.target_id for link in kept if link.source_id not in had])
    _remove_links(connection, app_id, [o.source_id for o in outcomes if o.link is None and o.source_id in had])
    save_log(connection, [outcome.entry for outcome in outcomes if outcome.entry])
    _save_escrows(connection, app_id, outcomes)
    removals.stage(connection, app_id, outcomes)
    _clear_marks(connection, app_id, outcomes)
    _save_wanted(connection, app_id, outcomes)
    _save_instants(connection, app_id, outcomes)
    _wake(connection, app_id, [link.source_id for link in kept if link.source_id not in had])
    _forget_sources(connection, app_id, [outcome.source_id for outcome in outcomes if outcome.forgets_source])


def escrow_of(row: sa.Row[tuple[object, ...]]) -> Escrow:
    """The escrow in a row."""
    return Escrow(
        row.id,
        row.source_id,
        row.person,
        row.operation,
        row.error_code,
        row.message,
        row.attempts,
        text_time(row.first_failed),
        text_time(row.next_attempt),
    )


def log_row(entry: LogEntry) -> dict[str, object]:
    """A log entry as a row: what is searched has columns, the rest is JSON."""
    detail = {
        "changeId": entry.change_id,
        "durationInMilliseconds": entry.duration_milliseconds,
        "steps": entry.steps,
        "modified": entry.modified,
        "errorCode": entry.error_code,
        "reason": entry.reason,
    }
    return {
        "id": entry.id,
        "app_id": entry.app_id,
        "cycle_id": entry.cycle_id,
        "at": time_text(entry.at),
        "action": entry.action,
        "status": entry.status.value,
        "source_id": entry.source_id,
        "target_id": entry.target_id,
        "person": entry.person,
        "removes_access": entry.removes_access,
        "detail": to_text(detail),
    }


def _remove_links(connection: Connection, app_id: str, source_ids: Sequence[str]) -> None:
    for ids in in_chunks(source_ids):
        connection.execute(links.delete().where(links.c.app_id == app_id, links.c.source_id.in_(ids)))


def save_log(connection: Connection, entries: Sequence[LogEntry]) -> None:
    """Add entries to the provisioning log."""
    if entries:
        connection.execute(log.insert(), [log_row(entry) for entry in entries])


def _save_escrows(connection: Connection, app_id: str, outcomes: Sequence[Finished]) -> None:
    for ids in in_chunks(outcome.source_id for outcome in outcomes if outcome.escrow is None):
        connection.execute(escrows.delete().where(escrows.c.app_id == app_id, escrows.c.source_id.in_(ids)))
    rows = [
        {
            "app_id": app_id,
            "source_id": held.source_id,
            "id": held.id,
            "person": held.person,
            "operation": held.operation,
            "error_code": held.error_code,
            "message": held.message,
            "attempts": held.attempts,
            "first_failed": time_text(held.first_failed),
            "next_attempt": time_text(held.next_attempt),
        }
        for held in (outcome.escrow for outcome in outcomes)
        if held is not None
    ]
    upsert(connection, escrows, rows)


def _clear_marks(connection: Connection, app_id: str, outcomes: Sequence[Finished]) -> None:
    statement = marks.delete().where(
        marks.c.app_id == app_id,
        marks.c.source_id == sa.bindparam("p_source"),
        marks.c.generation == sa.bindparam("p_generation"),
    )
    rows = [{"p_source": outcome.source_id, "p_generation": outcome.generation} for outcome in outcomes]
    connection.execute(statement, rows)


def _save_wanted(connection: Connection, app_id: str, outcomes: Sequence[Finished]) -> None:
    table = wanted_references
    for ids in in_chunks(outcome.source_id for outcome in outcomes):
        connection.execute(table.delete().where(table.c.app_id == app_id, table.c.source_id.in_(ids)))
    rows = [
        {"app_id": app_id, "source_id": outcome.source_id, "attribute": attribute, "wanted_id": wanted}
        for outcome in outcomes
        for attribute, wanted in outcome.wanted
    ]
    upsert(connection, table, rows)
    # Whoever was wanted may have got an account while this person was being worked.
    there = accounts.target_ids(connection, app_id, [str(row["wanted_id"]) for row in rows])
    mark(connection, app_id, sorted({str(row["source_id"]) for row in rows if row["wanted_id"] in there}))


def _save_instants(connection: Connection, app_id: str, outcomes: Sequence[Finished]) -> None:
    for ids in in_chunks(outcome.source_id for outcome in outcomes):
        connection.execute(instants.delete().where(instants.c.app_id == app_id, instants.c.source_id.in_(ids)))
    rows = [
        {"app_id": app_id, "source_id": outcome.source_id, "at": time_text(outcome.due_again)}
        for outcome in outcomes
        if outcome.due_again is not None
    ]
    if rows:
        connection.execute(instants.insert(), rows)


def _wake(connection: Connection, app_id: str, source_ids: Sequence[str]) -> None:
    table = wanted_references
    for ids in in_chunks(source_ids):
        waiting = connection.scalars(
            sa.select(table.c.source_id).where(table.c.app_id == app_id, table.c.wanted_id.in_(ids)).distinct()
        )
        mark(connection, app_id, list(waiting))


def _forget_sources(connection: Connection, app_id: str, source_ids: Sequence[str]) -> None:
    for ids in in_chunks(source_ids):
        connection.execute(mirror.delete().where(mirror.c.app_id == app_id, mirror.c.source_id.in_(ids)))
