"""Telling people about a job: what stands is gathered, what is due is decided by policy, and couriers carry it.

What was told is remembered after it went out, so a mail server that is down delays a message and loses none. A way
that fails never stops a cycle: the reason is logged and shown in the job's status.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from provisor.model.errors import ProvisorError
from provisor.model.job import Application
from provisor.model.notice import Notice
from provisor.model.removal import Decision
from provisor.policy.notifying import HeldRemovals, Situation, decide_notices, settled_kinds
from provisor.ports.applications import ApplicationStore
from provisor.ports.clock import Clock
from provisor.ports.notices import Courier, NoticeStore, Recipients
from provisor.ports.work import WorkStore

NAMED_MAX = 10
LOOK_EVERY_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Notifying:
    """Everything that telling people needs, wired once by `bootstrap`. `open_secret` unseals a webhook's secret."""

    notices: NoticeStore
    work: WorkStore
    couriers: Sequence[Courier]
    clock: Clock
    open_secret: Callable[[bytes], str]

    async def notify(
        self, app: Application, *, refused_source: str = "", held_reason: str = "", is_reminder: bool = False
    ) -> int:
        """Tell what is due about one application; returns how many messages went out.

        Only a cycle knows whether the source is believed again, so a reminder settles nothing.
        """
        settings = await self.notices.settings(app.id)
        if not settings.reaches_somebody:
            return 0
        situation = await self._situation(app, refused_source, held_reason)
        told = await self.notices.told(app.id)
        if not is_reminder:
            await self.notices.settle(app.id, settled_kinds(situation, told))
        sent = 0
        for notice in decide_notices(situation, told, self.clock.now()):
            try:
                await self.tell(notice)
            except ProvisorError as fault:
                _log.error("notice_not_delivered", application=app.name, kind=notice.kind.value, reason=str(fault))
                await self.notices.set_problem(app.id, str(fault))
                continue
            await self.notices.remember(notice)
            sent += 1
        return sent

    async def tell(self, notice: Notice) -> None:
        """Carry one notice by every way. Raises the first fault after all ways were tried."""
        settings = await self.notices.settings(notice.app_id)
        sealed = await self.notices.sealed_webhook_secret(notice.app_id)
        secret = self.open_secret(sealed) if sealed else None
        to = Recipients(settings.mails, settings.webhook_url, secret)
        fault = await _first_fault(courier.deliver(notice, to) for courier in self.couriers)
        if fault:
            raise fault
        if settings.problem:
            await self.notices.set_problem(notice.app_id, "")

    async def _situation(self, app: Application, refused_source: str, held_reason: str) -> Situation:
        pending = await self.work.staged_removals(app.id, decision=Decision.PENDING)
        failures = sorted(await self.work.escrows(app.id), key=lambda one: one.first_failed, reverse=True)
        held = None
        if pending:
            people = tuple(staged.person for staged in pending[:NAMED_MAX])
            held = HeldRemovals(len(pending), pending[0].staged_at, people, held_reason)
        return Situation(app.id, app.name, held, refused_source, failures, app.quarantine)


async def remind(notifying: Notifying, applications: ApplicationStore) -> None:
    """Look at every job now and then until cancelled: what still waits is told again, what failed to go out goes."""
    while True:
        await notifying.clock.sleep(LOOK_EVERY_SECONDS)
        for app in await applications.list_all():
            try:
                await notifying.notify(app, is_reminder=True)
            except ProvisorError as fault:
                _log.error("reminder_failed", application=app.name, reason=str(fault))


async def _first_fault(deliveries: Iterable[Awaitable[None]]) -> ProvisorError | None:
    first: ProvisorError | None = None
    for delivery in deliveries:
        try:
            await delivery
        except ProvisorError as fault:
            first = first or fault
    return first
