"""The lease of a job: two cycles of one application never overlap, whoever starts them.

A lease names its owner as host, process and start; a process on this host that is no longer alive loses its lease at
once, anybody else's lease runs out by itself when it is not renewed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from provisor.model.errors import Transient
from provisor.ports.applications import ApplicationStore, Lease
from provisor.ports.clock import Clock

LEASE_SECONDS = 15
RENEW_EVERY_SECONDS = 5
RETRY_EVERY_SECONDS = 0.5


class CycleRunning(Transient):
    """Another process is running a cycle of this application."""


@contextlib.asynccontextmanager
async def hold_lease(
    applications: ApplicationStore,
    clock: Clock,
    app_id: str,
    owner: str,
    is_alive: Callable[[str], bool],
    wait_seconds: float,
) -> AsyncIterator[None]:
    """Hold the lease while the block runs. Raises `CycleRunning` when it cannot be had within `wait_seconds`."""
    deadline = clock.monotonic() + wait_seconds
    while (other := await applications.take_lease(_lease(app_id, owner, clock), clock.now())) is not None:
        if not is_alive(other.owner):
            await applications.break_lease(app_id, other.owner)
            continue
        if clock.monotonic() >= deadline:
            raise CycleRunning(
                "A cycle of this application is already running.",
                remedy="Wait until it is done; `provisor status` shows how far it is.",
            )
        await clock.sleep(RETRY_EVERY_SECONDS)
    renewing = asyncio.create_task(_renew(applications, clock, app_id, owner))
    try:
        yield
    finally:
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing
        await applications.break_lease(app_id, owner)


async def _renew(applications: ApplicationStore, clock: Clock, app_id: str, owner: str) -> None:
    while True:
        await clock.sleep(RENEW_EVERY_SECONDS)
        await applications.take_lease(_lease(app_id, owner, clock), clock.now())


def _lease(app_id: str, owner: str, clock: Clock) -> Lease:
    return Lease(app_id, owner, clock.now() + timedelta(seconds=LEASE_SECONDS))
