"""Signing in to the console: one-time links, and the sessions that they open (DESIGN §5, "First run").

Both are random and kept as hashes: what is stored would let nobody in. A link works once and for a short time; a
session ends when it is not used for a while, and in any case after a working day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

LINK_LIFETIME = timedelta(minutes=15)
SESSION_IDLE_LIFETIME = timedelta(hours=1)
"""A session that is not used for so long has ended."""
SESSION_LIFETIME = timedelta(hours=8)
"""A session ends after this, however much it is used."""
TOUCH_RESOLUTION = timedelta(minutes=1)
"""How exactly the last use is known: a write per request would cost more than the request."""


@dataclass(frozen=True, slots=True)
class SignInLink:
    """What a one-time link permits: this person, in this role, until then."""

    id: str
    person: str
    role: str
    created: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in. `last_seen` lags by up to `TOUCH_RESOLUTION`."""

    id: str
    person: str
    role: str
    created: datetime
    last_seen: datetime
    expires_at: datetime

    def is_valid(self, now: datetime) -> bool:
        """Whether it still counts: used lately, and not too old."""
        return now < self.expires_at and now - self.last_seen < SESSION_IDLE_LIFETIME


class SessionStore(Protocol):
    """Makes and spends links, and keeps sessions. `now` is always the caller's."""

    async def create_link(self, *, person: str, role: str, now: datetime) -> str:
        """A new one-time link's token, 256 random bits; it cannot be shown again.

        Raises `Reject` for a role that is no person's, or an empty name.
        """
        ...

    async def peek_link(self, token: str, now: datetime) -> SignInLink | None:
        """What the link would permit, without spending it; None when it is unknown, spent or expired."""
        ...

    async def sign_in(self, token: str, now: datetime) -> tuple[Session, str] | None:
        """Spend the link and open a session, in one transaction: of two at once, one gets None.

        The text is the session's token, for the person's cookie.
        """
        ...

    async def find(self, token: str, now: datetime) -> Session | None:
        """The valid session of a token. Does not count as use."""
        ...

    async def touch(self, session: Session, now: datetime) -> None:
        """Note that the session was used; writes at most once per `TOUCH_RESOLUTION`."""
        ...

    async def end(self, session_id: str) -> None:
        """Sign out. Ending it twice changes nothing."""
        ...

    async def end_all(self, person: str) -> int:
        """End every session and link of a person; returns how many sessions ended."""
        ...

    async def sessions(self, now: datetime) -> Sequence[Session]:
        """Who is signed in, the latest first."""
        ...
