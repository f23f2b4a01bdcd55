"""Applying a plan: exactly what was shown, through the same sending path, guard and lease as a cycle.

First the source is read and every operation is decided anew, without a question to the target. One that would now be
another is stale, and then nothing is sent, unless the rest is wanted without it. Unsaved settings are saved in the
step that marks the plan as used. Each operation is compared once more when its turn comes, with all that is known
then; whoever is not sent stays marked, so the next cycle looks at them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from provisor.engine.brake import Brake, Stopped
from provisor.engine.cycle import CycleResult
from provisor.engine.people import Course, work_pass
from provisor.engine.person.attempting import Turn
from provisor.engine.person.candidates import Candidates
from provisor.engine.person.evaluating import Evaluation
from provisor.engine.planning.foreseeing import Foreseeing
from provisor.engine.planning.rows import pledge
from provisor.engine.progress import Progress, Watcher
from provisor.engine.reading import read_source
from provisor.engine.removals import work_removals
from provisor.engine.run import PAGE_SIZE, Asking, Run
from provisor.engine.running import INTERRUPTIONS, CycleReport, Engine, close_run, make_run, open_job
from provisor.gallery.synchronization.reading import read_rules
from provisor.model.errors import JobFailed, PreconditionFailed, Reject, ResourceFailed, Transient
from provisor.model.job import Application, Cycle, CycleKind, CycleState, ScopeSetting
from provisor.model.operation import Action
from provisor.model.plan import FAILURE, Plan, PlannedOperation
from provisor.ports.work import Marked
from provisor.stages.matching import Joined
from provisor.stages.rules.compiled import compile_rules

EXAMPLES_MAX = 10
MADE_ANEW = "Make a new plan, and look at it."


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """The cycle that sent the plan, and the people whose operation was left out because it would be another one now."""

    report: CycleReport
    skipped: int


async def apply_plan(
    engine: Engine,
    plan_id: str,
    *,
    skips_stale: bool = False,
    watcher: Watcher | None = None,
    wait_seconds: float = 0,
) -> ApplyReport:
    """Apply a plan, at most once.

    Raises `PreconditionFailed`, with nothing sent, when it is used, expired, or stale and the rest is not wanted;
    `NotFound`, and `CycleRunning`.
    """
    plan = await engine.plans.get(plan_id)
    async with open_job(engine, plan.app_id, wait_seconds) as (app, brake):
        plan = await engine.plans.get(plan_id)
        _require_ready(plan, app, engine)
        run = await _run_of(engine, plan, app, brake, watcher)
        refusal = await _find_stale(engine, run, plan)
        if not skips_stale and (count := await engine.plans.count_stale(plan.id)):
            raise await _stale(engine, plan, count)
        await engine.plans.use(plan, run.cycle_id, engine.clock.now())
        run = replace(run, app=await engine.applications.get(app.id), asking=Asking.CHEAPLY)
        return await _apply(engine, run, plan, refusal)


def _require_ready(plan: Plan, app: Application, engine: Engine) -> None:
    state = plan.state_at(engine.clock.now())
    words = {
        "making": "is not complete: it is being made, or the process that made it has ended",
        "used": f"was applied already, by the cycle {plan.cycle_id}",
        "expired": f"expired at {plan.expires:%Y-%m-%d %H:%M} UTC",
    }
    if state in words:
        raise PreconditionFailed(f"The plan {plan.id} {words[state]}.", remedy=MADE_ANEW)
    if plan.schema is not None and app.rules_version != plan.rules_version:
        raise PreconditionFailed(
            "Somebody has changed the mappings since this plan was made from unsaved ones.", remedy=MADE_ANEW
        )


async def _run_of(engine: Engine, plan: Plan, app: Application, brake: Brake, watcher: Watcher | None) -> Run:
    """A run by the settings of the plan that asks nothing yet."""
    cycle = Cycle(engine.new_id(), app.id, CycleKind.PLAN, engine.clock.now())
    progress = Progress(cycle, engine.records, engine.clock, watcher)
    schema = plan.schema if plan.schema is not None else await engine.applications.schema(app.id)
    scope = ScopeSetting(plan.scope) if plan.scope else app.scope
    rules = compile_rules(read_rules(schema))
    return await make_run(engine, replace(app, scope=scope), progress, brake, rules=rules, asking=Asking.NOT_AT_ALL)


async def _find_stale(engine: Engine, run: Run, plan: Plan) -> str:
    """Read the source, decide every operation anew, and note those that would now be others.

    Returns why the read was not believed in whole, empty where it was.
    """
    saved = compile_rules(await engine.rules_of(run.app))
    try:
        read = await read_source(run, saved)
        stale: list[int] = []
        foreseeing, after = Foreseeing(run), -1
        while page := await engine.plans.operations(plan.id, after, PAGE_SIZE):
            after = page[-1].position
            await run.brake.check()
            stale += await _stale_in(run, page, foreseeing)
        await engine.plans.set_stale(plan.id, stale)
    except Stopped:
        run.brake.release()
        raise
    return read.refusal


async def _stale_in(run: Run, page: Sequence[PlannedOperation], foreseeing: Foreseeing) -> list[int]:
    rows = [row for row in page if row.action != FAILURE]
    loaded = await run.work.load(run.app.id, [row.source_id for row in rows], with_manager=run.needs_managers)
    people: Mapping[str, Marked] = {one.resource.id: one for one in loaded}
    await foreseeing.prepare(loaded)
    stale = []
    for row in rows:
        marked = people.get(row.source_id)
        try:
            evaluation = await foreseeing.evaluate(marked) if marked else None
        except ResourceFailed:
            evaluation = None
        if evaluation is None or not is_as_planned(run, row, evaluation):
            stale.append(row.position)
    return stale


def is_as_planned(run: Run, row: PlannedOperation, evaluation: Evaluation) -> bool:
    """Whether this is what the plan has shown; of somebody unknown it has shown both a creation and an adoption."""
    operation = evaluation.operation
    if row.is_unknown and isinstance(evaluation.match, Joined) and operation.action in (Action.UPDATE, Action.OTHER):
        return not operation.removes_access
    return pledge(run, evaluation) == row.digest


async def _stale(engine: Engine, plan: Plan, count: int) -> PreconditionFailed:
    examples = await engine.plans.operations(plan.id, -1, EXAMPLES_MAX, only_stale=True)
    reasons = [f"{row.person}: {row.action} was planned" for row in examples]
    if count > len(examples):
        reasons.append(f"and {count - len(examples)} more")
    return PreconditionFailed(
        f"{count} operations would now be different, so nothing was sent.",
        reasons=reasons,
        remedy="Make a new plan, or send the rest with --skip-stale.",
    )


async def _apply(engine: Engine, run: Run, plan: Plan, refusal: str) -> ApplyReport:
    work = _Applying(engine, run, plan)
    await engine.records.save_cycle(run.progress.cycle)
    result, fault = CycleResult(), None
    try:
        result = replace(await work.work(), refused_source=refusal)
    except INTERRUPTIONS:
        ended = replace(run.progress.cycle, state=CycleState.INTERRUPTED, ended=engine.clock.now())
        await engine.records.save_cycle(ended)
        raise
    except (JobFailed, Transient, Reject) as error:
        fault = error
    skipped = await engine.plans.count_stale(plan.id)
    return ApplyReport(await close_run(engine, run, result, fault), skipped)


class _Applying:
    """The operations of a plan on their way to the target."""

    def __init__(self, engine: Engine, run: Run, plan: Plan) -> None:
        self._engine = engine
        self._run = run
        self._plan = plan
        self._stale: set[int] = set()

    async def work(self) -> CycleResult:
        """Managers first, removals last. Raises what stopped it, once all have landed."""
        run, plans, plan = self._run, self._engine.plans, self._plan
        for row in await self._rows(only_stale=True):
            self._stale.add(row.position)
        await plans.mark_people(plan)
        await run.work.order_marks(run.app.id)
        await run.progress.enter("people", sum(_sent(plan)))
        try:
            await work_pass(run, Course(self._next_page, self._lets, adopts=False), Candidates(run))
            losing = await self._rows(only_losing=True)
            going = frozenset(row.source_id for row in losing if row.position not in self._stale)
            verdict = await work_removals(run, going)
        except Stopped:
            run.brake.release()
            raise
        finally:
            await plans.set_stale(plan.id, sorted(self._stale))
        return CycleResult(held_removals=verdict.reason if verdict.is_held else "")

    async def _rows(self, *, only_stale: bool = False, only_losing: bool = False) -> list[PlannedOperation]:
        rows: list[PlannedOperation] = []
        after = -1
        while page := await self._engine.plans.operations(
            self._plan.id, after, PAGE_SIZE, only_stale=only_stale, only_losing=only_losing
        ):
            after = page[-1].position
            rows += page
        return rows

    async def _next_page(self, after: tuple[int, str] | None) -> Sequence[Marked]:
        """The next people in order of depth who are in the plan."""
        run = self._run
        while page := await run.work.next_marks(run.app.id, after, PAGE_SIZE, with_manager=run.needs_managers):
            after = (page[-1].depth, page[-1].resource.id)
            rows = await self._engine.plans.named(self._plan.id, [one.resource.id for one in page])
            chosen = [one for one in page if self._is_to_go(rows.get(one.resource.id))]
            if chosen:
                return chosen
        return ()

    def _is_to_go(self, row: PlannedOperation | None) -> bool:
        return row is not None and row.action != FAILURE and row.position not in self._stale

    async def _lets(self, turn: Turn) -> bool:
        """Only what was shown is sent."""
        evaluation = turn.evaluation
        assert evaluation is not None
        source_id = evaluation.operation.source_id
        row = (await self._engine.plans.named(self._plan.id, [source_id])).get(source_id)
        if row is None:
            return False
        if not is_as_planned(self._run, row, evaluation):
            self._stale.add(row.position)
            return False
        return True


def _sent(plan: Plan) -> Sequence[int]:
    counts = plan.counts
    return counts.created, counts.updated, counts.disabled, counts.deleted, counts.held
