"""An application and its provisioning job, and the cycles that run it (engine spec §1.1, §2, §3.6)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

DEFAULT_INTERVAL = timedelta(minutes=40)
DEFAULT_GUARD_COUNT = 10
DEFAULT_GUARD_PERCENT = 5.0


class ScopeSetting(StrEnum):
    """Who can be in scope at all."""

    ASSIGNED = "assigned"
    ALL = "all"


class Profile(StrEnum):
    """Ours, or exactly what the hosted service documents."""

    DEFAULT = "default"
    STRICT_ENTRA = "strict-entra"


class JobStatus(StrEnum):
    """Codes of `synchronizationStatus` (engine spec §3.6)."""

    NOT_CONFIGURED = "NotConfigured"
    NOT_RUN = "NotRun"
    ACTIVE = "Active"
    PAUSED = "Paused"
    QUARANTINE = "Quarantine"


class CycleKind(StrEnum):
    """Everybody, what changed, people who were named, or what a plan has shown."""

    INITIAL = "initial"
    INCREMENTAL = "incremental"
    ON_DEMAND = "onDemand"
    PLAN = "plan"


class CycleState(StrEnum):
    """How a cycle stands or ended."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    ENTRY_ERRORS = "entryErrors"
    """Done, but some people failed."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """Its process died; the next cycle goes on from its marks."""


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """Removals are held above `count_max` and `percent_max` together, or above the absolute maximum (CONTRACT)."""

    count_max: int = DEFAULT_GUARD_COUNT
    percent_max: float = DEFAULT_GUARD_PERCENT


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Why and since when a job is slowed down, and when it tries again (engine spec §3.3).

    `current_began` is when the present reason was first given, None where that is not known.
    """

    reason: str
    error_code: str
    message: str
    series_began: datetime
    series_count: int
    next_attempt: datetime
    current_began: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the end of a cycle means for the next ones. `waits_until` None: as the schedule has it."""

    cycles_failed_in_a_row: int = 0
    waits_until: datetime | None = None
    quarantine: Quarantine | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An application with its job. `watermark` None means that the next cycle is an initial one.

    `watermark_generation` is another one after each time that the watermark was forgotten. Until `waits_until` the
    schedule begins no cycle, because the last one has failed; `cycle_wanted_at` is when somebody asked for one at
    once. Credentials are not part of this value.
    """

    id: str
    job_id: str
    name: str
    template: str
    scope: ScopeSetting = ScopeSetting.ASSIGNED
    interval: timedelta = DEFAULT_INTERVAL
    profile: Profile = Profile.DEFAULT
    guard: GuardSettings = field(default_factory=GuardSettings)
    tenant_url: str = ""
    has_token: bool = False
    is_scheduled: bool = False
    """Provisioning Status is On."""
    watermark: str | None = None
    rules_version: int = 1
    quarantine: Quarantine | None = None
    last_cycle_ended: datetime | None = None
    cycles_failed_in_a_row: int = 0
    waits_until: datetime | None = None
    cycle_wanted_at: datetime | None = None
    watermark_generation: int = 0
    created: datetime | None = None

    @property
    def status(self) -> JobStatus:
        """The code that an administrator sees."""
        if not self.tenant_url:
            return JobStatus.NOT_CONFIGURED
        if self.quarantine:
            return JobStatus.QUARANTINE
        if not self.last_cycle_ended:
            return JobStatus.NOT_RUN
        return JobStatus.ACTIVE if self.is_scheduled else JobStatus.PAUSED


@dataclass(frozen=True, slots=True)
class Counts:
    """What a cycle did, in people; held are removals that wait for a decision."""

    created: int = 0
    updated: int = 0
    disabled: int = 0
    deleted: int = 0
    skipped: int = 0
    failed: int = 0
    held: int = 0

    def plus(self, name: str, number: int = 1) -> Self:
        """The same with one of the numbers raised."""
        return replace(self, **{name: getattr(self, name) + number})


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run of a job. `done` of `total` people have been decided; `requests` were sent to the target."""

    id: str
    app_id: str
    kind: CycleKind
    began: datetime
    state: CycleState = CycleState.RUNNING
    ended: datetime | None = None
    phase: str = "import"
    counts: Counts = field(default_factory=Counts)
    done: int = 0
    total: int = 0
    requests: int = 0
    message: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state is not CycleState.RUNNING
