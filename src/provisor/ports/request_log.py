"""The request log of the SCIM endpoint: who asked for what, and what came of it (kept 30 days).

Secrets are masked and lengths bounded before a row is made. A row of a write is stored with what it changed; rows of
everything else are gathered and stored about once a second, so a crash loses at most the last second of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

SHOWN_DEFAULT = 100


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request. `path` is the kind of path (`/Users/{id}`); JSON is text, cut short where it was long.

    `before` and `after` are the attributes that a write changed. `detail` says why it was refused, or what was
    decided. `milliseconds` of a write end with the change, before its commit.
    """

    at: datetime
    tenant: str | None
    token_id: str | None
    agent: str
    address: str
    method: str
    path: str
    resource_id: str | None
    query: str
    body: str | None
    status: int
    scim_type: str | None
    detail: str
    before: str | None
    after: str | None
    milliseconds: float


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """What to look for. `status` is one (404) or a class of them (4); `limit` 0 is all."""

    tenant: str | None = None
    status: int | None = None
    method: str | None = None
    resource_id: str | None = None
    since: datetime | None = None
    limit: int = SHOWN_DEFAULT


class RequestLog(Protocol):
    """Keeps the log."""

    def append(self, render: Callable[[], LoggedRequest]) -> None:
        """Note a request that changed nothing; its row is rendered and stored later."""
        ...

    async def store(self, logged: LoggedRequest) -> None:
        """Store a row now; returns once it is durable."""
        ...

    async def flush(self) -> None:
        """Store what was appended."""
        ...

    async def entries(self, query: RequestQuery) -> Sequence[LoggedRequest]:
        """Rows, newest first."""
        ...

    async def prune(self, before: datetime) -> int:
        """Drop rows from before a moment, a bounded number at once; how many went."""
        ...
