"""Running a cycle of an application: lease, rules, connections, the cycle, and what it means for the job."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from provisor.engine.cycle import CycleResult, run_cycle
from provisor.engine.leasing import hold_lease
from provisor.engine.notifying import Notifying
from provisor.engine.progress import Progress, Watcher
from provisor.engine.run import Run
from provisor.model.errors import JobFailed, ProvisorError, Reject, Transient
from provisor.model.job import Application, Cycle, CycleKind, CycleState
from provisor.model.rules import Rules
from provisor.policy.quarantine import impose
from provisor.ports.applications import ApplicationStore
from provisor.ports.clock import Clock
from provisor.ports.records import RecordStore
from provisor.ports.source import Source
from provisor.ports.target import Target
from provisor.ports.work import WorkStore
from provisor.stages.rules.compiled import compile_rules

Connect = Callable[[Application], Awaitable[tuple[Source, Target]]]
"""The two ends of a job. Raises `Reject` when it is not configured."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that runs cycles, wired once by `bootstrap`. `owner` names this process in leases."""

    applications: ApplicationStore
    work: WorkStore
    records: RecordStore
    clock: Clock
    connect: Connect
    rules_of: Callable[[Application], Awaitable[Rules]]
    new_id: Callable[[], str]
    random: Callable[[int], int]
    owner: str
    is_alive: Callable[[str], bool]
    notifying: Notifying | None = None


@dataclass(frozen=True, slots=True)
class CycleReport:
    """A finished cycle and what waits for a decision. `fault` is set when the job as a whole could not go."""

    cycle: Cycle
    result: CycleResult
    fault: ProvisorError | None = None


async def run_now(
    engine: Engine, reference: str, *, watcher: Watcher | None = None, wait_seconds: float = 0
) -> CycleReport:
    """Run one cycle now, whether the schedule is on or off. Raises `Reject` when the job is not configured."""
    app = await engine.applications.get(reference)
    if not app.tenant_url:
        raise Reject(
            f"{app.name} has no Admin Credentials yet.",
            remedy=f"Set them with `provisor credentials set {app.name!r} --url TENANT_URL --token-env VAR`.",
        )
    lease = hold_lease(engine.applications, engine.clock, app.id, engine.owner, engine.is_alive, wait_seconds)
    async with lease:
        app = await engine.applications.get(app.id)
        await engine.records.close_interrupted(app.id, engine.clock.now())
        return await _run_leased(engine, app, watcher)


async def _run_leased(engine: Engine, app: Application, watcher: Watcher | None) -> CycleReport:
    now = engine.clock.now()
    kind = CycleKind.INITIAL if app.watermark is None else CycleKind.INCREMENTAL
    progress = Progress(Cycle(engine.new_id(), app.id, kind, now), engine.records, engine.clock, watcher)
    await engine.records.save_cycle(progress.cycle)
    result, fault = CycleResult(), None
    try:
        rules = compile_rules(await engine.rules_of(app))
        source, target = await engine.connect(app)
        run = Run(
            app=app,
            cycle_id=progress.cycle.id,
            now=now,
            rules=rules,
            source=source,
            target=target,
            work=engine.work,
            clock=engine.clock,
            progress=progress,
            new_id=engine.new_id,
            random=engine.random,
        )
        result = await run_cycle(run, engine.applications)
    except (JobFailed, Transient, Reject) as error:
        fault = error
    cycle = await _close(engine, app, progress.cycle, result, fault)
    if engine.notifying:
        app = await engine.applications.get(app.id)
        await engine.notifying.notify(app, refused_source=result.refused_source, held_reason=result.held_removals)
    return CycleReport(cycle, result, fault)


async def _close(
    engine: Engine, app: Application, cycle: Cycle, result: CycleResult, fault: ProvisorError | None
) -> Cycle:
    """Store how it ended and what follows for the job: a fault slows it down, a success lifts that."""
    now = engine.clock.now()
    state = CycleState.ENTRY_ERRORS if cycle.counts.failed else CycleState.SUCCEEDED
    message = " ".join(filter(None, (result.refused_source, result.held_removals)))
    if fault is not None:
        state, message = CycleState.FAILED, str(fault)
    cycle = replace(cycle, state=state, ended=now, phase="done", message=message)
    await engine.records.save_cycle(cycle)
    # A refused read waits for the interval like a failure: reading again at once would bring the same.
    failures = app.cycles_failed_in_a_row + 1 if fault or result.refused_source else 0
    await engine.applications.set_state(app.id, last_cycle_ended=now, cycles_failed_in_a_row=failures)
    if isinstance(fault, JobFailed):
        await engine.applications.set_quarantine(app.id, impose(app.quarantine, fault, now))
    elif fault is None and app.quarantine is not None:
        await engine.applications.set_quarantine(app.id, None)
    return cycle
