"""Pacing of requests to one target, in simulated time: concurrency, rate, pauses; and the masking of answers."""

import asyncio
import heapq
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisor.connectors.clock import SystemClock
from provisor.connectors.scim.masking import excerpt, masked
from provisor.connectors.scim.pacing import Pacer
from provisor.ports.clock import Clock


class SimulatedClock:
    """Time jumps to the next sleeper whenever everybody sleeps."""

    def __init__(self) -> None:
        self.seconds = 50.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0

    def now(self) -> datetime:
        """The time of day."""
        return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Until time gets there."""
        self._number += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.seconds + max(0.0, seconds), self._number, future))
        await future

    async def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Let time pass until the work is done."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleepers and not task.done():
                at, _, future = heapq.heappop(self._sleepers)
                self.seconds = max(self.seconds, at)
                if not future.done():
                    future.set_result(None)
        return task.result()


async def send_all(clock: SimulatedClock, pacer: Pacer, number: int, latency: float) -> list[float]:
    """Send so many requests as fast as the pacer lets us; gives the moments they left."""
    sent: list[float] = []

    async def one() -> None:
        sent.append(await pacer.enter())
        await clock.sleep(latency)
        pacer.leave()
        pacer.succeeded()

    await asyncio.gather(*(one() for _ in range(number)))
    return sent


@pytest.mark.parametrize("rate", [5.0, 50.0])
@pytest.mark.parametrize("latency", [0.001, 0.2])
async def test_the_permitted_rate_is_kept_and_used(rate: float, latency: float) -> None:
    """Over the run the rate is never exceeded by more than the burst, and at least 95 % of it is used."""
    clock = SimulatedClock()
    pacer = Pacer(clock, in_flight_max=64, rate=rate, jitter=lambda: 0.0)
    sent = await clock.run(send_all(clock, pacer, 200, latency))
    for first in range(0, 200, 10):
        for last in range(first, 200):
            allowed = rate * (sent[last] - sent[first] + 0.2) + 1
            assert last - first + 1 <= allowed + 1e-6
    assert 200 / (sent[-1] - sent[0]) >= 0.95 * rate


async def test_after_a_lull_only_a_small_burst_goes_at_once() -> None:
    """Unused time is not saved up beyond a fraction of a second."""
    clock = SimulatedClock()
    pacer = Pacer(clock, in_flight_max=64, rate=50, jitter=lambda: 0.0)
    clock.seconds += 3600
    sent = await clock.run(send_all(clock, pacer, 60, 0.001))
    assert sum(moment == sent[0] for moment in sent) <= 11


async def test_throttling_halves_the_requests_in_flight_once_per_round() -> None:
    """A round of refusals cuts the limit once; good answers raise it step by step to where it was."""
    clock = SimulatedClock()
    pacer = Pacer(clock, in_flight_max=16, jitter=lambda: 0.0)
    moments = [await pacer.enter() for _ in range(16)]
    clock.seconds += 1
    for moment in moments:
        pacer.leave()
        pacer.throttled(moment)
    assert pacer.limit == 8
    clock.seconds += 1
    for _ in range(6):
        entered = await pacer.enter()
        pacer.leave()
        clock.seconds += 1
        pacer.throttled(entered)
    assert pacer.limit == 1
    for _ in range(200):
        pacer.succeeded()
    assert pacer.limit == 16


async def test_a_pause_holds_back_those_who_wait() -> None:
    """Nobody is let through before the pause is over, not even who waits for his place in the rate."""
    clock = SimulatedClock()
    pacer = Pacer(clock, in_flight_max=4, rate=10, jitter=lambda: 0.5)
    entered = await pacer.enter()
    pacer.leave()
    later = asyncio.ensure_future(send_all(clock, pacer, 8, 0.01))
    await asyncio.sleep(0)
    pacer.throttled(entered, 60)
    sent = await clock.run(asyncio.wait_for(later, None))
    assert min(sent) >= 50 + 60
    assert len(sent) == 8


async def test_giving_up_while_waiting_loses_no_place() -> None:
    """Tasks that are cancelled in the queue, or in a pause, leave room for the others."""
    clock = SimulatedClock()
    pacer = Pacer(clock, in_flight_max=2, jitter=lambda: 0.0)
    held = [await pacer.enter(), await pacer.enter()]
    waiting = [asyncio.ensure_future(pacer.enter()) for _ in range(6)]
    await asyncio.sleep(0)
    for task in waiting[:2]:
        task.cancel()
    pacer.leave()
    waiting[2].cancel()  # in the very moment that it got its place
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    pacer.leave()
    await asyncio.sleep(0)
    assert [task.done() and not task.cancelled() for task in waiting] == [False, False, False, True, True, False]
    pacer.throttled(held[0], 60)
    pacer.leave()
    await asyncio.sleep(0)
    waiting[5].cancel()
    pacer.leave()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert len(await clock.run(send_all(clock, pacer, 3, 0.01))) == 3


async def test_the_systems_clock() -> None:
    """The real clock speaks UTC, never goes back, and takes a wait of nothing or less as a pause for others."""
    clock: Clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(-5)
    await clock.sleep(0.001)
    assert clock.monotonic() > before
    assert clock.now().utcoffset() == timedelta(0)


# ---------------------------------------------------------------- masking


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("userName ada@contoso.example is taken", "userName ada@contoso.example is taken"),
        ("token: abc123, next", "token: •••, next"),
        ('{"apiKey": "k-1", "name": "x"}', '{"apiKey": •••, "name": "x"}'),
        ("Authorization: Basic YWRhOnB3", "Authorization: ••• •••"),
        ("key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc_def", "key •••"),
        ("User 2819c223-7f76-453a-919d-413861904646 not found", "User 2819c223-7f76-453a-919d-413861904646 not found"),
        ("urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User"),
        ("line one\r\n\x1b[31mline two\x00", "line one [31mline two"),
        ("it was S3CRET!", "it was •••!"),
    ],
)
def test_masking(text: str, shown: str) -> None:
    """Secrets, named or by their looks, are masked; sentences, names and ids stay readable on one line."""
    assert masked(text, ["S3CRET"]) == shown


def test_an_excerpt_shows_at_most_200_masked_characters() -> None:
    """Test Connection cannot be used to read pages of an inner network."""
    body = b"<p>Hello ada@contoso.example</p> " * 10_000 + bytes(range(256))
    shown = excerpt(body)
    assert len(shown) == 200
    assert "ada" not in shown
    assert "Hello" in shown
    assert excerpt(b"\xff\xfe") == "��"
