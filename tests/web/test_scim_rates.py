"""A token's own rate: how fast, how much at once, what the client is told, and that nobody else feels it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim_world import HandClock, ScimWorld, check_error, scim_world

from provisor.model.errors import Transient
from provisor.ports.tokens import TokenGrant
from provisor.server.operating.rates import BURST_SECONDS, TOKENS_REMEMBERED_MAX, Rates

START = HandClock().now()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


def grant(token_id: str, rate: int | None = None) -> TokenGrant:
    """A token with a rate."""
    return TokenGrant(token_id, "", "contoso", "embedded", "scim", "default", START, rate=rate)


def is_taken(rates: Rates, of: TokenGrant, now: float) -> bool:
    """Whether one more request is allowed."""
    try:
        rates.take(of, now)
    except Transient:
        return False
    return True


async def test_a_token_that_asks_too_often_is_told_when_to_ask_again(world: ScimWorld) -> None:
    """429 in SCIM's form with Retry-After; after that time it is let in; others never notice."""
    fast, other = await world.client(rate=5), await world.client(rate=5)
    statuses = [(await fast("GET", "/Users")).status for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    heard = await fast("GET", "/Users")
    check_error(heard, 429)
    assert heard.headers["retry-after"] == "1"
    assert (await other("GET", "/Users")).status == 200
    world.clock.passed += int(heard.headers["retry-after"])
    assert (await fast("GET", "/Users")).status == 200


async def test_a_request_that_is_one_too_many_changes_nothing(world: ScimWorld) -> None:
    """It is refused before its body is read, and logged."""
    client = await world.client(rate=1)
    await client.user("ada")
    await client.user("boris")
    assert (await client("POST", "/Users", {"userName": "chen"})).status == 429
    world.clock.passed += 10
    assert len(await client.found("/Users")) == 2
    assert [row.status for row in await world.logged()] == [201, 201, 429, 200]


def test_without_a_rate_there_is_no_limit_unless_an_operator_sets_one() -> None:
    """None is the default, which is no limit; zero is no limit whatever the default."""
    assert all(is_taken(Rates(), grant("a"), 0.0) for _ in range(100_000))
    strict = Rates(default=1)
    assert [is_taken(strict, grant("a"), 0.0) for _ in range(3)] == [True, True, False]
    assert all(is_taken(strict, grant("b", 0), 0.0) for _ in range(1_000))


@given(rate=st.integers(1, 1_000), begin=st.floats(0, 1e6), count=st.integers(1, 200))
def test_who_keeps_to_the_rate_is_never_refused(rate: int, begin: float, count: int) -> None:
    """Requests at exactly the rate, for as long as one likes."""
    rates, of = Rates(), grant("a", rate)
    assert all(is_taken(rates, of, begin + number / rate) for number in range(count))


@given(rate=st.integers(1, 50), waits=st.lists(st.floats(0, 0.2), min_size=1, max_size=300))
def test_nobody_gets_more_than_the_rate_and_one_burst(rate: int, waits: list[float]) -> None:
    """In any stretch of time, however the requests are spread."""
    rates, of, now, taken = Rates(), grant("a", rate), 0.0, 0
    for wait in waits:
        now += wait
        taken += is_taken(rates, of, now)
    assert taken <= rate * (now + BURST_SECONDS) + 1


def test_many_tokens_do_not_fill_the_memory() -> None:
    """Those that have nothing used up are forgotten first."""
    rates = Rates()
    for number in range(TOKENS_REMEMBERED_MAX + 10):
        rates.take(grant(str(number), 100), number / 10)
    assert len(rates._paid_until) < TOKENS_REMEMBERED_MAX
