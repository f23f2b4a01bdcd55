"""Bearer tokens: hashed, expiring, revocable, rotatable with an overlap, and known only to their tenant."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from clocks import TurnedClock

from provisor.model.errors import NotFound, Reject
from provisor.store.database import Database
from provisor.store.scim_tables import tokens
from provisor.store.tokens import DatabaseTokenStore


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def store(database: Database, clock: TurnedClock) -> DatabaseTokenStore:
    return DatabaseTokenStore(database, clock)


async def test_a_token_finds_its_grant_and_only_its_hash_is_kept(store: DatabaseTokenStore, database: Database) -> None:
    """What is stored would not let anybody in."""
    grant, token = await store.create(tenant="app-1", backend="embedded", profile="entra", name="Entra")
    found = await store.find(token)
    assert found is not None
    assert (found.id, found.tenant, found.backend, found.profile, found.name) == (
        grant.id,
        "app-1",
        "embedded",
        "entra",
        "Entra",
    )
    row = await database.read(lambda c: c.execute(sa.select(tokens)).mappings().one())
    assert token not in str(dict(row))
    assert len(token) >= 43


async def test_an_unknown_token_finds_nothing(store: DatabaseTokenStore) -> None:
    """Neither a stranger's token, nor an empty one, nor one that is nearly right."""
    _, token = await store.create(tenant="app-1", backend="embedded")
    for other in ("", "non-token", token[:-1], token + "x", token.swapcase(), "\udc80"):
        assert await store.find(other) is None


async def test_a_token_expires(store: DatabaseTokenStore, clock: TurnedClock) -> None:
    """At its time, even if it was found a moment before."""
    _, token = await store.create(tenant="a", backend="embedded", expires_at=clock.now() + timedelta(seconds=0.5))
    assert await store.find(token) is not None
    clock.turn(0.6)
    assert await store.find(token) is None


async def test_a_token_cannot_be_made_expired(store: DatabaseTokenStore, clock: TurnedClock) -> None:
    """A time in the past is a mistake, not a wish."""
    with pytest.raises(Reject):
        await store.create(tenant="a", backend="embedded", expires_at=clock.now())


async def test_a_revocation_is_seen_at_once_here_and_within_a_second_elsewhere(
    store: DatabaseTokenStore, database: Database, clock: TurnedClock
) -> None:
    """Another process may remember a token for a second, not longer."""
    grant, token = await store.create(tenant="a", backend="embedded")
    elsewhere = DatabaseTokenStore(database, clock)
    assert await elsewhere.find(token) is not None
    assert await store.find(token) is not None
    revoked = await store.revoke(grant.id)
    assert revoked.revoked_at == clock.now()
    assert await store.find(token) is None
    clock.turn(1.0)
    assert await elsewhere.find(token) is None
    assert (await store.revoke(grant.id)).revoked_at == revoked.revoked_at


async def test_revoking_what_is_not_there_says_so(store: DatabaseTokenStore) -> None:
    """An id that nobody has is an error."""
    with pytest.raises(NotFound):
        await store.revoke("nobody")


async def test_rotation_lets_both_tokens_work_for_the_overlap(store: DatabaseTokenStore, clock: TurnedClock) -> None:
    """The client has time to change over; the new token is everything the old one was."""
    old, old_token = await store.create(tenant="a", backend="embedded", profile="okta", name="n", me="u1")
    new, new_token = await store.rotate(old.id, timedelta(hours=24))
    assert (new.tenant, new.profile, new.name, new.expires_at, new.me) == ("a", "okta", "n", None, "u1")
    assert await store.find(old_token) is not None
    clock.turn(24 * 3600)
    assert await store.find(old_token) is None
    assert await store.find(new_token) is not None
    with pytest.raises(Reject):
        await store.rotate(old.id, timedelta(hours=24))


async def test_last_use_is_noted_once_a_minute(store: DatabaseTokenStore, clock: TurnedClock) -> None:
    """Often enough to see that a token is in use; stored by the next flush, so that no request waits for it."""
    _, token = await store.create(tenant="a", backend="embedded")

    async def used() -> datetime | None:
        await store.find(token)
        await store.flush()
        return (await store.list())[0].last_used

    assert (await store.list())[0].last_used is None
    await store.find(token)
    assert (await store.list())[0].last_used is None
    first = clock.now()
    assert await used() == first
    clock.turn(30)
    assert await used() == first
    clock.turn(31)
    assert await used() == clock.now()


async def test_listing_is_by_tenant(store: DatabaseTokenStore, clock: TurnedClock) -> None:
    """One tenant's list names nobody else's tokens."""
    for tenant in ("a", "b", "a"):
        await store.create(tenant=tenant, backend="embedded")
        clock.turn(1)
    assert [grant.tenant for grant in await store.list()] == ["a", "b", "a"]
    assert len(await store.list("b")) == 1
    assert await store.list("c") == []
