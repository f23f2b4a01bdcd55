"""Making a plan: everybody known is evaluated, by saved or unsaved settings, and what would be written is stored.

Nothing is sent to the target but questions, and those only where its accounts are not known: it is listed, or asked
about the few who have no account. People are read page by page and rows are stored as they are computed, so that
memory does not grow with the population.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provisor.engine.brake import Stopped
from provisor.engine.person.attempting import Turn
from provisor.engine.person.candidates import Candidates
from provisor.engine.planning.foreseeing import Foreseeing
from provisor.engine.planning.rows import failed, planned
from provisor.engine.progress import Progress
from provisor.engine.reading import read_source
from provisor.engine.run import PAGE_SIZE, Asking, Run
from provisor.engine.running import Engine, make_run, open_job
from provisor.gallery.synchronization.judging import decide_change
from provisor.gallery.synchronization.reading import read_rules
from provisor.model.errors import ResourceFailed
from provisor.model.job import Application, Counts, Cycle, CycleKind, ScopeSetting
from provisor.model.operation import Action
from provisor.model.plan import FAILURE, VALID_FOR, Plan, PlannedOperation, PlanSettings
from provisor.model.removal import Decision
from provisor.policy.deletion_guard import WINDOW, judge_removals
from provisor.policy.staging import basis_of
from provisor.ports.work import Marked
from provisor.stages.importing import fingerprint
from provisor.stages.rules.compiled import compile_rules

COUNTED = {
    Action.CREATE.value: "created",
    Action.UPDATE.value: "updated",
    Action.DISABLE.value: "disabled",
    Action.DELETE.value: "deleted",
    FAILURE: "failed",
}
REQUESTS_PER_SECOND = 25.0
"""What a SCIM endpoint is asked to bear at least (engine spec §8); used until a cycle has shown the real rate."""
RATE_REQUESTS_MIN = 20
"""A rate over fewer requests says nothing."""


@dataclass(frozen=True, slots=True)
class PlanWish:
    """What to plan: by these settings, the saved ones where None; without a question to the target when offline."""

    schema: Any = None
    scope: ScopeSetting | None = None
    is_offline: bool = False


Watch = Callable[[int], None]
"""Hears how many people are done."""


async def make_plan(
    engine: Engine, reference: str, wish: PlanWish, *, wait_seconds: float = 0, watch: Watch | None = None
) -> Plan:
    """Make and store a plan. Raises `Reject` with every fault of the settings, and `CycleRunning`."""
    async with open_job(engine, reference, wait_seconds) as (app, brake):
        stored = await engine.applications.schema(app.id)
        change = decide_change(wish.schema, stored) if wish.schema is not None else None
        schema = change.schema if change and not change.is_same else None
        scope = wish.scope if wish.scope not in (None, app.scope) else None
        now = engine.clock.now()
        plan = Plan(
            engine.new_id(),
            app.id,
            now,
            now + VALID_FOR,
            PlanSettings.SAVED if schema is None and scope is None else PlanSettings.UNSAVED,
            app.rules_version,
            schema=schema,
            scope=scope.value if scope else None,
            is_offline=wish.is_offline,
        )
        saved = compile_rules(read_rules(stored))
        rules = compile_rules(read_rules(schema)) if schema is not None else saved
        progress = Progress(Cycle(plan.id, app.id, CycleKind.INCREMENTAL, now), engine.records, engine.clock, None)
        run = await make_run(engine, replace(app, scope=scope or app.scope), progress, brake, rules=rules)
        await engine.plans.save(plan)
        try:
            read = await read_source(run, saved)
            run, plan = await _ask_target(run, replace(plan, message=read.refusal))
            making = _Making(engine, run, plan, watch)
            await making.work()
            plan = await _sum_up(engine, run, making)
        except BaseException as fault:
            await engine.plans.delete(plan.id)
            if isinstance(fault, Stopped):
                run.brake.release()
            raise
        await engine.plans.save(plan)
        return plan


async def _ask_target(run: Run, plan: Plan) -> tuple[Run, Plan]:
    """Find out which accounts there are, where that is not known; afterwards the run asks no more than it must."""
    app_id, keys = run.app.id, [one.target for one in run.rules.matching]
    listed_at = await run.work.listed_at(app_id, keys)
    if listed_at is None and not plan.is_offline and (seekers := await run.work.count_unlinked(app_id)):
        if not await Candidates(run).list_target(seekers):
            return replace(run, asking=Asking.ONE_BY_ONE), plan
        listed_at = await run.work.listed_at(app_id, keys)
    return replace(run, asking=Asking.NOT_AT_ALL), replace(plan, listed_at=listed_at)


class _Making:
    """The people of one plan, on their way into rows."""

    def __init__(self, engine: Engine, run: Run, plan: Plan, watch: Watch | None) -> None:
        self._engine = engine
        self._run = run
        self._watch = watch
        self._foreseeing = Foreseeing(run)
        self._position = 0
        self._numbers = dict.fromkeys(("created", "updated", "disabled", "deleted", "skipped", "failed", "held"), 0)
        self._losing: dict[str, int] = {}
        self.plan = plan

    @property
    def counts(self) -> Counts:
        """What the plan comes to, before the deletion guard."""
        return Counts(**self._numbers)

    @property
    def losing(self) -> Mapping[str, int]:
        """Those who would lose access, by the number of `Counts` in which they are."""
        return self._losing

    async def work(self) -> None:
        """Page after page."""
        run, after, done = self._run, "", 0
        await run.brake.check()
        while page := await run.work.list_people(run.app.id, after, PAGE_SIZE, with_manager=run.needs_managers):
            after = page[-1].resource.id
            rows = await self._plan_page(page)
            await self._engine.plans.add(self.plan, rows)
            done += len(page)
            await run.brake.check()
            if self._watch:
                self._watch(done)

    async def _plan_page(self, page: Sequence[Marked]) -> list[PlannedOperation]:
        run = self._run
        await self._foreseeing.prepare(page)
        rows = []
        for marked in page:
            turn = Turn(marked, 0.0)
            try:
                turn.evaluation = evaluation = await self._foreseeing.evaluate(marked)
            except ResourceFailed as fault:
                rows.append(self._count(failed(run, turn, fault, self._position)))
                continue
            if not evaluation.operation.is_write:
                self._numbers["skipped"] += 1
            elif evaluation.operation.removes_access and _is_rejected(run, marked):
                self._numbers["held"] += 1
            else:
                is_unknown = evaluation.operation.action is Action.CREATE and self._is_unknown
                rows.append(self._count(planned(run, evaluation, self._position, is_unknown=is_unknown)))
        return rows

    @property
    def _is_unknown(self) -> bool:
        return self._run.asking is Asking.NOT_AT_ALL and self.plan.listed_at is None and self.plan.is_offline

    def _count(self, row: PlannedOperation) -> PlannedOperation:
        self._position += 1
        name = COUNTED[row.action]
        self._numbers[name] += 1
        if row.removes_access:
            self._losing[name] = self._losing.get(name, 0) + 1
        return row


def _is_rejected(run: Run, marked: Marked) -> bool:
    """Whether somebody has decided that this person keeps access, from the same facts and rules."""
    staged = marked.staged
    if staged is None or staged.decision is not Decision.REJECTED:
        return False
    return staged.basis == basis_of(fingerprint(marked.resource), run.app)


async def _sum_up(engine: Engine, run: Run, making: _Making) -> Plan:
    """The finished plan: what the deletion guard would hold, how many requests it takes, and how long."""
    app: Application = run.app
    counts, losing = making.counts, sum(making.losing.values())
    verdict = judge_removals(
        losing,
        approved=0,
        sent_recently=await run.work.count_sent_removals(app.id, run.now - WINDOW),
        managed=await run.work.count_managed(app.id),
        settings=app.guard,
    )
    requests = counts.created + counts.updated + counts.disabled + counts.deleted
    if verdict.is_held:
        requests -= losing
        for name, number in making.losing.items():
            counts = counts.plus(name, -number)
        counts = counts.plus("held", losing)
    message = " ".join(filter(None, (making.plan.message, verdict.reason)))
    return replace(
        making.plan,
        counts=counts,
        loses_access=losing,
        requests=requests,
        estimated_seconds=round(requests / await _rate(engine, app.id), 1),
        message=message,
        is_complete=True,
        expires=run.clock.now() + VALID_FOR,
    )


async def _rate(engine: Engine, app_id: str) -> float:
    """Requests per second, as the last cycle that sent a number worth counting had it."""
    for cycle in await engine.records.cycles(app_id, 20):
        seconds = (cycle.ended - cycle.began).total_seconds() if cycle.ended else 0.0
        if cycle.requests >= RATE_REQUESTS_MIN and seconds > 0:
            return cycle.requests / seconds
    return REQUESTS_PER_SECOND
