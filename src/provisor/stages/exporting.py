"""Export: what an answer of the target means, and what is known about the account afterwards.

Sending itself is the engine's work. Removals wait until all of them are known (`policy/deletion_guard.py`);
everything else is sent as it is decided.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.model.link import Link
from provisor.model.operation import Action, Operation, Outcome, OutcomeStatus


def judge_answer(operation: Operation, answer: TargetAnswer) -> Outcome:
    """The outcome of a write that was answered."""
    target_id = answer.target_id or operation.target_id
    match answer.kind:
        case AnswerKind.DONE:
            return Outcome(OutcomeStatus.SUCCEEDED, target_id, answer.attributes)
        case AnswerKind.GONE if operation.action is Action.DELETE:
            return Outcome(OutcomeStatus.SUCCEEDED, target_id)
        case AnswerKind.GONE:
            return Outcome(
                OutcomeStatus.FAILED,
                target_id,
                error_code="InvalidAnchor",
                message=f"The account {target_id} of {operation.person} is no longer in the target.",
            )
        case AnswerKind.CONFLICT:
            return Outcome(OutcomeStatus.FAILED, target_id, error_code="EntryConflict", message=answer.message)
        case AnswerKind.REFUSED:
            return Outcome(OutcomeStatus.FAILED, target_id, error_code=answer.error_code, message=answer.message)


def link_after(operation: Operation, outcome: Outcome, link: Link | None, *, is_in_scope: bool) -> Link | None:
    """The link once the write has succeeded; None after a deletion.

    What we sent is what we know, rather than what the target echoed: a target that normalises a value would otherwise
    be written again in every cycle.
    """
    if operation.action is Action.DELETE:
        return None
    known: dict[str, Any] = dict(link.known) if link else {}
    sent: Mapping[str, Any] = {change.attribute: change.after for change in operation.changes}
    known.update(sent)
    return Link(
        operation.source_id,
        outcome.target_id or (link.target_id if link else ""),
        operation.person,
        operation.object_type,
        {name: value for name, value in known.items() if value is not None},
        is_managed=is_in_scope,
    )


def link_unanswered(operation: Operation, link: Link) -> Link:
    """The link when the answer to a change was lost: what the target now holds of it is not known.

    So the next comparison sends these attributes whatever they are to be, also where the source has changed back.
    """
    changed = {change.attribute for change in operation.changes}
    return replace(link, known={name: value for name, value in link.known.items() if name not in changed})
