"""What people do about failures that are held for retry: try now, or give up until something changes."""

from datetime import timedelta

import pytest

from engine_world import START, World, person
from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.store.database import Database


@pytest.fixture
async def world(database: Database) -> World:
    """Boris failed twice, so that he is tried again in six hours; Ada has her account."""
    world = World(database)
    await world.open()
    world.source.put(person("ada"), person("boris"))

    def refuse(kind, what):
        if kind == "create" and what["userName"].startswith("boris"):
            return TargetAnswer(AnswerKind.REFUSED, error_code="UnprocessableEntity", message="no such department")
        return None

    world.target.before_write = refuse
    await world.cycle()
    await world.cycle()
    (held,) = await world.work.escrows("app")
    assert held.next_attempt > world.clock.now() + timedelta(hours=5)
    world.target.before_write = lambda *_: None
    return world


async def test_a_failure_that_is_retried_is_due_with_the_next_cycle(world: World) -> None:
    """Its time does not come by itself; asked for, it is tried at once, and success lifts it."""
    assert (await world.cycle()).cycle.counts.created == 0
    (held,) = await world.work.escrows("app")
    assert await world.work.retry_escrows("app", [held.id, "no such failure"], world.clock.now()) == 1
    assert await world.work.retry_escrows("another", [held.id], world.clock.now()) == 0
    assert (await world.cycle()).cycle.counts.created == 1
    assert not await world.work.escrows("app")


async def test_a_failure_that_is_dropped_is_tried_no_more_until_something_changes(world: World) -> None:
    """Nobody tries Boris any more, days later neither; a change of Boris is worked as ever."""
    (held,) = await world.work.escrows("app")
    assert await world.work.drop_escrows("another", [held.id]) == 0
    assert await world.work.drop_escrows("app", [held.id]) == 1
    world.clock.time = START + timedelta(days=3)
    before = world.target.requests
    await world.cycle()
    assert world.target.requests == before
    world.source.change("boris", department="Sales")
    assert (await world.cycle()).cycle.counts.created == 1
