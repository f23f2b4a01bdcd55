"""Webhooks that hear of changes, and the outbox in which events wait for them (RFC 8935, RFC 9967)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that hears of the changes of one tenant, or of all. `sealed_key` signs what it is sent."""

    id: str
    url: str
    tenant: str | None
    created: datetime
    sealed_key: bytes | None = None
    failures: int = 0
    """How often in a row it could not be reached; zero after every delivery."""
    next_attempt: datetime | None = None
    last_error: str = ""

    def hears(self, tenant: str) -> bool:
        """Whether it is told of the changes of a tenant."""
        return self.tenant is None or self.tenant == tenant


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event in the outbox, in the order of the changes."""

    number: int
    claims: Mapping[str, Any]
    created: datetime


class WebhookStore(Protocol):
    """Webhooks and their outbox. Events are written by the store of the resources, with the change."""

    def has_hearers(self, tenant: str) -> bool:
        """Whether anybody hears of a tenant's changes, as known to this process; at most a second old."""
        ...

    async def add(self, url: str, tenant: str | None, sealed_key: bytes | None) -> Webhook:
        """A new webhook. Raises `Conflict` when it is there already."""
        ...

    async def list(self) -> Sequence[Webhook]:
        """All, oldest first."""
        ...

    async def remove(self, webhook_id: str) -> None:
        """Forget it and what waits for it. Raises `NotFound`."""
        ...

    async def refresh(self) -> Sequence[Webhook]:
        """Read the webhooks anew, so that changes by other processes are known."""
        ...

    async def waiting(self, webhook_id: str, limit: int) -> Sequence[WaitingEvent]:
        """The oldest events that wait for a webhook."""
        ...

    async def settle(self, webhook_id: str, number: int) -> None:
        """An event is delivered, or given up: it leaves the outbox, and the webhook counts as reached."""
        ...

    async def postpone(self, webhook_id: str, until: datetime, failures: int, error: str) -> None:
        """A webhook could not be reached."""
        ...
