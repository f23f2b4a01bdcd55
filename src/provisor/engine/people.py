"""Working everybody who is marked, managers first, many at a time.

People are taken in order of management depth; a report waits for its own manager's answer only, so that the
reference travels in the first request. Removals are decided here and staged; they are sent at the end.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from provisor.engine.flights import Flights
from provisor.engine.person.attempting import Attempts, Done, Turn
from provisor.engine.person.candidates import Candidates
from provisor.engine.person.evaluating import evaluate
from provisor.engine.person.finishing import COUNTED, finish_sent, finish_staged
from provisor.engine.person.sending import Sent, send
from provisor.engine.person.storing import Storing
from provisor.engine.run import PAGE_SIZE, Run
from provisor.ports.work import Marked

PASSES_MAX = 10
"""Rounds over the marks: people who waited for somebody are worked again once that one has an account."""


async def work_people(run: Run) -> None:
    """Evaluate everybody marked and send what is no removal. Raises what stopped the cycle, once all have landed."""
    candidates = Candidates(run)
    for _ in range(PASSES_MAX):
        total = await run.work.order_marks(run.app.id)
        await run.progress.enter("people", run.progress.cycle.done + total)
        if not total:
            return
        async with Storing(run) as storing:
            attempts = Attempts(run, storing)
            async with Flights[str | None]() as flights:
                await _Pass(run, candidates, attempts, flights).work()
            await attempts.settle()
        run.brake.release()


class _Pass:
    """One round over the marks."""

    def __init__(self, run: Run, candidates: Candidates, attempts: Attempts, flights: Flights[str | None]) -> None:
        self._run = run
        self._candidates = candidates
        self._attempts = attempts
        self._flights = flights

    async def work(self) -> None:
        """Page after page, until everybody in this round has begun or the cycle is to end."""
        after: tuple[int, str] | None = None
        while page := await self._next_page(after):
            after = (page[-1].depth, page[-1].resource.id)
            for marked in page:
                if self._run.brake.is_on:
                    return
                turn = partial(self._work_one, marked, self._flights.under_way)
                await self._flights.start(marked.resource.id, turn)

    async def _next_page(self, after: tuple[int, str] | None) -> Sequence[Marked]:
        run = self._run
        return await run.work.next_marks(run.app.id, after, PAGE_SIZE, with_manager=run.needs_managers)

    async def _work_one(self, marked: Marked, earlier: frozenset[str]) -> str | None:
        """Everything about one person; returns the target id, for those who wait for it.

        Only people who took off `earlier` are waited for, so that a circle of managers cannot wait for itself.
        """
        turn = Turn(marked, self._run.clock.monotonic())
        done = await self._attempts.attempt(turn, partial(self._decide_and_send, earlier))
        return done.finished.link.target_id if done and done.finished.link else None

    async def _decide_and_send(self, earlier: frozenset[str], turn: Turn) -> Done:
        run, target_ids = self._run, partial(self._target_ids, earlier)
        turn.evaluation = await evaluate(run, turn.marked, self._candidates, target_ids)
        operation = turn.evaluation.operation
        sent = Sent(turn.evaluation)
        if operation.is_write and not operation.removes_access:
            sent = await send(run, turn.evaluation, self._candidates, target_ids)
        if sent.is_to_be_staged:
            return Done(finish_staged(run, sent.evaluation))
        finished = finish_sent(run, sent, turn.began)
        counted = "failed" if finished.escrow else COUNTED[sent.evaluation.operation.action]
        return Done(finished, counted, is_answered=sent.outcome is not None)

    async def _target_ids(self, earlier: frozenset[str], source_ids: Sequence[str]) -> Mapping[str, str]:
        """Stored target ids, and those of people in flight once their own answer is there."""
        found: dict[str, str] = {}
        for source_id in source_ids:
            if source_id in earlier and (target_id := await self._flights.result(source_id)):
                found[source_id] = target_id
        stored = await self._run.work.target_ids(self._run.app.id, [one for one in source_ids if one not in found])
        return {**stored, **found}
