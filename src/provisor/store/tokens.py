"""Bearer tokens in the database: 256 random bits, kept as their SHA-256 (DESIGN §5).

A random token needs no slow hash: nobody can guess 256 bits. Found grants are remembered for a second, so the
hot path costs no SQL and a revocation by another process is still seen at once.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Conflict, NotFound, Reject
from provisor.ports.clock import Clock
from provisor.ports.tokens import SCIM_ROLE, TokenGrant
from provisor.store.database import Database
from provisor.store.encoding import optional_time, text_time, time_text
from provisor.store.scim_tables import tokens

TOKEN_BYTES = 32
CHOSEN_LENGTH_MIN = 16
"""Characters of a token that an operator chooses."""
REMEMBERED_SECONDS = 1.0
REMEMBERED_MAX = 10_000
RATE_MAX = 1_000_000
"""Requests per second; whoever wants more wants no limit."""
LAST_USED_RESOLUTION = timedelta(minutes=1)

_FIND = sa.select(tokens).where(tokens.c.hash == sa.bindparam("hash"))
_TOUCH = tokens.update().where(tokens.c.id == sa.bindparam("token_id")).values(last_used=sa.bindparam("used"))


@dataclass(slots=True)
class _Remembered:
    hash: str
    grant: TokenGrant
    until: float


class DatabaseTokenStore:
    """A `TokenStore` on our tables."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._remembered: dict[str, _Remembered] = {}
        self._used: dict[str, datetime] = {}

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
        """A new grant and its token."""
        now = self._clock.now()
        if token is not None and len(token) < CHOSEN_LENGTH_MIN:
            raise Reject(
                f"A token has at least {CHOSEN_LENGTH_MIN} characters.", remedy="Leave it out, and one is made."
            )
        if expires_at is not None and expires_at <= now:
            raise Reject("The token would have expired before it was made.", remedy="Choose a later time.")
        _check_rate(rate)
        grant = TokenGrant(str(uuid.uuid4()), name, tenant, backend, role, profile, now, expires_at, rate=rate, me=me)
        token = token or secrets.token_urlsafe(TOKEN_BYTES)
        row = _row_of(grant, _hash(token))

        def work(connection: Connection) -> None:
            if connection.scalar(sa.select(tokens.c.id).where(tokens.c.hash == row["hash"])):
                raise Conflict("This token was in use before.", remedy="Choose another.", code="")
            connection.execute(tokens.insert().values(row))

        await self._database.write(work)
        return grant, token

    async def find(self, token: str) -> TokenGrant | None:
        """The grant of a valid token."""
        digest = _hash(token)
        remembered = self._remembered.get(digest)
        if remembered is None or self._clock.monotonic() >= remembered.until:
            remembered = await self._look_up(digest)
        if remembered is None or not hmac.compare_digest(remembered.hash, digest):
            return None
        return remembered.grant if remembered.grant.is_valid(self._clock.now()) else None

    async def list(self, tenant: str | None = None) -> Sequence[TokenGrant]:
        """Every grant, oldest first."""
        query = sa.select(tokens).order_by(tokens.c.created, tokens.c.id)
        if tenant is not None:
            query = query.where(tokens.c.tenant == tenant)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [_grant_of(row) for row in rows]

    async def change(self, token_id: str, *, profile: str | None = None, rate: int | None = None) -> TokenGrant:
        """Give a token another profile or rate."""
        _check_rate(rate)
        values = {name: value for name, value in (("profile", profile), ("rate", rate)) if value is not None}

        def work(connection: Connection) -> TokenGrant:
            grant = _get(connection, token_id)
            if values:
                _update(connection, token_id, **values)
            return replace(grant, profile=profile or grant.profile, rate=grant.rate if rate is None else rate)

        grant = await self._database.write(work)
        self._remembered.clear()
        return grant

    async def revoke(self, token_id: str) -> TokenGrant:
        """End a token now."""
        now = self._clock.now()

        def work(connection: Connection) -> TokenGrant:
            grant = _get(connection, token_id)
            if grant.revoked_at is not None:
                return grant
            ended = replace(grant, revoked_at=now)
            _update(connection, token_id, revoked_at=time_text(now))
            return ended

        grant = await self._database.write(work)
        self._remembered.clear()
        return grant

    async def rotate(self, token_id: str, overlap: timedelta) -> tuple[TokenGrant, str]:
        """A new token in the place of another. A lifetime, where the old one had one, starts anew."""
        now = self._clock.now()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        new_id = str(uuid.uuid4())

        def work(connection: Connection) -> TokenGrant:
            old = _get(connection, token_id)
            if not old.is_valid(now):
                raise Reject(f"Token {token_id} has ended already.", remedy="Create a new token instead.")
            expires_at = None if old.expires_at is None else now + (old.expires_at - old.created)
            grant = replace(old, id=new_id, created=now, expires_at=expires_at, last_used=None)
            connection.execute(tokens.insert().values(_row_of(grant, _hash(token))))
            end = now + overlap if old.expires_at is None else min(old.expires_at, now + overlap)
            _update(connection, token_id, expires_at=time_text(end))
            return grant

        grant = await self._database.write(work)
        self._remembered.clear()
        return grant, token

    async def _look_up(self, digest: str) -> _Remembered | None:
        self._remembered.pop(digest, None)
        row = await self._database.read(
            lambda connection: connection.execute(_FIND, {"hash": digest}).mappings().first()
        )
        if row is None:  # not remembered: strangers must not fill the memory
            return None
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        grant = _grant_of(row)
        found = _Remembered(row["hash"], grant, self._clock.monotonic() + REMEMBERED_SECONDS)
        self._remembered[digest] = found
        self._touch(grant)
        return found

    def _touch(self, grant: TokenGrant) -> None:
        """Note the use, at most once a minute; nobody waits for it to be stored."""
        now = self._clock.now()
        is_recent = grant.last_used is not None and now - grant.last_used < LAST_USED_RESOLUTION
        if not is_recent and grant.is_valid(now):
            self._used[grant.id] = now

    async def flush(self) -> None:
        """Store which tokens were used."""
        if not self._used:
            return
        used, self._used = self._used, {}
        rows = [{"token_id": token_id, "used": time_text(moment)} for token_id, moment in used.items()]
        await self._database.write(lambda connection: connection.execute(_TOUCH, rows))


