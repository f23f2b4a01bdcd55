"""Sign-in links and sessions in the database: 256 random bits each, kept as their SHA-256 (DESIGN §5).

A random token needs no slow hash. A link is spent by deleting its row: whoever deletes it has it, so two at once
cannot both sign in. Rows that have ended are removed whenever a new link is made.
"""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Reject
from provisor.policy.access import Action, Role, is_allowed
from provisor.ports.sessions import (
    LINK_LIFETIME,
    SESSION_IDLE_LIFETIME,
    SESSION_LIFETIME,
    TOUCH_RESOLUTION,
    Session,
    SignInLink,
)
from provisor.store.database import Database
from provisor.store.encoding import text_time, time_text
from provisor.store.session_tables import sessions, sign_in_links

TOKEN_BYTES = 32
NAME_LENGTH_MAX = 200


class DatabaseSessions:
    """Implements `provisor.ports.sessions.SessionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_link(self, *, person: str, role: str, now: datetime) -> str:
        """See the port."""
        name = person.strip()
        _check(name, role)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = {
            "id": str(uuid.uuid4()),
            "hash": _hash(token),
            "person": name,
            "role": role,
            "created": time_text(now),
            "expires_at": time_text(now + LINK_LIFETIME),
        }

        def work(connection: Connection) -> None:
            _remove_ended(connection, now)
            connection.execute(sign_in_links.insert().values(row))

        await self._database.write(work)
        return token

    async def peek_link(self, token: str, now: datetime) -> SignInLink | None:
        """See the port."""
        query = sign_in_links.select().where(sign_in_links.c.hash == _hash(token))
        row = await self._database.read(lambda connection: connection.execute(query).first())
        link = _link(row) if row else None
        return link if link and now < link.expires_at else None

    async def sign_in(self, token: str, now: datetime) -> tuple[Session, str] | None:
        """See the port."""
        session_token = secrets.token_urlsafe(TOKEN_BYTES)
        session_id = str(uuid.uuid4())
        spend = sign_in_links.delete().where(sign_in_links.c.hash == _hash(token)).returning(*sign_in_links.c)

        def work(connection: Connection) -> Session | None:
            row = connection.execute(spend).first()
            if row is None or now >= text_time(row.expires_at):
                return None
            session = Session(session_id, row.person, row.role, now, now, now + SESSION_LIFETIME)
            connection.execute(sessions.insert().values(_row(session, _hash(session_token))))
            return session

        session = await self._database.write(work)
        return (session, session_token) if session else None

    async def find(self, token: str, now: datetime) -> Session | None:
        """See the port."""
        query = sessions.select().where(sessions.c.hash == _hash(token))
        row = await self._database.read(lambda connection: connection.execute(query).first())
        session = _session(row) if row else None
        return session if session and session.is_valid(now) else None

    async def touch(self, session: Session, now: datetime) -> None:
        """See the port."""
        if now - session.last_seen < TOUCH_RESOLUTION:
            return
        statement = sessions.update().where(sessions.c.id == session.id).values(last_seen=time_text(now))
        await self._database.write(lambda connection: connection.execute(statement))

    async def end(self, session_id: str) -> None:
        """See the port."""
        statement = sessions.delete().where(sessions.c.id == session_id)
        await self._database.write(lambda connection: connection.execute(statement))

    async def end_all(self, person: str) -> int:
        """See the port."""

        def work(connection: Connection) -> int:
            connection.execute(sign_in_links.delete().where(sign_in_links.c.person == person))
            return int(connection.execute(sessions.delete().where(sessions.c.person == person)).rowcount)

        return await self._database.write(work)

    async def sessions(self, now: datetime) -> Sequence[Session]:
        """See the port."""
        query = sessions.select().order_by(sessions.c.created.desc(), sessions.c.id)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [session for session in map(_session, rows) if session.is_valid(now)]


def _check(name: str, role: str) -> None:
    people = [known.value for known in Role if is_allowed(known, Action.VIEW_STATUS)]
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise Reject(f"{name!r} is not a name.", remedy=f"Give a name of 1 to {NAME_LENGTH_MAX} printable characters.")
    if role not in people:
        raise Reject(f"Nobody can sign in with the role {role!r}.", remedy=f"Choose one of {', '.join(people)}.")


def _remove_ended(connection: Connection, now: datetime) -> None:
    idle_since = time_text(now - SESSION_IDLE_LIFETIME)
    connection.execute(sign_in_links.delete().where(sign_in_links.c.expires_at <= time_text(now)))
    connection.execute(
        sessions.delete().where(sa.or_(sessions.c.expires_at <= time_text(now), sessions.c.last_seen <= idle_since))
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _row(session: Session, digest: str) -> dict[str, Any]:
    return {
        "id": session.id,
        "hash": digest,
        "person": session.person,
        "role": session.role,
        "created": time_text(session.created),
        "last_seen": time_text(session.last_seen),
        "expires_at": time_text(session.expires_at),
    }


def _link(row: sa.Row[Any]) -> SignInLink:
    return SignInLink(row.id, row.person, row.role, text_time(row.created), text_time(row.expires_at))


def _session(row: sa.Row[Any]) -> Session:
    return Session(
        row.id, row.person, row.role, text_time(row.created), text_time(row.last_seen), text_time(row.expires_at)
    )
