"""Bearer tokens, and what a token speaks for (CONTRACT, "SCIM" and "Roles"; RFC 6750).

A token is shown once, when it is made; what is kept is a hash. A token belongs to one tenant, an application or
an installation, and nobody can reach another tenant with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

SCIM_ROLE = "scim"
"""The role of a SCIM client (CONTRACT, "Roles")."""


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """What a token permits.

    `tenant` is the id of the application or installation; `backend` names the kind of resource backend that
    keeps the tenant's resources; `profile` names the client's dialect. `last_used` lags by up to a minute.
    """

    id: str
    name: str
    tenant: str
    backend: str
    role: str
    profile: str
    created: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used: datetime | None = None
    rate: int | None = None
    """Requests per second that it may send for long; None is the default, zero no limit."""
    me: str | None = None
    """The id of the user that `/Me` stands for (RFC 7644 §3.11), where the token speaks for a person."""

    def is_valid(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class TokenStore(Protocol):
    """Makes, finds and ends tokens."""

    async def create(
        self,
        *,
        tenant: str,
        backend: str,
        role: str = SCIM_ROLE,
        profile: str = "default",
        name: str = "",
        expires_at: datetime | None = None,
        token: str | None = None,
        rate: int | None = None,
        me: str | None = None,
    ) -> tuple[TokenGrant, str]:
        """A new grant and its token. The token cannot be shown again.

        `token` is one that the operator chose instead; raises `Reject` when it is too short to be a secret, and
        `Conflict` when it was in use before.
        """
        ...

    async def find(self, token: str) -> TokenGrant | None:
        """The grant of a token, None when it is unknown, revoked or expired. Notes that it was used.

        A revocation by another process is seen within a second.
        """
        ...

    async def list(self, tenant: str | None = None) -> Sequence[TokenGrant]:
        """Every grant, or those of one tenant, oldest first; ended ones included."""
        ...

    async def change(self, token_id: str, *, profile: str | None = None, rate: int | None = None) -> TokenGrant:
        """Give a token another profile or rate; None leaves it as it is. Raises `NotFound`."""
        ...

    async def revoke(self, token_id: str) -> TokenGrant:
        """End a token now. Raises `NotFound`. Ending it twice changes nothing."""
        ...

    async def rotate(self, token_id: str, overlap: timedelta) -> tuple[TokenGrant, str]:
        """A new token in the place of another, which still works for `overlap`.

        Raises `NotFound`, and `Reject` when the old one has ended.
        """
        ...

    async def flush(self) -> None:
        """Store which tokens were used. A crash loses at most what was noted since the last time."""
        ...
