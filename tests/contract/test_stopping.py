"""What stops a cycle, and what is known afterwards: lost leases, outages, refusals, and the waits that follow."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from engine_world import World, person
from provisor.engine import control
from provisor.engine.brake import CycleInterrupted
from provisor.engine.leasing import CycleRunning, LeaseLost
from provisor.engine.running import run_now
from provisor.engine.scheduling import is_due, run_schedule
from provisor.gallery.templates import get_template
from provisor.model.errors import JobFailed, Reject, Transient
from provisor.model.job import Application, CycleKind, CycleState, JobStatus
from provisor.ports.applications import Lease


async def due(world: World) -> bool:
    """Whether the schedule would begin a cycle now."""
    return await is_due(world.engine, await world.applications.get("app"), world.clock.now())


def chain(world: World, number: int = 10) -> None:
    """People each managed by the one before, who are therefore created one after the other."""
    world.source.people.clear()
    world.source.put(person("p00"), *(person(f"p{n:02d}", manager=f"p{n - 1:02d}") for n in range(1, number)))


async def test_a_lost_lease_stops_the_cycle_before_anything_more_is_sent(world: World) -> None:
    """A process that was away while another one worked sends nothing of what it still had in mind."""
    chain(world)
    create = world.target.create

    async def sleep_in_the_third(kind, attributes):
        if len(world.target.writes) == 2:
            world.clock.time += timedelta(seconds=16)
            other = Lease("app", "other", "elsewhere:1:", world.clock.now() + timedelta(seconds=15))
            assert await world.applications.take_lease(other, world.clock.now()) is None
            await world.applications.end_lease(other)  # it has done its work and is gone again
        return await create(kind, attributes)

    world.target.create = sleep_in_the_third  # type: ignore[method-assign]
    with pytest.raises(LeaseLost):
        await world.cycle()
    assert len(world.target.writes) == 3
    assert (await world.work.summary("app"))["links"] == 3  # what was answered is known
    (last,) = await world.records.cycles("app", 1)
    assert last.state is CycleState.INTERRUPTED
    app = await world.applications.get("app")
    assert (app.watermark, app.last_cycle_ended, app.quarantine) == (None, None, None)
    world.target.create = create  # type: ignore[method-assign]
    report = await world.cycle()
    assert (report.cycle.counts.created, len(world.target.accounts)) == (7, 10)


async def test_a_late_renewal_is_good_while_nobody_else_came(world: World) -> None:
    """A machine that slept for an hour alone goes on where it was."""
    chain(world)

    def sleep(kind, what):
        world.clock.time += timedelta(hours=1)

    world.target.after_write = sleep
    assert (await world.cycle()).cycle.counts.created == 10


async def test_cycles_of_one_process_do_not_overlap_either(world: World) -> None:
    """Whoever asks while a cycle runs is told so, from the same process too."""
    create, refused = world.target.create, []

    async def run_another(kind, attributes):
        with pytest.raises(CycleRunning):
            await run_now(world.engine, "app")
        refused.append(attributes)
        return await create(kind, attributes)

    world.target.create = run_another  # type: ignore[method-assign]
    assert (await world.cycle()).cycle.counts.created == len(refused) == 5


async def test_what_is_under_way_is_answered_and_stored(world: World) -> None:
    """When the job is refused for one person, nobody else's request is cut off: every account made is known."""
    world.source.put(*(person(f"p{n:02d}") for n in range(40)))

    def refuse(kind, what):
        if what["userName"].startswith("p05"):
            raise JobFailed("The token was refused.", code="Unauthorized")

    world.target.before_write = refuse
    report = await world.cycle()
    assert report.cycle.state is CycleState.FAILED
    links = (await world.work.summary("app"))["links"]
    assert links == len(world.target.accounts) == report.cycle.counts.created
    world.target.before_write = lambda *_: None
    requests = world.target.requests
    await world.cycle()
    assert len(world.target.accounts) == 45
    assert world.target.requests - requests <= 45 - links + 2  # nobody has to be looked for


async def test_a_target_that_is_down_stops_the_cycle_and_is_tried_again_soon(world: World) -> None:
    """After a few without any answer the cycle stops, and nobody is charged for it; a minute later it goes on."""
    world.source.put(*(person(f"p{n:02d}") for n in range(40)))
    await world.applications.set_settings("app", is_scheduled=True)

    def down(kind, what):
        raise Transient("nothing answers", code="Timeout")

    world.target.before_write = down
    report = await world.cycle()
    assert report.cycle.state is CycleState.FAILED
    assert report.cycle.counts.failed == 0
    assert not await world.work.escrows("app")
    app = await world.applications.get("app")
    assert (app.status, app.cycles_failed_in_a_row) == (JobStatus.ACTIVE, 1)
    assert not await due(world)
    world.target.before_write = lambda *_: None
    world.clock.time += timedelta(minutes=1)
    assert await due(world)
    await world.cycle()
    assert len(world.target.accounts) == 45
    assert (await world.applications.get("app")).cycles_failed_in_a_row == 0


