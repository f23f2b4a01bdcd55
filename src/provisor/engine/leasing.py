"""The lease of a job: two cycles of one application never overlap, whoever starts them.

A lease names its owner as host, process and start; a process on this host that is no longer alive loses its lease at
once, anybody else's lease runs out by itself when it is not renewed. A process that slept through that (suspended, or
cut off from the database) finds its lease lost: it may not go on with what it knew, because somebody else may have
worked the same people since.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from provisor.model.errors import ProvisorError, Transient
from provisor.ports.applications import ApplicationStore, Lease
from provisor.ports.clock import Clock

LEASE_SECONDS = 15
RENEW_EVERY_SECONDS = 5
RETRY_EVERY_SECONDS = 0.5


class CycleRunning(Transient):
    """Another process is running a cycle of this application."""


class LeaseLost(ProvisorError):
    """This process was away for too long, and another one may run cycles now: it must not send anything more."""


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """Who wants the lease of which application. `is_alive` tells whether the process that an owner names still runs."""

    app_id: str
    lease_id: str
    owner: str
    is_alive: Callable[[str], bool]


class HeldLease:
    """A lease that was taken. `ensure` says whether it still is one's own."""

    def __init__(self, applications: ApplicationStore, clock: Clock, lease: Lease) -> None:
        self._applications = applications
        self._clock = clock
        self._lease = lease
        self._is_lost = False

    async def ensure(self) -> None:
        """Return while the lease is ours; costs nothing but where it has run out. Raises `LeaseLost`."""
        if not self._is_lost and self._clock.now() >= self._lease.until:
            await self.renew()
        if self._is_lost:
            raise LeaseLost(
                "Another process has taken over this application's provisioning, because this one did not respond.",
                remedy="Nothing more was sent from here; `provisor status` shows what the other one does.",
            )

    async def renew(self) -> None:
        """Hold it for longer. What was lost once stays lost."""
        longer = replace(self._lease, until=_until(self._clock))
        if self._is_lost or not await self._applications.renew_lease(longer):
            self._is_lost = True
        else:
            self._lease = longer

    async def renew_forever(self) -> None:
        """Renew until cancelled. A renewal that fails is tried again, at the latest when somebody asks `ensure`."""
        while not self._is_lost:
            await self._clock.sleep(RENEW_EVERY_SECONDS)
            with contextlib.suppress(ProvisorError):
                await self.renew()

    async def give_back(self) -> None:
        """End it, so that the next one need not wait."""
        await self._applications.end_lease(self._lease)


@contextlib.asynccontextmanager
async def hold_lease(
    applications: ApplicationStore, clock: Clock, terms: LeaseTerms, wait_seconds: float
) -> AsyncIterator[HeldLease]:
    """Hold the lease while the block runs. Raises `CycleRunning` when it cannot be had within `wait_seconds`."""
    held = HeldLease(applications, clock, await _take(applications, clock, terms, wait_seconds))
    renewing = asyncio.create_task(held.renew_forever())
    try:
        yield held
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await held.give_back()


async def _take(applications: ApplicationStore, clock: Clock, terms: LeaseTerms, wait_seconds: float) -> Lease:
    deadline = clock.monotonic() + wait_seconds
    while True:
        lease = Lease(terms.app_id, terms.lease_id, terms.owner, _until(clock))
        other = await applications.take_lease(lease, clock.now())
        if other is None:
            return lease
        if not terms.is_alive(other.owner):
            await applications.end_lease(other)
        elif clock.monotonic() >= deadline:
            raise CycleRunning(
                "A cycle of this application is already running.",
                remedy="Wait until it is done; `provisor status` shows how far it is.",
            )
        else:
            await clock.sleep(RETRY_EVERY_SECONDS)


def _until(clock: Clock) -> datetime:
    return clock.now() + timedelta(seconds=LEASE_SECONDS)
