"""Webhooks that hear of changes, and the outbox in which events wait for them (RFC 8935, RFC 9967).

An event is written with the change that it tells of, once for every webhook that hears it, and leaves the outbox only
when its receiver has it or it is given up. What came of each attempt is kept as a list of deliveries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Payload(StrEnum):
    """What an event says of a change: which attributes it touched, or their values as well (RFC 9967 §2.4)."""

    NOTICE = "notice"
    FULL = "full"


class Outcome(StrEnum):
    """What came of an attempt to deliver."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """It is tried again."""
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that hears of the changes of one tenant, or of all.

    `sealed_key` signs what it is sent; `sealed_authorization` is what it wants to see in the Authorization header.
    `failures` counts the attempts in a row that did not reach it.
    """

    id: str
    url: str
    tenant: str | None
    created: datetime
    sealed_key: bytes
    sealed_authorization: bytes | None = None
    payload: Payload = Payload.NOTICE
    disabled_at: datetime | None = None
    failures: int = 0
    next_attempt: datetime | None = None
    last_error: str = ""
    owner: str | None = None
    """The process that delivers, or did last."""

    def hears(self, tenant: str) -> bool:
        """Whether it is told of the changes of a tenant."""
        return self.disabled_at is None and (self.tenant is None or self.tenant == tenant)


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event in the outbox, in the order of the changes. `claims` lack the audience."""

    number: int
    claims: Mapping[str, Any]
    created: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt. `token_identifier` is the event's `jti`; `events` its names, `subject` the path of the resource."""

    webhook_id: str
    at: datetime
    token_identifier: str
    events: str
    subject: str
    outcome: Outcome
    status: int | None
    error: str
    attempt: int
    milliseconds: float


class WebhookStore(Protocol):
    """Webhooks and their outbox. Events are written by the store of the resources, with the change."""

    def has_hearers(self, tenant: str) -> bool:
        """Whether anybody hears of a tenant's changes, as known to this process since the last `refresh`."""
        ...

    async def add(self, webhook: Webhook) -> None:
        """A new webhook. Raises `Conflict` when its address hears of the same changes already."""
        ...

    async def list(self) -> Sequence[Webhook]:
        """All, oldest first."""
        ...

    async def get(self, webhook_id: str) -> Webhook:
        """One. Raises `NotFound`."""
        ...

    async def remove(self, webhook_id: str) -> None:
        """Forget it with what waits for it and what was delivered. Raises `NotFound`."""
        ...

    async def change_key(self, webhook_id: str, sealed_key: bytes) -> None:
        """Sign with another key from now on, also what waits. Raises `NotFound`."""
        ...

    async def enable(self, webhook_id: str) -> None:
        """Let it hear again, and try what waits for it now. Raises `NotFound`."""
        ...

    async def refresh(self) -> Sequence[Webhook]:
        """Read the webhooks anew, so that changes by other processes are known."""
        ...

    async def claim(
        self, webhook_id: str, owner: str, *, now: datetime, until: datetime, taking_over: str | None = None
    ) -> bool:
        """Whether this process is the one that delivers to a webhook until then.

        `taking_over` names an owner whose claim is worth nothing any more, because its process is gone.
        """
        ...

    async def waiting(self, webhook_id: str, limit: int) -> Sequence[WaitingEvent]:
        """The oldest events that wait for a webhook."""
        ...

    async def waiting_counts(self) -> Mapping[str, int]:
        """How many events wait, by webhook; those without any are missing."""
        ...

    async def settle(self, number: int, delivery: Delivery) -> None:
        """An event leaves the outbox, delivered or given up; a webhook that has it counts as reached."""
        ...

    async def postpone(self, until: datetime, failures: int, delivery: Delivery) -> None:
        """A webhook could not be reached: nothing is sent to it until then."""
        ...

    async def disable(self, at: datetime, delivery: Delivery) -> None:
        """A webhook wants no more: it hears of nothing until it is enabled again; what waits for it is dropped."""
        ...

    async def deliveries(self, webhook_id: str | None, limit: int) -> Sequence[Delivery]:
        """Attempts, newest first; `limit` 0 is all."""
        ...

    async def prune(self, before: datetime) -> int:
        """Drop attempts from before a moment, and events of webhooks that are gone; how many went."""
        ...
