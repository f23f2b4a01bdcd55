"""The visible loop of the engine process: which job is due, and running it.

When a job is due is decided in `policy/schedule.py`; this asks for the news that it depends on, and runs the cycle.
"""

from datetime import datetime

import structlog

from provisor.engine.leasing import CycleRunning
from provisor.engine.running import Engine, run_now
from provisor.model.errors import ProvisorError
from provisor.model.job import Application
from provisor.policy.deletion_guard import WINDOW
from provisor.policy.schedule import Due, hears_changes, judge_due

LOOK_EVERY_SECONDS = 1.0

_log = structlog.get_logger()


async def run_schedule(engine: Engine) -> None:
    """Run due cycles until cancelled. A fault of one job never stops the others."""
    while True:
        for app in await engine.applications.list_all():
            try:
                if await is_due(engine, app, engine.clock.now()):
                    await _run(engine, app)
            except ProvisorError as fault:
                _log.error("job_failed", application=app.name, reason=str(fault))
        await engine.clock.sleep(LOOK_EVERY_SECONDS)


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
