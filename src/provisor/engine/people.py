"""Working people, managers first, many at a time: everybody who is marked, or those whom somebody has chosen.

People are taken in order of management depth; a report waits for its own manager's answer only, so that the
reference travels in the first request. Removals are decided here and staged; they are sent at the end.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from provisor.engine.flights import Flights
from provisor.engine.person.attempting import Attempts, Done, Tell, Turn, tell_nobody
from provisor.engine.person.candidates import Candidates
from provisor.engine.person.evaluating import evaluate
from provisor.engine.person.finishing import COUNTED, finish_sent, finish_staged
from provisor.engine.person.sending import Sent, send
from provisor.engine.person.storing import Storing
from provisor.engine.run import PAGE_SIZE, Run
from provisor.ports.work import Marked

PASSES_MAX = 10
"""Rounds over the marks: people who waited for somebody are worked again once that one has an account."""


NextPage = Callable[[tuple[int, str] | None], Awaitable[Sequence[Marked]]]
"""The people after the one with this depth and id, in that order; none at the end."""


async def _lets_all(_turn: Turn) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Course:
    """Whom a pass takes, and what it does apart from working them.

    `lets` is asked once a turn is decided, before anything is sent: a turn that it stops leaves no trace, and the
    person stays marked. `tell` hears what came of each turn that went on, once it is stored. `adopts`: whether an
    account that turns out to exist when it is to be created is taken over at once; else the creation has failed.
    """

    next_page: NextPage
    lets: Callable[[Turn], Awaitable[bool]] = _lets_all
    tell: Tell = tell_nobody
    adopts: bool = True


class _NotLet(Exception):
    """The course stops this turn."""


async def work_people(run: Run) -> None:
    """Evaluate everybody marked and send what is no removal. Raises what stopped the cycle, once all have landed."""

    async def next_page(after: tuple[int, str] | None) -> Sequence[Marked]:
        return await run.work.next_marks(run.app.id, after, PAGE_SIZE, with_manager=run.needs_managers)

    candidates = Candidates(run)
    for _ in range(PASSES_MAX):
        total = await run.work.order_marks(run.app.id)
        await run.progress.enter("people", run.progress.cycle.done + total)
        if not total:
            return
        await work_pass(run, Course(next_page), candidates)


async def work_pass(run: Run, course: Course, candidates: Candidates) -> None:
    """One round over the people of a course. Raises what stopped it, once all have landed."""
    async with Storing(run) as storing:
        attempts = Attempts(run, storing, course.tell)
        async with Flights[str | None]() as flights:
            await _Pass(run, course, candidates, attempts, flights).work()
        await attempts.settle()
    run.brake.release()


class _Pass:
    """One round over people."""

    def __init__(
        self, run: Run, course: Course, candidates: Candidates, attempts: Attempts, flights: Flights[str | None]
    ) -> None:
        self._run = run
        self._course = course
        self._candidates = candidates
        self._attempts = attempts
        self._flights = flights

    async def work(self) -> None:
        """Page after page, until everybody in this round has begun or the cycle is to end."""
        after: tuple[int, str] | None = None
        while page := await self._course.next_page(after):
            after = (page[-1].depth, page[-1].resource.id)
            for marked in page:
                if self._run.brake.is_on:
                    return
                turn = partial(self._work_one, marked, self._flights.under_way)
                await self._flights.start(marked.resource.id, turn)

    async def _work_one(self, marked: Marked, earlier: frozenset[str]) -> str | None:
        """Everything about one person; returns the target id, for those who wait for it.

        Only people who took off `earlier` are waited for, so that a circle of managers cannot wait for itself.
        """
        turn = Turn(marked, self._run.clock.monotonic())
        try:
            done = await self._attempts.attempt(turn, partial(self._decide_and_send, earlier))
        except _NotLet:
            return marked.link.target_id if marked.link else None
        return done.finished.link.target_id if done and done.finished.link else None

    async def _decide_and_send(self, earlier: frozenset[str], turn: Turn) -> Done:
        run, target_ids = self._run, partial(self._target_ids, earlier)
        turn.evaluation = await evaluate(run, turn.marked, self._candidates, target_ids)
        if not await self._course.lets(turn):
            raise _NotLet
        operation = turn.evaluation.operation
        sent = Sent(turn.evaluation)
        if operation.is_write and not operation.removes_access:
            adopts = self._course.adopts
            sent = await send(run, turn.evaluation, self._candidates, target_ids, adopts=adopts)
            turn.evaluation = sent.evaluation
        if sent.is_to_be_staged:
            return Done(finish_staged(run, sent.evaluation))
        finished = finish_sent(run, sent, turn.began)
        counted = "failed" if finished.escrow else COUNTED[sent.evaluation.operation.action]
        return Done(finished, counted, sent.outcome)

    async def _target_ids(self, earlier: frozenset[str], source_ids: Sequence[str]) -> Mapping[str, str]:
        """Stored target ids, and those of people in flight once their own answer is there."""
        found: dict[str, str] = {}
        for source_id in source_ids:
            if source_id in earlier and (target_id := await self._flights.result(source_id)):
                found[source_id] = target_id
        stored = await self._run.work.target_ids(self._run.app.id, [one for one in source_ids if one not in found])
        return {**stored, **found}
