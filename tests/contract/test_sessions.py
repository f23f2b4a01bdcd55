"""Sign-in links work once and for a quarter of an hour; sessions end when idle, when old, and when told to."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from clocks import START

from provisor.model.errors import Reject
from provisor.ports.sessions import LINK_LIFETIME, SESSION_IDLE_LIFETIME, SESSION_LIFETIME, TOUCH_RESOLUTION
from provisor.store.database import Database
from provisor.store.session_tables import sessions, sign_in_links
from provisor.store.sessions import DatabaseSessions

ROLE = "global-administrator"
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def store(database: Database) -> DatabaseSessions:
    return DatabaseSessions(database)


async def test_a_link_opens_a_session_for_its_person_and_role(store: DatabaseSessions) -> None:
    """Who signs in is who the link was made for."""
    token = await store.create_link(person=" Grace ", role=ROLE, now=START)
    link = await store.peek_link(token, START)
    assert link is not None
    assert (link.person, link.role, link.expires_at) == ("Grace", ROLE, START + LINK_LIFETIME)
    signed_in = await store.sign_in(token, START)
    assert signed_in is not None
    session, session_token = signed_in
    assert (session.person, session.role, session.expires_at) == ("Grace", ROLE, START + SESSION_LIFETIME)
    assert await store.find(session_token, START) == session
    assert [one.person for one in await store.sessions(START)] == ["Grace"]


async def test_only_hashes_are_kept(store: DatabaseSessions, database: Database) -> None:
    """What is stored would not let anybody in, and both tokens have 256 bits."""
    token = await store.create_link(person="Ada", role=ROLE, now=START)
    other = await store.create_link(person="Ada", role=ROLE, now=START)
    signed_in = await store.sign_in(token, START)
    assert signed_in is not None
    rows = await database.read(
        lambda c: [dict(row) for table in (sign_in_links, sessions) for row in c.execute(sa.select(table)).mappings()]
    )
    assert len(rows) == 2
    for secret in (token, other, signed_in[1]):
        assert secret not in str(rows)
        assert len(secret) >= 43


async def test_a_link_works_once(store: DatabaseSessions) -> None:
    """Looking at it spends nothing; signing in spends it."""
    token = await store.create_link(person="Ada", role=ROLE, now=START)
    assert await store.peek_link(token, START) is not None
    assert await store.sign_in(token, START) is not None
    assert await store.peek_link(token, START) is None
    assert await store.sign_in(token, START) is None


async def test_of_many_at_once_exactly_one_signs_in(store: DatabaseSessions, database_url: str) -> None:
    """The link is spent in one step, even between processes."""
    token = await store.create_link(person="Ada", role=ROLE, now=START)
    elsewhere = Database(database_url)
    others = DatabaseSessions(elsewhere)
    try:
        tries = [one.sign_in(token, START) for one in (store, others) for _ in range(5)]
        results = await asyncio.gather(*tries)
    finally:
        await elsewhere.close()
    assert len([result for result in results if result]) == 1


async def test_a_link_expires_after_fifteen_minutes(store: DatabaseSessions) -> None:
    """To the moment."""
    token = await store.create_link(person="Ada", role=ROLE, now=START)
    assert timedelta(minutes=15) == LINK_LIFETIME
    assert await store.peek_link(token, START + LINK_LIFETIME - MOMENT) is not None
    assert await store.peek_link(token, START + LINK_LIFETIME) is None
    assert await store.sign_in(token, START + LINK_LIFETIME) is None


async def test_strangers_find_nothing(store: DatabaseSessions) -> None:
    """Not with an unknown token, and not with one of the other kind."""
    token = await store.create_link(person="Ada", role=ROLE, now=START)
    for other in ("", "x", token[:-1], token.swapcase(), "\udc80"):
        assert await store.peek_link(other, START) is None
        assert await store.sign_in(other, START) is None
        assert await store.find(other, START) is None
    assert await store.find(token, START) is None
    signed_in = await store.sign_in(token, START)
    assert signed_in is not None
    assert await store.sign_in(signed_in[1], START) is None


async def test_a_session_ends_when_it_is_idle(store: DatabaseSessions) -> None:
    """Use keeps it alive, noted at most once a minute; looking it up does not."""
    signed_in = await store.sign_in(await store.create_link(person="Ada", role=ROLE, now=START), START)
    assert signed_in is not None
    session, token = signed_in
    await store.touch(session, START + TOUCH_RESOLUTION - MOMENT)
    assert await store.find(token, START + SESSION_IDLE_LIFETIME - MOMENT) == session
    assert await store.find(token, START + SESSION_IDLE_LIFETIME) is None
    used = START + SESSION_IDLE_LIFETIME - MOMENT
    await store.touch(session, used)
    assert await store.find(token, START + SESSION_IDLE_LIFETIME) is not None
    assert await store.find(token, used + SESSION_IDLE_LIFETIME) is None


async def test_a_session_ends_after_a_working_day_however_much_it_is_used(store: DatabaseSessions) -> None:
    """Its end is set when it begins."""
    signed_in = await store.sign_in(await store.create_link(person="Ada", role=ROLE, now=START), START)
    assert signed_in is not None
    session, token = signed_in
    await store.touch(session, START + SESSION_LIFETIME - MOMENT)
    assert await store.find(token, START + SESSION_LIFETIME - MOMENT) is not None
    assert await store.find(token, START + SESSION_LIFETIME) is None


async def test_signing_out_ends_one_session(store: DatabaseSessions) -> None:
    """Others of the same person go on, and ending it twice changes nothing."""
    tokens = []
    for _ in range(2):
        signed_in = await store.sign_in(await store.create_link(person="Ada", role=ROLE, now=START), START)
        assert signed_in is not None
        tokens.append(signed_in)
    await store.end(tokens[0][0].id)
    await store.end(tokens[0][0].id)
    assert await store.find(tokens[0][1], START) is None
    assert await store.find(tokens[1][1], START) is not None


async def test_a_person_is_put_out_everywhere(store: DatabaseSessions) -> None:
    """Sessions and open links of that person, nobody else's."""
    kept = await store.create_link(person="Grace", role=ROLE, now=START)
    link = await store.create_link(person="Ada", role=ROLE, now=START)
    signed_in = await store.sign_in(await store.create_link(person="Ada", role=ROLE, now=START), START)
    assert signed_in is not None
    assert await store.end_all("Ada") == 1
    assert await store.find(signed_in[1], START) is None
    assert await store.peek_link(link, START) is None
    assert await store.peek_link(kept, START) is not None


async def test_what_has_ended_is_cleared_away(store: DatabaseSessions, database: Database) -> None:
    """Tables do not grow with every sign-in."""
    await store.create_link(person="Ada", role=ROLE, now=START)
    await store.sign_in(await store.create_link(person="Ada", role=ROLE, now=START), START)
    await store.create_link(person="Grace", role=ROLE, now=START + SESSION_LIFETIME)
    count = await database.read(
        lambda c: [c.scalar(sa.select(sa.func.count()).select_from(table)) for table in (sign_in_links, sessions)]
    )
    assert count == [1, 0]


@pytest.mark.parametrize(
    ("person", "role"), [("", ROLE), ("  ", ROLE), ("x" * 201, ROLE), ("A\nB", ROLE), ("Ada", "scim"), ("Ada", "king")]
)
async def test_a_link_needs_a_name_and_a_role_of_people(store: DatabaseSessions, person: str, role: str) -> None:
    """A SCIM client has no business in the console."""
    with pytest.raises(Reject):
        await store.create_link(person=person, role=role, now=START)
