"""The visible loop of the engine process: which job is due, and running it.

When a job is due is decided in `policy/schedule.py`; this asks for the news that it depends on, and runs the cycle.
"""

import asyncio
from datetime import datetime

import structlog

from provisor.engine.brake import CycleInterrupted
from provisor.engine.leasing import CycleRunning
from provisor.engine.running import Engine, run_now
from provisor.model.errors import ProvisorError
from provisor.model.job import Application
from provisor.policy.deletion_guard import WINDOW
from provisor.policy.schedule import Due, hears_changes, judge_due

LOOK_EVERY_SECONDS = 1.0

_log = structlog.get_logger()


async def run_schedule(engine: Engine) -> None:
    """Run due cycles until cancelled, or until the engine is ending and cycles under way have stopped.

    Jobs are independent: their cycles run side by side, and a fault of one never stops the others.
    """
    running: dict[str, asyncio.Task[None]] = {}
    try:
        while not engine.ending.is_set():
            await _begin_due_cycles(engine, running)
            await engine.clock.sleep(LOOK_EVERY_SECONDS)
        await asyncio.gather(*running.values())
    finally:
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)


async def _begin_due_cycles(engine: Engine, running: dict[str, asyncio.Task[None]]) -> None:
    for app_id in [app_id for app_id, task in running.items() if task.done()]:
        await running.pop(app_id)  # raises what was no fault of a job, but ours
    try:
        for app in await engine.applications.list_all():
            if app.id not in running and await _may_begin(engine, app):
                running[app.id] = asyncio.create_task(_run(engine, app))
    except ProvisorError as fault:
        _log.error("schedule_cannot_look", reason=str(fault))


async def _may_begin(engine: Engine, app: Application) -> bool:
    try:
        return await is_due(engine, app, engine.clock.now())
    except ProvisorError as fault:
        _log.error("job_failed", application=app.name, reason=str(fault))
        return False


async def is_due(engine: Engine, app: Application, now: datetime) -> bool:
    """Whether to begin a cycle of this application now."""
    due = judge_due(app, now)
    if due in {Due.NO, Due.NOW}:
        return due is Due.NOW
    approved = await engine.work.newest_approval(app.id, now - WINDOW)
    if due is Due.ON_APPROVAL:
        ended = app.last_cycle_ended
        return approved is not None and (ended is None or approved > ended)
    if approved is not None or not hears_changes(app):
        return approved is not None
    passed = await engine.work.next_instant(app.id)
    if passed is not None and passed <= now:
        return True
    source, _ = await engine.connect(app)
    return await source.has_changes(app.watermark)


async def _run(engine: Engine, app: Application) -> None:
    try:
        report = await run_now(engine, app.id)
    except CycleRunning:
        return
    except CycleInterrupted as reason:
        _log.info("cycle_interrupted", application=app.name, reason=str(reason))
        return
    except ProvisorError as fault:
        _log.error("cycle_failed", application=app.name, reason=str(fault))
        return
    counts = report.cycle.counts
    _log.info(
        "cycle_done",
        application=app.name,
        state=report.cycle.state.value,
        created=counts.created,
        updated=counts.updated,
        disabled=counts.disabled,
        deleted=counts.deleted,
        failed=counts.failed,
        held=counts.held,
        message=report.cycle.message,
    )
