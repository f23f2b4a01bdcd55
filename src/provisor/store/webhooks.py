"""Webhooks and their outbox in the database (port: ports/webhooks.py).

Which webhooks there are is remembered, so that a write asks nothing more of the database when there are none. Other
processes' webhooks are known after the next `refresh`. What was written for a webhook that is gone goes with it.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Conflict, NotFound
from provisor.ports.changes import Change, Journal
from provisor.ports.clock import Clock
from provisor.ports.webhooks import WaitingEvent, Webhook
from provisor.store.database import Database
from provisor.store.encoding import from_text, optional_time, text_time, time_text
from provisor.store.request_tables import outbox, webhooks

ERROR_CHARACTERS_MAX = 300

_ADD_EVENTS = outbox.insert()
_encode = msgspec.json.Encoder().encode


class SqlWebhooks:
    """A `WebhookStore` on our tables."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: tuple[Webhook, ...] = ()

    def has_hearers(self, tenant: str) -> bool:
        """Whether anybody hears of a tenant's changes, as known to this process."""
        return any(each.hears(tenant) for each in self._known)

    def write_events(self, connection: Connection, tenant: str, change: Change, journal: Journal, moment: str) -> None:
        """Put the event of a change into the outbox of everybody who hears of it, in whatever transaction this is."""
        hearers = [each for each in self._known if each.hears(tenant)]
        if not hearers or not change.changes_anything:
            return
        claims = _encode(journal.event(change)).decode()
        connection.execute(
            _ADD_EVENTS, [{"webhook_id": each.id, "created": moment, "claims": claims} for each in hearers]
        )

    async def add(self, url: str, tenant: str | None, sealed_key: bytes | None) -> Webhook:
        """A new webhook."""
        webhook = Webhook(str(uuid.uuid4()), url, tenant, self._clock.now(), sealed_key)
        same = sa.select(webhooks.c.id).where(webhooks.c.url == url, webhooks.c.tenant.is_not_distinct_from(tenant))

        def work(connection: Connection) -> None:
            if connection.scalar(same) is not None:
                raise Conflict("This webhook is there already.", remedy="Remove it first to change its key.", code="")
            connection.execute(webhooks.insert().values(_row(webhook)))

        await self._database.write(work)
        await self.refresh()
        return webhook

    async def list(self) -> Sequence[Webhook]:
        """All, oldest first."""
        statement = sa.select(webhooks).order_by(webhooks.c.created, webhooks.c.id)
        rows = await self._database.read(lambda connection: connection.execute(statement).mappings().all())
        return [_webhook(row) for row in rows]

    async def remove(self, webhook_id: str) -> None:
        """Forget it and what waits for it."""

        def work(connection: Connection) -> None:
            if not connection.execute(webhooks.delete().where(webhooks.c.id == webhook_id)).rowcount:
                raise NotFound(f"There is no webhook {webhook_id}.", remedy="List them to see their ids.")
            connection.execute(outbox.delete().where(outbox.c.webhook_id == webhook_id))

        await self._database.write(work)
        await self.refresh()

    async def refresh(self) -> Sequence[Webhook]:
        """Read the webhooks anew."""
        self._known = tuple(await self.list())
        return self._known

    async def waiting(self, webhook_id: str, limit: int) -> Sequence[WaitingEvent]:
        """The oldest events that wait for a webhook."""
        statement = sa.select(outbox).where(outbox.c.webhook_id == webhook_id).order_by(outbox.c.number).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(statement).mappings().all())
        return [WaitingEvent(row["number"], from_text(row["claims"]), text_time(row["created"])) for row in rows]

    async def settle(self, webhook_id: str, number: int) -> None:
        """An event leaves the outbox, and the webhook counts as reached."""

        def work(connection: Connection) -> None:
            connection.execute(outbox.delete().where(outbox.c.number == number))
            connection.execute(_UPDATE, {"key": webhook_id, "count": 0, "moment": None, "error": ""})

        await self._database.write(work)

    async def postpone(self, webhook_id: str, until: datetime, failures: int, error: str) -> None:
        """A webhook could not be reached."""
        values = {"key": webhook_id, "count": failures, "moment": time_text(until)}
        values["error"] = error[:ERROR_CHARACTERS_MAX]
        await self._database.write(lambda connection: connection.execute(_UPDATE, values))


_UPDATE = (
    webhooks.update()
    .where(webhooks.c.id == sa.bindparam("key"))
    .values(
        failures=sa.bindparam("count"),
        next_attempt=sa.bindparam("moment"),
        last_error=sa.bindparam("error"),
    )
)


def _row(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "tenant": webhook.tenant,
        "created": time_text(webhook.created),
        "sealed_key": webhook.sealed_key,
        "failures": webhook.failures,
        "next_attempt": None,
        "last_error": "",
    }


def _webhook(row: Any) -> Webhook:
    return Webhook(
        id=row["id"],
        url=row["url"],
        tenant=row["tenant"],
        created=text_time(row["created"]),
        sealed_key=row["sealed_key"],
        failures=row["failures"],
        next_attempt=optional_time(row["next_attempt"]),
        last_error=row["last_error"],
    )
