"""The request log of the SCIM endpoint: who asked for what, and what came of it (kept 30 days).

Secrets are masked and lengths bounded before a row is made. A row of a write is stored with what it changed; rows of
everything else are gathered and stored about once a second, so a crash loses at most the last second of them.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

SHOWN_DEFAULT = 100


class LoggedRequest(NamedTuple):
    """One request, as a tuple because one is made for every request. JSON is text, cut short where it was long.

    `id` is the transaction that the events of the same change name. `path` is the kind of path (`/Users/{id}`).
    `before` and `after` are the attributes that a write changed. `detail` says what was decided, or why it was refused.
    `milliseconds` of a write end with the change, before its commit. `token_name` is filled in when it is read.
    """

    at: datetime
    id: str
    tenant: str | None
    token_id: str | None
    address: str
    agent: str
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
    token_name: str = ""


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """What to look for; `tenant` binds the answer to one tenant, None is for whoever may see all.

    `status` is one (404) or a class of them (4). `token` is an id or a name. `text` is looked for, in any case, in what
    was asked, decided and changed. `limit` 0 is all.
    """

    tenant: str | None = None
    status: int | None = None
    method: str | None = None
    resource_id: str | None = None
    token: str | None = None
    request_id: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
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

    async def erase(self, texts: Collection[str]) -> int:
        """Blank whatever rows tell of people, where one of the texts stands in a row or in another of its resource.

        That a request was there, its ids and its status stay. How many rows were blanked.
        """
        ...

    async def prune(self, before: datetime) -> int:
        """Drop rows from before a moment, a bounded number at once; how many went."""
        ...
