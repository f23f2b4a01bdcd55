"""A staged removal: an operation that takes access away, decided and waiting to be sent (CONTRACT, "A removal")."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Decision(StrEnum):
    """What a person has decided about a removal."""

    PENDING = "pending"
    """Nobody has: the deletion guard alone says whether it goes."""
    APPROVED = "approved"
    """It goes, whatever the guard says; for 24 hours."""
    REJECTED = "rejected"
    """It does not go, until the person's source or the rules change."""


@dataclass(frozen=True, slots=True)
class StagedRemoval:
    """A removal that waits: for the end of the cycle, or for a person's decision. There is at most one per person.

    `basis` stands for what it was decided from, the person's source and the rules; equal texts mean that neither has
    changed. `held_at` is when the deletion guard first stopped it.
    """

    id: str
    source_id: str
    person: str
    action: str
    reason: str
    staged_at: datetime
    decision: Decision = Decision.PENDING
    decided_at: datetime | None = None
    basis: str = ""
    held_at: datetime | None = None
