"""An escrow: one resource's failure, held for retry (engine spec §4.1)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Escrow:
    """`attempts` counts the failures so far; nothing is tried before `next_attempt` unless the source changes."""

    id: str
    source_id: str
    person: str
    operation: str
    error_code: str
    message: str
    attempts: int
    first_failed: datetime
    next_attempt: datetime
