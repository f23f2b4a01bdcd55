"""Webhooks, their outbox and their deliveries in the database (port: ports/webhooks.py).

Which webhooks there are is remembered, so that a write asks nothing more of the database when there are none. Other
processes' webhooks are known after the next `refresh`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Conflict, NotFound
from provisor.ports.changes import Change, Journal
from provisor.ports.webhooks import Delivery, Outcome, Payload, WaitingEvent, Webhook
from provisor.store.database import Database
from provisor.store.encoding import from_text, optional_time, text_time, time_text
from provisor.store.request_tables import deliveries, outbox, webhooks

ERROR_CHARACTERS_MAX = 300
PRUNE_ROWS_MAX = 1_000

_ADD_EVENTS = outbox.insert()
_encode = msgspec.json.Encoder().encode


class SqlWebhooks:
    """A `WebhookStore` on our tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[Webhook, ...] = ()

    def has_hearers(self, tenant: str) -> bool:
        """Whether anybody hears of a tenant's changes, as known to this process."""
        return any(each.hears(tenant) for each in self._known)

    def write_events(self, connection: Connection, tenant: str, change: Change, journal: Journal, moment: str) -> None:
        """Put the event of a change into the outbox of everybody who hears of it, in whatever transaction this is."""
        if not change.changes_anything:
            return
        hearers = [each for each in self._known if each.hears(tenant)]
        if not hearers:
            return
        claims = {
            payload: _encode(journal.event(change, is_full=payload is Payload.FULL)).decode()
            for payload in {each.payload for each in hearers}
        }
        connection.execute(
            _ADD_EVENTS,
            [{"webhook_id": each.id, "created": moment, "claims": claims[each.payload]} for each in hearers],
        )

    async def add(self, webhook: Webhook) -> None:
        """A new webhook."""
        same = sa.select(webhooks.c.id).where(
            webhooks.c.url == webhook.url, webhooks.c.tenant.is_not_distinct_from(webhook.tenant)
        )

        def work(connection: Connection) -> None:
            if connection.scalar(same) is not None:
                raise Conflict("This webhook is there already.", remedy="Remove it first to change it.", code="")
            connection.execute(webhooks.insert().values(_row(webhook)))

        await self._database.write(work)
        await self.refresh()

    async def list(self) -> Sequence[Webhook]:
        """All, oldest first."""
        statement = sa.select(webhooks).order_by(webhooks.c.created, webhooks.c.id)
        rows = await self._database.read(lambda connection: connection.execute(statement).mappings().all())
        return [_webhook(row) for row in rows]

    async def get(self, webhook_id: str) -> Webhook:
        """One."""
        statement = sa.select(webhooks).where(webhooks.c.id == webhook_id)
        row = await self._database.read(lambda connection: connection.execute(statement).mappings().first())
        if row is None:
            raise _missing(webhook_id)
        return _webhook(row)

    async def remove(self, webhook_id: str) -> None:
        """Forget it with what waits for it and what was delivered."""

        def work(connection: Connection) -> None:
            if not connection.execute(webhooks.delete().where(webhooks.c.id == webhook_id)).rowcount:
                raise _missing(webhook_id)
            connection.execute(outbox.delete().where(outbox.c.webhook_id == webhook_id))
            connection.execute(deliveries.delete().where(deliveries.c.webhook_id == webhook_id))

        await self._database.write(work)
        await self.refresh()

    async def change_key(self, webhook_id: str, sealed_key: bytes) -> None:
        """Sign with another key from now on."""

        def work(connection: Connection) -> None:
            if not _update(connection, webhook_id, {"sealed_key": sealed_key}):
                raise _missing(webhook_id)

        await self._database.write(work)

    async def enable(self, webhook_id: str) -> None:
        """Let it hear again."""

        def work(connection: Connection) -> None:
            values = {"disabled_at": None, "failures": 0, "next_attempt": None, "last_error": ""}
            if not _update(connection, webhook_id, values):
                raise _missing(webhook_id)

        await self._database.write(work)
        await self.refresh()

    async def refresh(self) -> Sequence[Webhook]:
        """Read the webhooks anew."""
        self._known = tuple(await self.list())
        return self._known

    async def claim(
        self, webhook_id: str, owner: str, *, now: datetime, until: datetime, taking_over: str | None = None
    ) -> bool:
        """Whether this process is the one that delivers."""
        is_over = webhooks.c.owned_until <= time_text(now)
        statement = (
            webhooks.update()
            .where(webhooks.c.id == webhook_id)
            .where(sa.or_(webhooks.c.owner.is_(None), webhooks.c.owner.in_([owner, taking_over or owner]), is_over))
            .values(owner=owner, owned_until=time_text(until))
        )
        return await self._database.write(lambda connection: connection.execute(statement).rowcount > 0)

    async def waiting(self, webhook_id: str, limit: int) -> Sequence[WaitingEvent]:
        """The oldest events that wait for a webhook."""
        statement = sa.select(outbox).where(outbox.c.webhook_id == webhook_id).order_by(outbox.c.number).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(statement).mappings().all())
        return [WaitingEvent(row["number"], from_text(row["claims"]), text_time(row["created"])) for row in rows]

    async def waiting_counts(self) -> Mapping[str, int]:
        """How many events wait, by webhook."""
        statement = sa.select(outbox.c.webhook_id, sa.func.count()).group_by(outbox.c.webhook_id)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return {row[0]: row[1] for row in rows}

    async def settle(self, number: int, delivery: Delivery) -> None:
        """An event leaves the outbox, delivered or given up."""

        def work(connection: Connection) -> None:
            connection.execute(outbox.delete().where(outbox.c.number == number))
            connection.execute(deliveries.insert().values(_delivery_row(delivery)))
            error = delivery.error if delivery.outcome is Outcome.GIVEN_UP else ""
            _update(connection, delivery.webhook_id, {"failures": 0, "next_attempt": None, "last_error": error})

        await self._database.write(work)

    async def postpone(self, until: datetime, failures: int, delivery: Delivery) -> None:
        """A webhook could not be reached."""
        values = {"failures": failures, "next_attempt": time_text(until), "last_error": delivery.error}

        def work(connection: Connection) -> None:
            connection.execute(deliveries.insert().values(_delivery_row(delivery)))
            _update(connection, delivery.webhook_id, values)

        await self._database.write(work)

    async def disable(self, at: datetime, delivery: Delivery) -> None:
        """A webhook wants no more."""

        def work(connection: Connection) -> None:
            connection.execute(deliveries.insert().values(_delivery_row(delivery)))
            connection.execute(outbox.delete().where(outbox.c.webhook_id == delivery.webhook_id))
            _update(connection, delivery.webhook_id, {"disabled_at": time_text(at), "last_error": delivery.error})

        await self._database.write(work)
        await self.refresh()

    async def deliveries(self, webhook_id: str | None, limit: int) -> Sequence[Delivery]:
        """Attempts, newest first."""
        statement = sa.select(deliveries).order_by(deliveries.c.number.desc())
        if webhook_id is not None:
            statement = statement.where(deliveries.c.webhook_id == webhook_id)
        if limit:
            statement = statement.limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(statement).mappings().all())
        return [_delivery(row) for row in rows]

    async def prune(self, before: datetime) -> int:
        """Drop old attempts, and events of webhooks that are gone; a bounded number at once."""
        old = sa.select(deliveries.c.number).where(deliveries.c.at < time_text(before)).limit(PRUNE_ROWS_MAX)
        gone = (
            sa.select(outbox.c.number).where(outbox.c.webhook_id.not_in(sa.select(webhooks.c.id))).limit(PRUNE_ROWS_MAX)
        )

        def work(connection: Connection) -> int:
            attempts = connection.execute(deliveries.delete().where(deliveries.c.number.in_(old))).rowcount
            return attempts + connection.execute(outbox.delete().where(outbox.c.number.in_(gone))).rowcount

        return await self._database.write(work)


