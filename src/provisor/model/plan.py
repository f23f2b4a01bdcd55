"""A plan: what a cycle would do to everybody, decided and stored before anything is sent (CONTRACT, "Plan")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from provisor.model.job import Counts

VALID_FOR = timedelta(hours=24)
"""After that it can still be read, and no longer be applied."""
FAILURE = "fail"
"""The action of somebody about whom nothing could be decided; such a row is shown, and never sent."""


class PlanSettings(StrEnum):
    """Which mappings, filters and scope setting a plan was made from."""

    SAVED = "saved"
    UNSAVED = "unsaved"
    """Applying it saves them in the same step."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One attribute before and after; values that must not be shown are masked."""

    attribute: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """One write that a plan foresees, or a failure.

    `is_unknown`: whether there is an account was not asked, so it is a creation or an adoption. `waits_for` are
    references to people without an account yet: pairs of attribute and source id. `digest` stands for what was
    decided: the same decision made again has the same one.
    """

    position: int
    source_id: str
    person: str
    action: str
    reason: str
    target_id: str | None = None
    changes: Sequence[PlannedChange] = ()
    waits_for: Sequence[tuple[str, str]] = ()
    removes_access: bool = False
    is_unknown: bool = False
    is_stale: bool = False
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan without its operations, which are rows of their own.

    `counts` are those that applying it comes to, `loses_access` all people who would lose access, held or not.
    `listed_at` is when the target's accounts were last listed, None where they were looked up or are not known.
    `schema` and `scope` are the unsaved settings, None where the saved ones hold; `rules_version` is that of the
    rules it was made over.
    """

    id: str
    app_id: str
    created: datetime
    expires: datetime
    settings: PlanSettings
    rules_version: int
    counts: Counts = field(default_factory=Counts)
    loses_access: int = 0
    requests: int = 0
    estimated_seconds: float = 0.0
    is_offline: bool = False
    listed_at: datetime | None = None
    schema: Mapping[str, Any] | None = None
    scope: str | None = None
    message: str = ""
    is_complete: bool = False
    used_at: datetime | None = None
    cycle_id: str | None = None

    def state_at(self, now: datetime) -> str:
        """`making`, `ready`, `used` or `expired`."""
        if not self.is_complete:
            return "making"
        if self.used_at is not None:
            return "used"
        return "expired" if now >= self.expires else "ready"
