"""Running a cycle of an application: lease, rules, connections, the cycle, and what it means for the job."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from provisor.engine.brake import Brake, CycleInterrupted, Stopped
from provisor.engine.cycle import CycleResult, run_cycle
from provisor.engine.leasing import HeldLease, LeaseLost, LeaseTerms, hold_lease
from provisor.engine.notifying import Notifying
from provisor.engine.progress import Progress, Watcher
from provisor.engine.run import Asking, Run
from provisor.model.errors import JobFailed, ProvisorError, Reject, Transient
from provisor.model.job import Application, Cycle, CycleKind, CycleState
from provisor.model.rules import Rules
from provisor.policy.schedule import judge_end
from provisor.ports.applications import ApplicationStore
from provisor.ports.clock import Clock
from provisor.ports.plans import PlanStore
from provisor.ports.records import RecordStore
from provisor.ports.source import Source
from provisor.ports.target import Target
from provisor.ports.work import WorkStore
from provisor.stages.rules.compiled import CompiledRules, compile_rules

INTERRUPTIONS = (LeaseLost, CycleInterrupted, asyncio.CancelledError)
"""What ends a run without saying anything about the job."""

Connect = Callable[[Application], Awaitable[tuple[Source, Target]]]
"""The two ends of a job. Raises `Reject` when it is not configured."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that runs cycles, wired once by `bootstrap`. `owner` names this process in leases."""

    applications: ApplicationStore
    work: WorkStore
    records: RecordStore
    plans: PlanStore
    clock: Clock
    connect: Connect
    rules_of: Callable[[Application], Awaitable[Rules]]
    new_id: Callable[[], str]
    random: Callable[[int], int]
    owner: str
    is_alive: Callable[[str], bool]
    notifying: Notifying | None = None
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is to end: cycles under way stop at the next safe point."""


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
    async with open_job(engine, reference, wait_seconds) as (app, brake):
        return await _run_leased(engine, app, brake, watcher)


async def configured(engine: Engine, reference: str) -> Application:
    """The application. Raises `NotFound`, and `Reject` when it has no Admin Credentials."""
    app = await engine.applications.get(reference)
    if not app.tenant_url:
        raise Reject(
            f"{app.name} has no Admin Credentials yet.",
            remedy=f"Set them with `provisor credentials set {app.name!r} --url TENANT_URL --token-env VAR`.",
        )
    return app


@contextlib.asynccontextmanager
async def open_job(engine: Engine, reference: str, wait_seconds: float) -> AsyncIterator[tuple[Application, Brake]]:
    """Hold the lease of a configured application: nobody else works its people meanwhile.

    Raises `CycleRunning` when it cannot be had within `wait_seconds`.
    """
    app = await configured(engine, reference)
    terms = LeaseTerms(app.id, engine.new_id(), engine.owner, engine.is_alive)
    async with hold_lease(engine.applications, engine.clock, terms, wait_seconds) as lease:
        await engine.records.close_interrupted(app.id, engine.clock.now())
        yield await engine.applications.get(app.id), Brake(partial(_may_go_on, engine, lease))


async def make_run(
    engine: Engine,
    app: Application,
    progress: Progress,
    brake: Brake,
    *,
    rules: CompiledRules | None = None,
    asking: Asking = Asking.CHEAPLY,
) -> Run:
    """What a run works with: both ends connected, and the stored rules unless others are given. Raises `Reject`."""
    source, target = await engine.connect(app)
    return Run(
        app=app,
        cycle_id=progress.cycle.id,
        now=progress.cycle.began,
        rules=rules or compile_rules(await engine.rules_of(app)),
        source=source,
        target=target,
        work=engine.work,
        clock=engine.clock,
        progress=progress,
        brake=brake,
        new_id=engine.new_id,
        random=engine.random,
        asking=asking,
    )


async def _run_leased(engine: Engine, app: Application, brake: Brake, watcher: Watcher | None) -> CycleReport:
    now = engine.clock.now()
    kind = CycleKind.INITIAL if app.watermark is None else CycleKind.INCREMENTAL
    progress = Progress(Cycle(engine.new_id(), app.id, kind, now), engine.records, engine.clock, watcher)
    await engine.records.save_cycle(progress.cycle)
    result, fault = CycleResult(), None
    try:
        run = await make_run(engine, app, progress, brake)
        result = await _run_stoppable(run, engine.applications)
    except INTERRUPTIONS:
        # Nothing of the job's state is ours to change: it is somebody else's now, or as it was before.
        ended = replace(progress.cycle, state=CycleState.INTERRUPTED, ended=engine.clock.now())
        await engine.records.save_cycle(ended)
        raise
    except (JobFailed, Transient, Reject) as error:
        fault = error
    return await _end(engine, app, await _close(engine, app, progress.cycle, result, fault), result, fault)


async def close_run(engine: Engine, run: Run, result: CycleResult, fault: ProvisorError | None) -> CycleReport:
    """Store how a run ended that was no cycle of the schedule, and tell people; the schedule goes on as it was."""
    cycle = _ended(run.progress.cycle, result, fault, engine.clock.now())
    await engine.records.save_cycle(cycle)
    return await _end(engine, run.app, cycle, result, fault)


async def _end(
    engine: Engine, app: Application, cycle: Cycle, result: CycleResult, fault: ProvisorError | None
) -> CycleReport:
    if engine.notifying:
        app = await engine.applications.get(app.id)
        await engine.notifying.notify(app, refused_source=result.refused_source, held_reason=result.held_removals)
    return CycleReport(cycle, result, fault)


async def _may_go_on(engine: Engine, lease: HeldLease) -> None:
    if engine.ending.is_set():
        raise CycleInterrupted("The process was asked to stop.", remedy="The next cycle goes on from here.")
    await lease.ensure()


def _ended(cycle: Cycle, result: CycleResult, fault: ProvisorError | None, now: datetime) -> Cycle:
    state = CycleState.ENTRY_ERRORS if cycle.counts.failed else CycleState.SUCCEEDED
    message = " ".join(filter(None, (result.refused_source, result.held_removals)))
    if fault is not None:
        state, message = CycleState.FAILED, str(fault)
    return replace(cycle, state=state, ended=now, phase="done", message=message)


async def _run_stoppable(run: Run, applications: ApplicationStore) -> CycleResult:
    """The cycle. Raises the fault for which it was stopped, if it was."""
    try:
        return await run_cycle(run, applications)
    except Stopped:
        run.brake.release()
        raise


async def _close(
    engine: Engine, app: Application, cycle: Cycle, result: CycleResult, fault: ProvisorError | None
) -> Cycle:
    """Store how it ended and what follows for the job: a fault slows it down, a success lifts that."""
    now = engine.clock.now()
    cycle = _ended(cycle, result, fault, now)
    await engine.records.save_cycle(cycle)
    outlook = judge_end(app, fault, is_source_refused=bool(result.refused_source), now=now)
    await engine.applications.close_cycle(app.id, cycle.began, now, outlook)
    return cycle
