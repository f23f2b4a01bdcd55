"""Locks by key."""

import asyncio

from provisor.freshservice.bridging.locks import KeyedLocks


async def test_one_key_is_held_by_one_at_a_time() -> None:
    """Work on the same key never overlaps; work on others does."""
    locks, inside, most = KeyedLocks(), {"a": 0, "b": 0}, {"a": 0, "b": 0}
    together = 0

    async def work(key: str) -> None:
        nonlocal together
        async with locks.hold([key]):
            inside[key] += 1
            most[key] = max(most[key], inside[key])
            together = max(together, sum(inside.values()))
            await asyncio.sleep(0)
            inside[key] -= 1

    await asyncio.gather(*(work("ab"[number % 2]) for number in range(40)))
    assert most == {"a": 1, "b": 1}
    assert together == 2


async def test_several_keys_never_deadlock_and_nothing_stays() -> None:
    """Keys asked for in any order are taken in one order, and forgotten when nobody needs them, failures included."""
    locks = KeyedLocks()

    async def work(keys: list[str], fails: bool) -> None:
        async with locks.hold(keys):
            await asyncio.sleep(0)
            if fails:
                raise ValueError

    jobs = [work(["a", "b", "a"] if number % 2 else ["b", "a"], number % 5 == 0) for number in range(30)]
    outcomes = await asyncio.wait_for(asyncio.gather(*jobs, return_exceptions=True), timeout=10)
    assert sum(isinstance(outcome, ValueError) for outcome in outcomes) == 6
    assert locks._entries == {}
