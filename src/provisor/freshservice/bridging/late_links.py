"""Late linking: people whose manager was not known yet get theirs once that manager appears.

Who waits is in the index, so nothing is lost in a crash: a manager's next change, or the next listing of the account,
finds them again. The work is done beside the request that brought the manager, which may have hundreds of reports.
"""

import asyncio
from contextlib import suppress

import structlog

from provisor.freshservice.bridging.locks import KeyedLocks
from provisor.freshservice.bridging.writes import PersonWriter
from provisor.freshservice.index import PeopleIndex
from provisor.freshservice.people import fold
from provisor.model.errors import ProvisorError
from provisor.ports.people_index import IndexedPerson

_LOG = structlog.get_logger(__name__)


class LateLinks:
    """Sets managers in the background, one report after the other."""

    def __init__(self, index: PeopleIndex, writer: PersonWriter, locks: KeyedLocks, installation_id: str) -> None:
        self._index, self._writer, self._locks = index, writer, locks
        self._installation_id = installation_id
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, manager: IndexedPerson) -> None:
        """Somebody appeared, or has a new address: see who waits for them."""
        task = asyncio.create_task(self._link_reports(manager), name=f"late links of {manager.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Return once nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop; whoever still waits is found again later."""
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _link_reports(self, manager: IndexedPerson) -> None:
        names = {fold(manager.id), manager.user_name, *manager.addresses}
        for report_id in await self._index.store.awaiting(self._installation_id, sorted(names)):
            try:
                await self._link(report_id, manager, names)
            except ProvisorError as error:  # it stays awaited
                _LOG.warning("late link failed", person=report_id, manager=manager.id, reason=error.message)

    async def _link(self, report_id: str, manager: IndexedPerson, names: set[str]) -> None:
        async with self._locks.hold([f"id:{report_id}"]):
            report = await self._index.get(report_id)
            if report is not None:
                report = await self._index.freshen(report)
            if report is None or report.awaited_manager not in names or report.id == manager.id:
                return
            await self._writer.link_manager(report, int(manager.id))
