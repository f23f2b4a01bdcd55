"""Working everybody who is marked, managers first, many at a time.

People are taken in order of management depth; a report waits for its own manager's answer only, so that the
reference travels in the first request. Removals are decided here and staged; they are sent at the end.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from provisor.engine.person.candidates import Candidates, prepare_candidates
from provisor.engine.person.evaluating import evaluate
from provisor.engine.person.finishing import COUNTED, finish_failed, finish_sent, finish_staged
from provisor.engine.person.sending import Sent, send
from provisor.engine.person.storing import Storing
from provisor.engine.run import PAGE_SIZE, Run
from provisor.model.errors import JobFailed, ResourceFailed, Transient
from provisor.ports.work import Finished, Marked
from provisor.stages.recording import Journey

PEOPLE_IN_FLIGHT = 64
"""People being worked at once; the target's own limits decide how many requests that makes."""
PASSES_MAX = 10
"""Rounds over the marks: people who waited for somebody are worked again once that one has an account."""
OUTAGES_IN_A_ROW_MAX = 5
"""Answers that failed to come, one after the other, until the target counts as down."""


async def work_people(run: Run) -> None:
    """Evaluate everybody marked and send what is no removal. Raises `JobFailed` when the target is down."""
    candidates: Candidates | None = None
    for _ in range(PASSES_MAX):
        total = await run.work.order_marks(run.app.id)
        await run.progress.enter("people", run.progress.cycle.done + total)
        if not total:
            return
        candidates = candidates or await prepare_candidates(run)
        async with Storing(run) as storing:
            await _Pass(run, candidates, storing).work()


class _Pass:
    """One round over the marks."""

    def __init__(self, run: Run, candidates: Candidates, storing: Storing) -> None:
        self._run = run
        self._candidates = candidates
        self._storing = storing
        self._slots = asyncio.Semaphore(PEOPLE_IN_FLIGHT)
        self._flights: dict[str, asyncio.Task[str | None]] = {}
        self._outages = 0

    async def work(self) -> None:
        """Page after page; ends when everybody in this round is stored."""
        after: tuple[int, str] | None = None
        try:
            async with asyncio.TaskGroup() as group:
                while page := await self._run.work.next_marks(self._run.app.id, after, PAGE_SIZE):
                    after = (page[-1].depth, page[-1].resource.id)
                    for marked in page:
                        await self._slots.acquire()
                        task = group.create_task(self._work_one(marked, frozenset(self._flights)))
                        self._flights[marked.resource.id] = task
                        task.add_done_callback(partial(self._land, marked.resource.id))
        except* JobFailed as faults:
            raise faults.exceptions[0] from None

    def _land(self, source_id: str, _: asyncio.Task[str | None]) -> None:
        self._flights.pop(source_id, None)
        self._slots.release()

    async def _work_one(self, marked: Marked, earlier: frozenset[str]) -> str | None:
        """Everything about one person; returns the target id, for those who wait for it.

        Only people who took off `earlier` are waited for, so that a circle of managers cannot wait for itself.
        """
        run = self._run
        began = run.clock.monotonic()
        counted: str | None
        try:
            finished, counted = await self._decide_and_send(marked, began, earlier)
            self._outages = 0
        except ResourceFailed as fault:
            finished, counted = self._fail(marked, fault.code, str(fault), began), "failed"
        except Transient as fault:
            self._outages += 1
            if self._outages >= OUTAGES_IN_A_ROW_MAX:
                raise JobFailed(str(fault), code=fault.code or "Timeout") from fault
            finished, counted = self._fail(marked, fault.code or "Timeout", str(fault), began), "failed"
        await self._storing.store(finished)
        await run.progress.count(counted, run.target.requests)
        return finished.link.target_id if finished.link else None

    async def _decide_and_send(
        self, marked: Marked, began: float, earlier: frozenset[str]
    ) -> tuple[Finished, str | None]:
        run = self._run
        target_ids = partial(self._target_ids, earlier)
        evaluation = await evaluate(run, marked, self._candidates, target_ids)
        operation = evaluation.operation
        if operation.removes_access:
            return finish_staged(run, evaluation), None
        sent = Sent(evaluation, None)
        if operation.is_write:
            sent = await send(run, evaluation, self._candidates, target_ids)
        finished = finish_sent(run, sent, began)
        return finished, "failed" if finished.escrow else COUNTED[sent.evaluation.operation.action]

    def _fail(self, marked: Marked, code: str, message: str, began: float) -> Finished:
        journey = Journey(marked.resource.id, marked.resource.person, error_code=code, message=message)
        return finish_failed(self._run, marked, journey, began)

    async def _target_ids(self, earlier: frozenset[str], source_ids: Sequence[str]) -> Mapping[str, str]:
        """Stored target ids, and those of people in flight once their own answer is there."""
        found: dict[str, str] = {}
        for source_id in source_ids:
            flight = self._flights.get(source_id) if source_id in earlier else None
            if flight is not None:
                target_id = await asyncio.shield(flight)
                if target_id:
                    found[source_id] = target_id
        stored = await self._run.work.target_ids(self._run.app.id, [one for one in source_ids if one not in found])
        return {**stored, **found}
