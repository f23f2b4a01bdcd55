"""The visible loop of the engine process: which job is due, and running it.

A change that the source announces is worked at once; the interval is the backstop. `strict-entra` knows the interval
only. A job in quarantine waits for its next attempt.
"""

from datetime import datetime

import structlog

from provisor.engine.leasing import CycleRunning
from provisor.engine.running import Engine, run_now
from provisor.model.errors import ProvisorError
from provisor.model.job import Application, Profile
from provisor.policy.quarantine import is_due

LOOK_EVERY_SECONDS = 1.0

_log = structlog.get_logger()


async def run_schedule(engine: Engine) -> None:
    """Run due cycles until cancelled. A fault of one job never stops the others."""
    while True:
        for app in await engine.applications.list_all():
            try:
                if await _is_due(engine, app, engine.clock.now()):
                    await _run(engine, app)
            except ProvisorError as fault:
                _log.error("job_failed", application=app.name, reason=str(fault))
        await engine.clock.sleep(LOOK_EVERY_SECONDS)


async def _is_due(engine: Engine, app: Application, now: datetime) -> bool:
    if not app.is_scheduled or not app.tenant_url or not is_due(app.quarantine, now):
        return False
    ended = app.last_cycle_ended
    if ended is None or now - ended >= app.interval:
        return True
    if app.cycles_failed_in_a_row:
        return False
    if app.watermark is None:
        return True  # restarted, or its rules changed
    if app.profile is Profile.STRICT_ENTRA:
        return False
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
