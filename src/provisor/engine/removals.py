"""Removals, last and guarded: all of them are known before the first is sent.

Each is decided anew just before it is sent; somebody who came back in the meantime loses nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from provisor.engine.person.candidates import Candidates
from provisor.engine.person.evaluating import evaluate
from provisor.engine.person.finishing import COUNTED, finish_failed, finish_sent, stamp
from provisor.engine.person.sending import Sent, no_waiting, send
from provisor.engine.run import Run
from provisor.model.errors import JobFailed, ResourceFailed, Transient
from provisor.model.operation import Action, Operation
from provisor.policy.deletion_guard import WINDOW, GuardVerdict, judge_removals
from provisor.ports.work import Finished, Marked, StagedRemoval
from provisor.stages.recording import Journey, record


async def work_removals(run: Run) -> GuardVerdict:
    """Send what was approved, and what the guard lets pass; hold the rest."""
    app = run.app
    await run.work.expire_approvals(app.id, run.now - WINDOW)
    approved = await run.work.staged_removals(app.id, decision="approved")
    pending = await run.work.staged_removals(app.id, decision="pending")
    sent_recently = await run.work.count_sent_removals(app.id, run.now - WINDOW)
    managed = await run.work.count_managed(app.id)
    verdict = judge_removals(len(pending), sent_recently, managed, app.guard)
    going = [*approved] if verdict.is_held else [*approved, *pending]
    await run.progress.enter("removals")
    for staged in going:
        await _send_one(run, staged)
    if verdict.is_held:
        await _log_held(run, [staged for staged in pending if staged.staged_at >= run.now], verdict)
        await run.progress.hold(len(pending), run.target.requests)
    return verdict


async def _send_one(run: Run, staged: StagedRemoval) -> None:
    began = run.clock.monotonic()
    loaded = await run.work.load(run.app.id, [staged.source_id])
    if not loaded:
        return
    marked = loaded[0]
    candidates = Candidates(run, is_listed=False)
    counted = "failed"
    try:
        evaluation = await evaluate(run, marked, candidates, no_waiting(run))
        sent = Sent(evaluation, None)
        if evaluation.operation.is_write:
            sent = await send(run, evaluation, candidates, no_waiting(run))
        finished = finish_sent(run, sent, began)
        if not finished.escrow:
            counted = COUNTED[sent.evaluation.operation.action]
    except ResourceFailed as fault:
        finished = _fail(run, marked, fault.code, str(fault), began)
    except Transient as fault:
        # The removal stays staged: it must not get lost because the target is down.
        raise JobFailed(str(fault), code=fault.code or "Timeout") from fault
    await run.work.finish(run.app.id, [finished])
    await run.progress.count(counted, run.target.requests)


def _fail(run: Run, marked: Marked, code: str, message: str, began: float) -> Finished:
    journey = Journey(marked.resource.id, marked.resource.person, error_code=code, message=message)
    return finish_failed(run, marked, journey, began)


async def _log_held(run: Run, held: Sequence[StagedRemoval], verdict: GuardVerdict) -> None:
    """One entry for each removal that was held for the first time; the staged row itself stays."""
    for staged in held:
        loaded = await run.work.load(run.app.id, [staged.source_id])
        if not loaded:
            continue
        marked = loaded[0]
        operation = Operation(
            Action(staged.action),
            staged.source_id,
            staged.person,
            target_id=marked.link.target_id if marked.link else None,
            reason=staged.reason,
        )
        journey = Journey(
            staged.source_id,
            staged.person,
            operation=operation,
            is_held=True,
            message=f"Held: {verdict.reason}. Approve or reject it with `provisor deletes`.",
        )
        entry = record(journey, run.rules, stamp(run, run.clock.monotonic()))
        kept = Finished(
            staged.source_id, marked.generation, marked.link, entry=entry, escrow=marked.escrow, staged=staged
        )
        await run.work.finish(run.app.id, [replace(kept, wanted=())])
