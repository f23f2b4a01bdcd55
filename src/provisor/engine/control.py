"""Turning a job on and off, and making it begin again (engine spec §2.4, §3.5)."""

from provisor.engine.running import Engine, configured
from provisor.model.job import Application


async def start(engine: Engine, reference: str) -> Application:
    """Turn the schedule on. The next cycle begins at once, whatever the last one came to. Raises `Reject`."""
    app = await configured(engine, reference)
    await engine.applications.start(app.id, engine.clock.now())
    return app


async def pause(engine: Engine, reference: str) -> Application:
    """Turn the schedule off; a cycle that is running goes on to its end."""
    app = await engine.applications.get(reference)
    await engine.applications.set_settings(app.id, is_scheduled=False)
    return app


async def restart(engine: Engine, reference: str) -> Application:
    """Forget the watermark, failures and every wait: the next cycle evaluates everybody.

    Links are kept, and so are decisions about removals.
    """
    app = await engine.applications.get(reference)
    await engine.applications.restart(app.id)
    return app
