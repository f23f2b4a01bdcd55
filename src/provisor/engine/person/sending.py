"""Sending one decided operation, and what follows from the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provisor.engine.person.candidates import Candidates
from provisor.engine.person.evaluating import Evaluation, TargetIds, adopt, find_account
from provisor.engine.run import TARGET_KIND, Run
from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.model.errors import AmbiguousWrite
from provisor.model.operation import Action, Outcome, OutcomeStatus
from provisor.stages.exporting import judge_answer, link_unanswered
from provisor.stages.matching import Joined


@dataclass(frozen=True, slots=True)
class Sent:
    """What was finally decided and sent; `evaluation` differs from the first one after an adoption."""

    evaluation: Evaluation
    outcome: Outcome | None = None

    @property
    def is_to_be_staged(self) -> bool:
        """Whether a removal was decided and not sent: it goes with all others, past the deletion guard."""
        return self.outcome is None and self.evaluation.operation.removes_access


async def send(
    run: Run, evaluation: Evaluation, candidates: Candidates, target_ids: TargetIds, *, adopts: bool = True
) -> Sent:
    """Send the operation. Somebody whom the target turns out to hold already is adopted instead of created twice.

    Unless it `adopts`, only an account that may be our own is: one whose creation was not answered.
    """
    operation = evaluation.operation
    if operation.action is not Action.CREATE:
        return Sent(evaluation, judge_answer(operation, await _request(run, evaluation)))
    try:
        answer = await _request(run, evaluation)
    except AmbiguousWrite:
        # The answer was lost: whether the account exists is a question to the target, not a guess.
        adopted = await _adopt_existing(run, evaluation, candidates, target_ids)
        if adopted is None:
            raise
        return adopted
    if answer.kind is AnswerKind.CONFLICT and adopts:
        adopted = await _adopt_existing(run, evaluation, candidates, target_ids)
        if adopted is not None:
            return adopted
    return Sent(evaluation, judge_answer(operation, answer))


async def _adopt_existing(
    run: Run, evaluation: Evaluation, candidates: Candidates, target_ids: TargetIds
) -> Sent | None:
    match = await find_account(run, evaluation.marked.resource, candidates, ask_target=True)
    if not isinstance(match, Joined):
        return None
    again = await adopt(run, evaluation, match, target_ids)
    if not again.operation.is_write or again.operation.removes_access:
        return Sent(again)
    return Sent(again, judge_answer(again.operation, await _request(run, again)))


async def _request(run: Run, evaluation: Evaluation) -> TargetAnswer:
    """The one place from which a write is sent. Raises `Stopped` when the cycle is to end instead."""
    await run.brake.check()
    operation, link = evaluation.operation, evaluation.marked.link
    target_id = operation.target_id or ""
    match operation.action:
        case Action.CREATE:
            return await run.target.create(TARGET_KIND, operation.attributes)
        case Action.DELETE:
            return await run.target.delete(TARGET_KIND, target_id)
        case _:
            if link is not None:
                # Until the answer is stored nobody knows what the target holds; after a crash the old is not believed.
                await run.work.save_link(run.app.id, link_unanswered(operation, link))
            return await run.target.update(
                TARGET_KIND, target_id, operation.changes, tuple(evaluation.subject.known or ())
            )


def is_success(outcome: Outcome | None) -> bool:
    """Whether the write went through, or none was needed."""
    return outcome is None or outcome.status is OutcomeStatus.SUCCEEDED


def no_waiting(run: Run) -> TargetIds:
    """Target ids as stored, for work that runs after everybody else."""

    async def look_up(source_ids: Sequence[str]) -> Mapping[str, str]:
        return await run.work.target_ids(run.app.id, source_ids)

    return look_up
