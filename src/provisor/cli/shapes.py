"""The JSON that commands print (CONTRACT, "JSON printed by --format json"), in Microsoft Graph's names."""

from datetime import datetime, timedelta
from typing import Any

from provisor.engine.running import CycleReport
from provisor.model.escrow import Escrow
from provisor.model.job import Application, Cycle, CycleState
from provisor.model.log import LogEntry, Step
from provisor.model.removal import StagedRemoval
from provisor.policy.error_codes import explain_code

TASK_STATES = {
    CycleState.SUCCEEDED: "Succeeded",
    CycleState.ENTRY_ERRORS: "EntryLevelErrors",
}


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def iso_duration(interval: timedelta) -> str:
    """`PT40M`; seconds where minutes do not suffice."""
    seconds = int(interval.total_seconds())
    return f"PT{seconds // 60}M" if seconds % 60 == 0 else f"PT{seconds}S"


def application_json(app: Application) -> dict[str, Any]:
    """One application."""
    return {
        "id": app.id,
        "jobId": app.job_id,
        "name": app.name,
        "template": app.template,
        "scope": app.scope.value,
        "interval": iso_duration(app.interval),
        "tenantUrl": app.tenant_url,
        "status": app.status.value,
        "profile": app.profile.value,
        "guard": {"count": app.guard.count_max, "percent": app.guard.percent_max},
    }


def report_json(report: CycleReport) -> dict[str, Any]:
    """What a cycle did."""
    cycle = report.cycle
    seconds = (cycle.ended - cycle.began).total_seconds() if cycle.ended else 0.0
    return {
        "cycleId": cycle.id,
        "kind": cycle.kind.value,
        "counts": counts_json(cycle),
        "requests": cycle.requests,
        "seconds": round(seconds, 3),
        "state": cycle.state.value,
        "message": cycle.message,
    }


def counts_json(cycle: Cycle) -> dict[str, int]:
    """The seven numbers."""
    counts = cycle.counts
    return {
        "created": counts.created,
        "updated": counts.updated,
        "disabled": counts.disabled,
        "deleted": counts.deleted,
        "skipped": counts.skipped,
        "failed": counts.failed,
        "held": counts.held,
    }


def status_json(app: Application, last: Cycle | None, links: int) -> dict[str, Any]:
    """Graph's synchronizationJob (management spec §1.4)."""
    quarantine = app.quarantine
    return {
        "id": app.job_id,
        "templateId": app.template,
        "schedule": {
            "expiration": None,
            "interval": iso_duration(app.interval),
            "state": "Active" if app.is_scheduled else "Disabled",
        },
        "status": {
            "code": app.status.value,
            "countSuccessiveCompleteFailures": app.cycles_failed_in_a_row,
            "escrowsPruned": False,
            "lastExecution": execution_json(last) if last else None,
            "progress": [progress_json(last)] if last else [],
            "quarantine": {
                "reason": quarantine.reason,
                "error": {"code": quarantine.error_code, "message": quarantine.message},
                "seriesBegan": iso(quarantine.series_began),
                "seriesCount": quarantine.series_count,
                "nextAttempt": iso(quarantine.next_attempt),
            }
            if quarantine
            else None,
            "synchronizedEntryCountByType": [{"key": "User", "value": links}],
            "troubleshootingUrl": None,
        },
        "synchronizationJobSettings": [],
    }


def execution_json(cycle: Cycle) -> dict[str, Any]:
    """Graph's synchronizationTaskExecution."""
    counts = cycle.counts
    exported = counts.created + counts.updated + counts.disabled + counts.deleted
    return {
        "activityIdentifier": cycle.id,
        "state": TASK_STATES.get(cycle.state, "Failed" if cycle.is_finished else "InProgress"),
        "error": {"code": "Failed", "message": cycle.message} if cycle.state is CycleState.FAILED else None,
        "countEscrowed": counts.failed,
        "countExported": exported,
        "countExports": exported + counts.failed,
        "timeBegan": iso(cycle.began),
        "timeEnded": iso(cycle.ended),
    }


def progress_json(cycle: Cycle) -> dict[str, Any]:
    """Graph's synchronizationProgress, in people."""
    return {
        "completedUnits": cycle.done,
        "totalUnits": cycle.total,
        "units": "Users",
        "progressObservationDateTime": iso(cycle.ended or cycle.began),
    }


def log_json(entry: LogEntry, app: Application) -> dict[str, Any]:
    """Graph's provisioningObjectSummary (management spec §1.11)."""
    error = None
    if entry.error_code:
        known = explain_code(entry.error_code)
        error = {
            "errorCode": entry.error_code,
            "reason": entry.reason,
            "errorCategory": known.category.value,
            "additionalDetails": known.meaning,
            "recommendedAction": known.recommended_action,
        }
    return {
        "id": entry.id,
        "activityDateTime": iso(entry.at),
        "jobId": app.job_id,
        "cycleId": entry.cycle_id,
        "changeId": entry.change_id,
        "provisioningAction": entry.action,
        "durationInMilliseconds": entry.duration_milliseconds,
        "servicePrincipal": {"id": app.id, "displayName": app.name},
        "initiatedBy": {"id": "", "displayName": "Provisor", "initiatorType": "system"},
        "sourceIdentity": {"id": entry.source_id, "displayName": entry.person, "identityType": "User"},
        "targetIdentity": {"id": entry.target_id or "", "displayName": "", "identityType": "User"},
        "provisioningStatusInfo": {"status": entry.status.value, "errorInformation": error},
        "provisioningSteps": [
            {
                "name": step.name,
                "provisioningStepType": step.type.value,
                "status": step.status.value,
                "description": step.description,
                "details": dict(step.details),
            }
            for step in entry.steps
        ],
        "modifiedProperties": [
            {"displayName": item.name, "oldValue": item.old_value, "newValue": item.new_value}
            for item in entry.modified
        ],
        "reason": entry.reason,
    }


def step_json(step: Step) -> dict[str, Any]:
    """One stage that somebody passed, as it is shown on demand."""
    return {
        "name": step.name,
        "type": step.type.value,
        "status": step.status.value,
        "description": step.description,
        "details": dict(step.details),
    }


def staged_json(staged: StagedRemoval) -> dict[str, Any]:
    """A removal that waits for a decision."""
    return {
        "id": staged.id,
        "person": staged.person,
        "sourceId": staged.source_id,
        "action": staged.action,
        "reason": staged.reason,
        "stagedAt": iso(staged.staged_at),
        "decision": staged.decision,
    }


def escrow_json(held: Escrow) -> dict[str, Any]:
    """A failure that is held for retry."""
    return {
        "id": held.id,
        "person": held.person,
        "operation": held.operation,
        "errorCode": held.error_code,
        "message": held.message,
        "attempts": held.attempts,
        "nextAttempt": iso(held.next_attempt),
    }
