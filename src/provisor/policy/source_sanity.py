"""Source sanity: when a full read of a source is not believed about who has left (CONTRACT, "Source sanity").

Joiners and movers of such a read are always brought in. Only leavers wait, until a later read is sound or somebody
accepts exactly the number that is missing.
"""

from dataclasses import dataclass

MISSING_COUNT_MAX = 10
"""So many may be missing whatever share of the people they are."""
MISSING_PERCENT_MAX = 5.0
"""Above the count, at most this share of the known people may be missing."""
MISSING_ABSOLUTE_MAX = 100
"""More than this is refused whatever the share."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the leavers of a full read go. `missing` of `known` people were not in it; `reason` says why not."""

    is_accepted: bool
    known: int = 0
    missing: int = 0
    reason: str = ""


def judge_full_read(known: int, missing: int, *, problem: str | None, accepted: int | None) -> Verdict:
    """Decide about a full read in which `missing` of `known` people are absent.

    `problem` is a sentence about a read that is empty, truncated or unreadable. `accepted` is the number of removals
    that somebody has agreed to; it counts only when it is exactly the number missing.
    """
    if accepted is not None and accepted == missing:
        return Verdict(is_accepted=True, known=known, missing=missing)
    reason = _doubt(known, missing, problem)
    if reason is None:
        return Verdict(is_accepted=True, known=known, missing=missing)
    if accepted is not None:
        reason = f"{reason}; {accepted} removals were accepted, which is not the number missing"
    return Verdict(is_accepted=False, known=known, missing=missing, reason=reason)


def _doubt(known: int, missing: int, problem: str | None) -> str | None:
    if problem is not None:
        return f"{missing} of {known} people are missing: {problem}"
    percent = 100.0 * missing / known if known else 0.0
    if missing > MISSING_COUNT_MAX and percent > MISSING_PERCENT_MAX:
        return (
            f"{missing} of {known} people are missing ({percent:.0f} %): "
            f"more than {MISSING_COUNT_MAX} and more than {MISSING_PERCENT_MAX:g} %"
        )
    if missing > MISSING_ABSOLUTE_MAX:
        return f"{missing} of {known} people are missing: more than {MISSING_ABSOLUTE_MAX}"
    return None
