"""The words in which the console shows codes, moments, spans and numbers. Pure: `now` is always passed in."""

from datetime import UTC, datetime

from provisor.model.job import Application, CycleKind, CycleState, JobStatus
from provisor.policy.access import Role
from provisor.policy.schedule import Due, hears_changes, judge_due

ROLES = {
    Role.GLOBAL_ADMINISTRATOR: "Global Administrator",
    Role.APPLICATION_ADMINISTRATOR: "Application Administrator",
    Role.CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
    Role.APPLICATION_OWNER: "Application owner",
    Role.REPORTS_READER: "Reports Reader",
    Role.GLOBAL_READER: "Global Reader",
    Role.SCIM: "SCIM client",
}
JOB_STATUSES = {
    JobStatus.NOT_CONFIGURED: "Not configured",
    JobStatus.NOT_RUN: "Not run yet",
    JobStatus.ACTIVE: "On",
    JobStatus.PAUSED: "Off",
    JobStatus.QUARANTINE: "In quarantine",
}
"""In the words of *Provisioning Status*."""
TONES = {
    JobStatus.NOT_CONFIGURED: "quiet",
    JobStatus.NOT_RUN: "quiet",
    JobStatus.ACTIVE: "good",
    JobStatus.PAUSED: "quiet",
    JobStatus.QUARANTINE: "bad",
    CycleState.RUNNING: "quiet",
    CycleState.SUCCEEDED: "good",
    CycleState.ENTRY_ERRORS: "warn",
    CycleState.FAILED: "bad",
    CycleState.INTERRUPTED: "warn",
}
CYCLE_KINDS = {
    CycleKind.INITIAL: "Initial cycle",
    CycleKind.INCREMENTAL: "Incremental cycle",
    CycleKind.ON_DEMAND: "Provision on demand",
    CycleKind.PLAN: "Plan",
}
CYCLE_STATES = {
    CycleState.RUNNING: "running",
    CycleState.SUCCEEDED: "succeeded",
    CycleState.ENTRY_ERRORS: "done, some people failed",
    CycleState.FAILED: "failed",
    CycleState.INTERRUPTED: "interrupted",
}
PHASES = {
    "import": "Starting",
    "read": "Reading the directory",
    "people": "Working people, managers first",
    "removals": "Removals, last and guarded",
}
ACTIONS = {
    "create": "Create",
    "update": "Update",
    "disable": "Disable",
    "delete": "Delete",
    "stagedDelete": "Staged delete",
    "other": "Other",
}
STATUSES = {"success": "Success", "failure": "Failure", "warning": "Warning", "skipped": "Skipped"}
SPANS = {"24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "all": "Any time"}


def moment(at: datetime) -> str:
    """`2026-11-23 18:00:05 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def distance(at: datetime, now: datetime) -> str:
    """How far away a moment is: `3 minutes ago`, `in 40 minutes`, `just now`."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < 10:
        return "just now"
    text = span(abs(seconds))
    return f"{text} ago" if seconds > 0 else f"in {text}"


def span(seconds: float) -> str:
    """A span in its largest fitting unit: `8 seconds`, `1 minute`, `3 hours`, `2 days`."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return _several(int(seconds // size), unit)
    return _several(max(1, round(seconds)), "second")


def milliseconds(number: int) -> str:
    """`640 ms`, `2.8 s`."""
    return f"{number} ms" if number < 1000 else f"{number / 1000:.1f} s"


def rate(per_second: float) -> str:
    """`12 people per second`, or per minute when that is slow."""
    if per_second >= 1:
        return f"{per_second:,.0f} people per second" if per_second >= 10 else f"{per_second:.1f} people per second"
    return f"{per_second * 60:.0f} people per minute"


def number(value: int) -> str:
    """`12,345`."""
    return f"{value:,}"


def role(code: str) -> str:
    """A role in words."""
    return ROLES[Role(code)] if code in set(Role) else code


def next_cycle(app: Application, now: datetime) -> str:
    """When the next cycle begins, as far as that is known."""
    if not app.tenant_url:
        return "once it is configured"
    if not app.is_scheduled:
        return "none: provisioning is off"
    due = judge_due(app, now)
    if due is Due.NOW:
        return "due now"
    if app.waits_until is not None:
        why = "retry out of quarantine" if app.quarantine else "the last one failed"
        return f"{distance(app.waits_until, now)} ({why})"
    assert app.last_cycle_ended is not None
    when = distance(app.last_cycle_ended + app.interval, now)
    return f"{when}, or as soon as the directory changes" if hears_changes(app) else when


def _several(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
