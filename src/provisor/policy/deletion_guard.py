"""The deletion guard: when removals wait for a person's decision (CONTRACT, "Deletion guard").

A removal is judged by its effect, not by its name: see `Operation.removes_access`. The guard sees all removals of a
cycle before the first is sent, and counts those of the last 24 hours too, so that many small cycles cannot add up to
a disaster unnoticed. Approved ones go whatever it says, but they count: else approving the half of a mass removal
would let the other half slip below the limits.
"""

from dataclasses import dataclass
from datetime import timedelta

from provisor.model.job import GuardSettings

WINDOW = timedelta(hours=24)
"""How far back removals count, and how long an approval is good for."""
REMOVALS_ABSOLUTE_MAX = 100
"""More than this is held whatever the percentage."""


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """Whether the undecided removals are held, and the sentence that says why."""

    is_held: bool
    reason: str = ""


def judge_removals(
    pending: int, *, approved: int, sent_recently: int, managed: int, settings: GuardSettings
) -> GuardVerdict:
    """Decide about `pending` removals, given those that go anyhow, those sent in the window, and all accounts."""
    if not pending:
        return GuardVerdict(is_held=False)
    total = pending + approved + sent_recently
    percent = 100.0 * total / managed if managed else 100.0
    who = _who(total, approved, sent_recently)
    if total > REMOVALS_ABSOLUTE_MAX:
        return GuardVerdict(is_held=True, reason=f"{who}: more than {REMOVALS_ABSOLUTE_MAX} in 24 hours")
    if total > settings.count_max and percent > settings.percent_max:
        limits = f"more than {settings.count_max} and more than {settings.percent_max:g} %"
        reason = f"{who} of {managed} accounts ({percent:.0f} %): {limits} in 24 hours"
        return GuardVerdict(is_held=True, reason=reason)
    return GuardVerdict(is_held=False)


def _who(total: int, approved: int, sent_recently: int) -> str:
    parts = [f"{total} people would lose access"]
    if approved:
        parts.append(f"{approved} of them approved")
    if sent_recently:
        parts.append(f"{sent_recently} of them already gone")
    return ", ".join(parts)
