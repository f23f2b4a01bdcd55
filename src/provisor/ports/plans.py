"""Plans: stored as they are computed, row by row, read page by page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from provisor.model.plan import Plan, PlannedOperation


class PlanStore(Protocol):
    """The plans of all applications."""

    async def save(self, plan: Plan) -> None:
        """A new plan, or a new state of one."""
        ...

    async def add(self, plan: Plan, operations: Sequence[PlannedOperation]) -> None:
        """The next operations of a plan that is being made."""
        ...

    async def get(self, plan_id: str) -> Plan:
        """One plan. Raises `NotFound`."""
        ...

    async def list_all(self, app_id: str | None = None) -> Sequence[Plan]:
        """All plans, or those of one application, newest first."""
        ...

    async def operations(
        self, plan_id: str, after: int, limit: int, *, only_losing: bool = False, only_stale: bool = False
    ) -> Sequence[PlannedOperation]:
        """The operations after a position, in order."""
        ...

    async def named(self, plan_id: str, source_ids: Sequence[str]) -> Mapping[str, PlannedOperation]:
        """The operations about these people, by source id."""
        ...

    async def differing(self, before_id: str, after_id: str, last: str, limit: int) -> Sequence[str]:
        """The source ids after `last`, in order, of people for whom two plans foresee different things."""
        ...

    async def count_differences(self, before_id: str, after_id: str) -> tuple[int, int, int]:
        """How many people those are, how many lose access by the second plan only, and how many by the first only."""
        ...

    async def mark_people(self, plan: Plan) -> int:
        """Mark everybody whom a plan is about, so that they can be worked in order; returns how many there are."""
        ...

    async def set_stale(self, plan_id: str, positions: Sequence[int]) -> None:
        """Note which operations would now be different; the others no longer count as such."""
        ...

    async def count_stale(self, plan_id: str) -> int:
        """How many operations would now be different."""
        ...

    async def use(self, plan: Plan, cycle_id: str, now: datetime) -> None:
        """Note that a plan is being applied and save its settings, in one transaction, at most once.

        Raises `PreconditionFailed` when it was used meanwhile, or the rules it was made over have changed.
        """
        ...

    async def delete(self, plan_id: str) -> None:
        """Drop a plan with its operations."""
        ...

    async def prune(self, before: datetime) -> int:
        """Drop plans made before that; returns how many."""
        ...
