"""Comparing two settings: whom an edit changes, who loses access by it, and who keeps it.

Both sides are plans, so what is compared is what a cycle would do, not what settings look like: somebody whose account
differs already, whatever the settings, is nobody whom the edit changes.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from provisor.engine.planning.making import PlanWish, Watch, make_plan
from provisor.engine.running import Engine
from provisor.model.errors import Reject
from provisor.model.plan import Plan, PlannedOperation
from provisor.ports.plans import PlanStore

PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class Comparison:
    """Numbers of people. `loses_access` by the second plan and not by the first; `keeps_access` the other way round."""

    before: Plan
    after: Plan
    changed: int
    loses_access: int
    keeps_access: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One person for whom two plans foresee different things; None where a plan foresees nothing."""

    source_id: str
    person: str
    before: PlannedOperation | None
    after: PlannedOperation | None

    @property
    def loses_access(self) -> bool:
        """Whether access goes by the second plan only."""
        return _removes(self.after) and not _removes(self.before)

    @property
    def keeps_access(self) -> bool:
        """Whether access goes by the first plan only."""
        return _removes(self.before) and not _removes(self.after)


async def compare_settings(
    engine: Engine, reference: str, wish: PlanWish, *, wait_seconds: float = 0, watch: Watch | None = None
) -> Comparison:
    """Compare the saved settings with a wish for others. Both plans are kept; the second can be applied.

    Raises what `make_plan` raises.
    """
    saved = replace(wish, schema=None, scope=None)
    before = await make_plan(engine, reference, saved, wait_seconds=wait_seconds, watch=watch)
    after = await make_plan(engine, reference, wish, wait_seconds=wait_seconds, watch=watch)
    return await compare_plans(engine.plans, before, after)


async def compare_plans(plans: PlanStore, before: Plan, after: Plan) -> Comparison:
    """Compare two plans. Raises `Reject` when they are not of one application, or one is not complete."""
    if before.app_id != after.app_id:
        raise Reject("These plans are of different applications.")
    if not (before.is_complete and after.is_complete):
        raise Reject("One of these plans is not complete.", remedy="Wait until it is made, or make it again.")
    changed, losing, keeping = await plans.count_differences(before.id, after.id)
    return Comparison(before, after, changed, losing, keeping)


async def differences(plans: PlanStore, before: Plan, after: Plan) -> AsyncIterator[Difference]:
    """The people for whom they differ, in the order of their ids."""
    last = ""
    while ids := await plans.differing(before.id, after.id, last, PAGE_SIZE):
        last = ids[-1]
        old, new = await plans.named(before.id, ids), await plans.named(after.id, ids)
        for source_id in ids:
            one, other = old.get(source_id), new.get(source_id)
            known = other or one
            assert known is not None
            yield Difference(source_id, known.person, one, other)


def _removes(row: PlannedOperation | None) -> bool:
    return row is not None and row.removes_access
