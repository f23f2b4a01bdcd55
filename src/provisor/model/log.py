"""The provisioning log: one entry per resource per decision, with its steps (engine spec §7.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class StepType(StrEnum):
    """`provisioningStepType` of Microsoft Graph."""

    IMPORT = "import"
    SCOPING = "scoping"
    MATCHING = "matching"
    PROCESSING = "processing"
    REFERENCE_RESOLUTION = "referenceResolution"
    EXPORT = "export"


class StepStatus(StrEnum):
    """How a step, or a whole entry, ended."""

    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way of a change."""

    name: str
    type: StepType
    status: StepStatus
    description: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModifiedProperty:
    """One attribute before and after, as text, with redacted values masked."""

    name: str
    old_value: str | None
    new_value: str | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What happened to one resource, and why."""

    id: str
    app_id: str
    cycle_id: str
    change_id: str
    at: datetime
    action: str
    status: StepStatus
    source_id: str
    person: str
    target_id: str | None
    duration_milliseconds: int
    steps: tuple[Step, ...]
    modified: tuple[ModifiedProperty, ...] = ()
    error_code: str = ""
    reason: str = ""
    removes_access: bool = False
