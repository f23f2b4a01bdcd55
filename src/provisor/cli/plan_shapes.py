"""Plans as people and programs read them (CONTRACT, "JSON printed by --format json")."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisor.cli.shapes import iso
from provisor.model.job import Counts
from provisor.model.operation import Action
from provisor.model.plan import Plan, PlannedOperation
from provisor.ports.plans import PlanStore


def plan_json(plan: Plan, now: datetime) -> dict[str, Any]:
    """A plan without its operations."""
    return {
        "id": plan.id,
        "expiresAt": iso(plan.expires),
        "settings": plan.settings.value,
        "counts": counts_of(plan.counts),
        "losesAccess": plan.loses_access,
        "requests": plan.requests,
        "estimatedSeconds": plan.estimated_seconds,
        "createdAt": iso(plan.created),
        "state": plan.state_at(now),
        "offline": plan.is_offline,
        "targetListedAt": iso(plan.listed_at),
        "scope": plan.scope,
        "cycleId": plan.cycle_id,
        "message": plan.message,
    }


def counts_of(counts: Counts) -> dict[str, int]:
    """The seven numbers."""
    names = ("created", "updated", "disabled", "deleted", "skipped", "failed", "held")
    return {name: getattr(counts, name) for name in names}


def operation_json(row: PlannedOperation, names: Mapping[str, str]) -> dict[str, Any]:
    """One operation; `names` are those of people whose account is made by the same plan, by source id."""
    changes = [
        {"attribute": change.attribute, "before": change.before, "after": change.after} for change in row.changes
    ]
    changes += (
        {"attribute": attribute, "before": None, "after": f"the account of {names[wanted]}, once it is made"}
        for attribute, wanted in row.waits_for
        if wanted in names
    )
    shape: dict[str, Any] = {
        "action": row.action,
        "person": row.person,
        "sourceId": row.source_id,
        "targetId": row.target_id,
        "changes": changes,
        "reason": row.reason,
        "losesAccess": row.removes_access,
    }
    if row.is_unknown:
        shape["unknown"] = True
    if row.is_stale:
        shape["stale"] = True
    return shape


async def operations_json(plans: PlanStore, plan: Plan, rows: Sequence[PlannedOperation]) -> list[dict[str, Any]]:
    """A page of operations."""
    wanted = sorted({source_id for row in rows for _, source_id in row.waits_for})
    made = await plans.named(plan.id, wanted) if wanted else {}
    names = {one.source_id: one.person for one in made.values() if one.action == Action.CREATE.value}
    return [operation_json(row, names) for row in rows]


def change_text(change: dict[str, Any]) -> str:
    """One attribute before and after, for people."""
    return f"{change['attribute']}: {_value(change['before'])} → {_value(change['after'])}"


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