def _check_rate(rate: int | None) -> None:
    if rate is not None and not 0 <= rate <= RATE_MAX:
        raise Reject(f"A rate is a number of requests per second, at most {RATE_MAX}.", remedy="Use 0 for no limit.")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _get(connection: Connection, token_id: str) -> TokenGrant:
    row = connection.execute(sa.select(tokens).where(tokens.c.id == token_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no token {token_id}.", remedy="List the tokens to see their ids.")
    return _grant_of(row)


def _update(connection: Connection, token_id: str, **values: Any) -> None:
    connection.execute(tokens.update().where(tokens.c.id == token_id).values(values))


def _row_of(grant: TokenGrant, digest: str) -> dict[str, Any]:
    return {
        "id": grant.id,
        "hash": digest,
        "name": grant.name,
        "tenant": grant.tenant,
        "backend": grant.backend,
        "role": grant.role,
        "profile": grant.profile,
        "created": time_text(grant.created),
        "expires_at": None if grant.expires_at is None else time_text(grant.expires_at),
        "revoked_at": None if grant.revoked_at is None else time_text(grant.revoked_at),
        "last_used": None if grant.last_used is None else time_text(grant.last_used),
        "rate": grant.rate,
        "me": grant.me,
    }


def _grant_of(row: Any) -> TokenGrant:
    return TokenGrant(
        id=row["id"],
        name=row["name"],
        tenant=row["tenant"],
        backend=row["backend"],
        role=row["role"],
        profile=row["profile"],
        created=text_time(row["created"]),
        expires_at=optional_time(row["expires_at"]),
        revoked_at=optional_time(row["revoked_at"]),
        last_used=optional_time(row["last_used"]),
        rate=row["rate"],
        me=row["me"],
    )
