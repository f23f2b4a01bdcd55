"""Explaining one person: why there is, or is not, an account, from rules, source values, link and last decisions.

Nothing is sent, not even a question: what the target holds is told as it was last known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from provisor.engine.on_demand.provisioning import try_on_demand
from provisor.engine.on_demand.selecting import Selection
from provisor.engine.on_demand.showing import Shown
from provisor.engine.run import Asking
from provisor.engine.running import Engine
from provisor.model.errors import NotFound
from provisor.model.escrow import Escrow
from provisor.model.log import LogEntry, Step, StepStatus, StepType
from provisor.model.removal import Decision, StagedRemoval
from provisor.ports.records import LogQuery
from provisor.ports.work import Marked
from provisor.stages.explaining import MAPPING

DECISIONS_MAX = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer in a sentence, and the steps that lead to it: the stages first, then what is stored."""

    person: str
    source_id: str
    target_id: str | None
    answer: str
    steps: tuple[Step, ...]


async def explain_person(engine: Engine, reference: str, person: str) -> Explanation:
    """Explain one person. Raises `NotFound` for somebody whom neither the source nor we know."""
    report = await try_on_demand(engine, reference, Selection((person,)), asking=Asking.NOT_AT_ALL)
    (shown,) = report.people
    app_id = report.cycle.app_id
    loaded = await engine.work.load(app_id, [shown.source_id])
    marked = loaded[0] if loaded else None
    entries = await engine.records.entries(LogQuery(app_id, person=shown.source_id, limit=DECISIONS_MAX))
    steps = (*shown.steps, *_stored_steps(marked), *([_last_decisions(entries)] if entries else []))
    return Explanation(shown.person, shown.source_id, shown.target_id, _answer(shown, marked), steps)


def explain_attribute(told: Explanation, attribute: str) -> Explanation:
    """Of an explanation, how one target attribute comes about. Raises `NotFound` when no mapping leads to it now."""
    mapping = next((step for step in told.steps if step.name == MAPPING), None)
    details = mapping.details if mapping else {}
    name = next((one for one in details if one.casefold() == attribute.casefold()), None)
    if mapping is None or name is None:
        raise NotFound(
            f"No mapping that applies to {told.person} leads to {attribute!r}.",
            remedy=f"Those that apply lead to: {', '.join(details) or 'nothing'}.",
        )
    found = details[name]
    value = found.get("error") or found.get("flow") or _words(found.get("value"))
    held = f" The account holds {_words(found['known'])}." if "known" in found else ""
    answer = f"{name} of {told.person}: {found['source'] or 'no source'} gives {value}.{held}"
    return replace(told, answer=answer, steps=(replace(mapping, details={name: found}),))


def _words(value: object) -> str:
    return "nothing" if value in (None, "", []) else repr(value)


def _answer(shown: Shown, marked: Marked | None) -> str:
    has = f"{shown.person} has the account {shown.target_id}" if shown.target_id else f"{shown.person} has no account"
    link = marked.link if marked else None
    if link is not None and not link.is_managed:
        has += ", which is no longer managed"
    return f"{has}. A cycle now: {shown.action}. {shown.reason}"


def _stored_steps(marked: Marked | None) -> list[Step]:
    """What is stored about the person and changes what happens next."""
    steps = []
    if marked and marked.link:
        details = {"targetId": marked.link.target_id, "isManaged": marked.link.is_managed}
        steps.append(_step("EntryLink", StepStatus.SUCCESS, "An account is linked.", details))
    if marked and marked.escrow:
        steps.append(_failing(marked.escrow))
    if marked and marked.staged:
        steps.append(_waiting(marked.staged))
    return steps


def _failing(held: Escrow) -> Step:
    text = f"{held.operation} has failed {held.attempts} times: {held.message}"
    details = {"errorCode": held.error_code, "nextAttempt": held.next_attempt.isoformat()}
    return _step("EntryEscrow", StepStatus.FAILURE, text, details)


def _waiting(staged: StagedRemoval) -> Step:
    words = {
        Decision.PENDING: "waits for a decision",
        Decision.APPROVED: "is approved and goes with the next cycle",
        Decision.REJECTED: "was rejected, so access stays",
    }
    text = f"The removal ({staged.action}) {words[staged.decision]}: {staged.reason}"
    return _step("EntryStaged", StepStatus.WARNING, text, {"id": staged.id, "decision": staged.decision.value})


def _last_decisions(entries: Sequence[LogEntry]) -> Step:
    details = {
        entry.at.isoformat(): {"action": entry.action, "status": entry.status.value, "reason": entry.reason}
        for entry in entries
    }
    last = entries[0]
    text = f"The last decision was {last.action} ({last.status.value}): {last.reason}"
    return _step("LastDecisions", StepStatus.SUCCESS, text, details)


def _step(name: str, status: StepStatus, text: str, details: Mapping[str, object]) -> Step:
    return Step(name, StepType.PROCESSING, status, text, details)