def _update(connection: Connection, webhook_id: str, values: Mapping[str, Any]) -> int:
    return connection.execute(webhooks.update().where(webhooks.c.id == webhook_id).values(values)).rowcount


def _missing(webhook_id: str) -> NotFound:
    return NotFound(f"There is no webhook {webhook_id}.", remedy="List them to see their ids.")


def _row(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "tenant": webhook.tenant,
        "created": time_text(webhook.created),
        "sealed_key": webhook.sealed_key,
        "sealed_authorization": webhook.sealed_authorization,
        "payload": webhook.payload.value,
        "failures": 0,
        "last_error": "",
    }


def _webhook(row: Any) -> Webhook:
    return Webhook(
        id=row["id"],
        url=row["url"],
        tenant=row["tenant"],
        created=text_time(row["created"]),
        sealed_key=row["sealed_key"],
        sealed_authorization=row["sealed_authorization"],
        payload=Payload(row["payload"]),
        disabled_at=optional_time(row["disabled_at"]),
        failures=row["failures"],
        next_attempt=optional_time(row["next_attempt"]),
        last_error=row["last_error"],
        owner=row["owner"],
    )


def _delivery_row(delivery: Delivery) -> dict[str, Any]:
    row = {name: getattr(delivery, name) for name in Delivery.__slots__}
    row |= {"at": time_text(delivery.at), "outcome": delivery.outcome.value}
    return row | {"error": delivery.error[:ERROR_CHARACTERS_MAX]}


def _delivery(row: Any) -> Delivery:
    values = {name: row[name] for name in Delivery.__slots__}
    values |= {"at": text_time(row["at"]), "outcome": Outcome(row["outcome"])}
    return Delivery(**values)
