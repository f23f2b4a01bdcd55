"""Removals, last and guarded: all of them are known before the first is sent.

Each is decided anew just before it is sent; somebody who came back in the meantime loses nothing, and what turned
into another removal than the one that was approved waits for a decision again. A removal that fails stays staged with
its decision, beside the escrow that says when it is tried again.
"""

from collections.abc import Sequence
from functools import partial

from provisor.engine.flights import Flights
from provisor.engine.person.attempting import Attempts, Done, Tell, Turn, tell_nobody
from provisor.engine.person.candidates import Candidates
from provisor.engine.person.evaluating import evaluate
from provisor.engine.person.finishing import COUNTED, finish_sent, finish_staged, stamp
from provisor.engine.person.sending import Sent, no_waiting, send
from provisor.engine.person.storing import Storing
from provisor.engine.run import Run
from provisor.model.operation import Action, Operation
from provisor.model.removal import Decision, StagedRemoval
from provisor.policy.deletion_guard import WINDOW, GuardVerdict, judge_removals
from provisor.stages.recording import Journey, record


async def work_removals(run: Run, only: frozenset[str] | None = None, tell: Tell = tell_nobody) -> GuardVerdict:
    """Send what was approved, and what the guard lets pass; hold the rest. Raises what stopped the cycle.

    `only` names the people whose removals are worked, all without it; `tell` hears what came of each that went.
    """
    app_id = run.app.id
    await run.work.expire_approvals(app_id, run.now - WINDOW)
    approved = _chosen(await run.work.staged_removals(app_id, decision=Decision.APPROVED), only)
    pending = _chosen(await run.work.staged_removals(app_id, decision=Decision.PENDING), only)
    verdict = judge_removals(
        len(pending),
        approved=len(approved),
        sent_recently=await run.work.count_sent_removals(app_id, run.now - WINDOW),
        managed=await run.work.count_managed(app_id),
        settings=run.app.guard,
    )
    await run.progress.enter("removals")
    async with Storing(run) as storing:
        attempts = Attempts(run, storing, tell)
        async with Flights[None]() as flights:
            await _Removing(run, attempts, flights).work(approved if verdict.is_held else [*approved, *pending])
        await attempts.settle()
    run.brake.release()
    if verdict.is_held:
        await _hold(run, [staged for staged in pending if staged.held_at is None], verdict)
        await run.progress.hold(len(pending), run.target.requests)
    return verdict


def _chosen(staged: Sequence[StagedRemoval], only: frozenset[str] | None) -> Sequence[StagedRemoval]:
    return staged if only is None else [one for one in staged if one.source_id in only]


class _Removing:
    """The removals of one cycle that go."""

    def __init__(self, run: Run, attempts: Attempts, flights: Flights[None]) -> None:
        self._run = run
        self._attempts = attempts
        self._flights = flights
        self._candidates = Candidates(run)

    async def work(self, going: Sequence[StagedRemoval]) -> None:
        """One after the other, many under way, until all have begun or the cycle is to end."""
        for staged in going:
            if self._run.brake.is_on:
                return
            await self._flights.start(staged.source_id, partial(self._work_one, staged))

    async def _work_one(self, staged: StagedRemoval) -> None:
        run = self._run
        loaded = await run.work.load(run.app.id, [staged.source_id], with_manager=run.needs_managers)
        if not loaded or not self._is_to_go(staged, loaded[0].staged):
            return
        (marked,) = loaded
        if marked.escrow is None or marked.escrow.next_attempt <= run.now:
            turn = Turn(marked, run.clock.monotonic())
            await self._attempts.attempt(turn, partial(self._decide_and_send, staged))

    @staticmethod
    def _is_to_go(listed: StagedRemoval, now: StagedRemoval | None) -> bool:
        """Whether nobody has decided otherwise since the list was read."""
        return now is not None and now.id == listed.id and now.decision is not Decision.REJECTED

    async def _decide_and_send(self, staged: StagedRemoval, turn: Turn) -> Done:
        run, target_ids = self._run, no_waiting(self._run)
        turn.evaluation = evaluation = await evaluate(run, turn.marked, self._candidates, target_ids)
        operation = evaluation.operation
        is_another = operation.removes_access and operation.action != staged.action
        if is_another and staged.decision is Decision.APPROVED:
            return Done(finish_staged(run, evaluation))
        sent = Sent(evaluation)
        if operation.is_write:
            sent = await send(run, evaluation, self._candidates, target_ids)
        finished = finish_sent(run, sent, turn.began)
        counted = "failed" if finished.escrow else COUNTED[operation.action]
        return Done(finished, counted, sent.outcome)


async def _hold(run: Run, news: Sequence[StagedRemoval], verdict: GuardVerdict) -> None:
    """Log the removals that are held for the first time. The staged rows belong to whoever decides about them."""
    targets = await run.work.target_ids(run.app.id, [staged.source_id for staged in news])
    message = f"Held: {verdict.reason}. Approve or reject it with `provisor deletes`."
    held = []
    for staged in news:
        source_id, person = staged.source_id, staged.person
        target_id = targets.get(source_id)
        operation = Operation(Action(staged.action), source_id, person, target_id=target_id, reason=staged.reason)
        journey = Journey(source_id, person, operation=operation, is_held=True, message=message)
        held.append((staged.id, record(journey, run.rules, stamp(run, run.clock.monotonic()))))
    await run.work.hold_removals(run.app.id, held, run.now)