async def test_starting_begins_a_cycle_at_once(world: World) -> None:
    """Whatever the last one came to, and while one is running; nobody waits for the interval or for quarantine."""
    await world.applications.set_credentials("app", "", None)
    with pytest.raises(Reject):
        await control.start(world.engine, "app")
    await world.applications.set_credentials("app", "http://127.0.0.1:9/scim/v2", b"sealed")
    await control.start(world.engine, "app")

    def refuse(kind, what):
        raise JobFailed("The token was refused.", code="Unauthorized")

    world.target.before_write = refuse
    await world.cycle()
    app = await world.applications.get("app")
    assert (app.status, app.cycles_failed_in_a_row) == (JobStatus.QUARANTINE, 1)
    assert not await due(world)
    await control.start(world.engine, "app")
    assert await due(world)
    world.target.before_write = lambda *_: None
    await world.cycle()
    assert not await due(world)
    await control.start(world.engine, "app")
    assert await due(world)
    await control.pause(world.engine, "app")
    assert not await due(world)


async def test_a_refused_read_waits_for_the_interval_unless_started(world: World) -> None:
    """Reading again at once would bring the same; whoever has mended the source may say so."""
    world.source.put(*(person(f"p{n:02d}") for n in range(40)))
    await world.cycle()
    await control.start(world.engine, "app")
    everybody = dict(world.source.people)
    world.source.people.clear()
    await world.applications.restart("app")
    assert (await world.cycle()).result.refused_source
    assert not await due(world)
    world.source.people.update(everybody)
    await control.start(world.engine, "app")
    assert await due(world)
    assert not (await world.cycle()).result.refused_source
    assert not await due(world)


async def test_a_restart_while_a_cycle_runs_is_not_lost(world: World) -> None:
    """The cycle under way ends without moving the watermark; the next one evaluates everybody."""
    await world.cycle()
    update = world.target.update

    async def restart_meanwhile(*arguments):
        await control.restart(world.engine, "app")
        return await update(*arguments)

    world.target.update = restart_meanwhile  # type: ignore[method-assign]
    world.source.change("boris", department="Support")
    assert (await world.cycle()).cycle.kind is CycleKind.INCREMENTAL
    assert (await world.cycle()).cycle.kind is CycleKind.INITIAL


async def test_an_ending_process_stops_at_a_safe_point(world: World) -> None:
    """What was sent is answered and stored, nothing more is sent, and the next cycle goes on from there."""
    chain(world)

    def end(kind, what):
        if len(world.target.writes) == 3:
            world.engine.ending.set()

    world.target.after_write = end
    with pytest.raises(CycleInterrupted):
        await world.cycle()
    assert (len(world.target.writes), (await world.work.summary("app"))["links"]) == (3, 3)
    (last,) = await world.records.cycles("app", 1)
    assert last.state is CycleState.INTERRUPTED
    world.engine.ending.clear()
    assert (await world.cycle()).cycle.counts.created == 7


async def test_a_cycle_that_is_cancelled_is_not_shown_as_running(world: World) -> None:
    """Ctrl-C while the target does not answer: the cycle is interrupted, and the lease is free."""
    called = asyncio.Event()

    async def hang(kind, attributes):
        called.set()
        await asyncio.Event().wait()

    create, world.target.create = world.target.create, hang  # type: ignore[method-assign]
    cycle = asyncio.create_task(world.cycle())
    await called.wait()
    cycle.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cycle
    (last,) = await world.records.cycles("app", 1)
    assert last.state is CycleState.INTERRUPTED
    world.target.create = create  # type: ignore[method-assign]
    assert (await world.cycle()).cycle.counts.created == 5


async def test_one_job_never_makes_another_one_wait(world: World) -> None:
    """While the cycle of one application hangs, the others' begin and end; an ending engine waits for none of them."""
    await world.applications.add(
        Application("other", "job2", "Other", "freshservice"), get_template("freshservice").schema
    )
    await world.applications.set_credentials("other", "http://127.0.0.1:9/scim/v2", b"sealed")
    connect, hanging = world.engine.connect, asyncio.Event()

    async def hang_or_connect(app):
        if app.id == "app":
            await hanging.wait()
        return await connect(app)

    world.engine = replace(world.engine, connect=hang_or_connect)
    world.clock.sleep = lambda _: asyncio.sleep(0.01)  # type: ignore[method-assign, assignment]
    for app_id in ("app", "other"):
        await control.start(world.engine, app_id)
    schedule = asyncio.create_task(run_schedule(world.engine))
    for _ in range(1000):
        if (await world.applications.get("other")).last_cycle_ended:
            break
        await asyncio.sleep(0.01)
    assert len(world.target.accounts) == 5
    assert not (await world.applications.get("app")).last_cycle_ended
    world.engine.ending.set()
    hanging.set()
    await schedule
    (last,) = await world.records.cycles("app", 1)
    assert last.state is CycleState.INTERRUPTED
