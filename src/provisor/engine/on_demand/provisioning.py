"""Provisioning on demand: people who are named go through the stages now, on exactly the way of a cycle.

They are read from the source first, so that the present counts. What takes access away is left until the rest is
done, goes only where somebody has said so, and meets the deletion guard with everything of the last 24 hours; where
those are spent, it is held as in a cycle. A trial evaluates, with the questions to the target that this takes, and
neither sends nor stores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from provisor.engine.brake import Brake, Stopped
from provisor.engine.on_demand.selecting import Selection, select_people
from provisor.engine.on_demand.showing import HELD, UNCONFIRMED, Shown, show
from provisor.engine.people import Course, work_pass
from provisor.engine.person.attempting import Done, Turn
from provisor.engine.person.candidates import Candidates
from provisor.engine.person.evaluating import evaluate
from provisor.engine.person.sending import no_waiting
from provisor.engine.progress import Progress
from provisor.engine.reading import ALWAYS_READ, import_people
from provisor.engine.removals import work_removals
from provisor.engine.run import Asking, Run
from provisor.engine.running import INTERRUPTIONS, Engine, configured, make_run, open_job
from provisor.model.errors import JobFailed, ProvisorError, Reject, ResourceFailed, Transient
from provisor.model.job import Application, Cycle, CycleKind, CycleState
from provisor.model.resource import Presence
from provisor.ports.work import Imported, Marked


@dataclass(frozen=True, slots=True)
class OnDemandReport:
    """What came of each person. `held_reason` is set where the guard stopped removals, `fault` where all had to end."""

    cycle: Cycle
    people: tuple[Shown, ...]
    held_reason: str = ""
    fault: ProvisorError | None = None


async def try_on_demand(
    engine: Engine, reference: str, selection: Selection, *, asking: Asking = Asking.ONE_BY_ONE
) -> OnDemandReport:
    """Show what provisioning these people would do. Nothing is sent, and nothing is stored."""
    app = await configured(engine, reference)
    progress = _progress(engine, app)
    run = await make_run(engine, app, progress, Brake(_no_lease), asking=asking)
    people = await _load(run, await select_people(run, selection))
    candidates, shown = Candidates(run), []
    for marked in people:
        turn = Turn(marked, engine.clock.monotonic())
        try:
            turn.evaluation = await evaluate(run, marked, candidates, no_waiting(run))
        except ResourceFailed as fault:
            shown.append(show(run, turn, code=fault.code, message=str(fault)))
        else:
            shown.append(show(run, turn))
    return OnDemandReport(replace(progress.cycle, requests=run.target.requests), tuple(shown))


async def provision_on_demand(
    engine: Engine,
    reference: str,
    selection: Selection,
    *,
    may_lose: frozenset[str] | None = frozenset(),
    wait_seconds: float = 0,
) -> OnDemandReport:
    """Provision these people now. Raises `Reject` and `NotFound` before anything is sent, and `CycleRunning`.

    `may_lose` are the source ids of those who may lose access by it, None for everybody.
    """
    async with open_job(engine, reference, wait_seconds) as (app, brake):
        progress = _progress(engine, app)
        run = await make_run(engine, app, progress, brake, asking=Asking.ONE_BY_ONE)
        source_ids = await select_people(run, selection)
        await progress.enter("people", len(source_ids))
        demand, fault = _Demand(run, source_ids, may_lose), None
        try:
            await demand.work()
        except INTERRUPTIONS:
            await _close(engine, progress.cycle, CycleState.INTERRUPTED, "")
            raise
        except (JobFailed, Transient, Reject) as error:
            fault = error
        state = CycleState.FAILED if fault else CycleState.SUCCEEDED
        if not fault and progress.cycle.counts.failed:
            state = CycleState.ENTRY_ERRORS
        cycle = await _close(engine, progress.cycle, state, str(fault) if fault else demand.held_reason)
        return OnDemandReport(cycle, demand.people, demand.held_reason, fault)


class _Demand:
    """One call: the people in it, and what came of them."""

    def __init__(self, run: Run, source_ids: Sequence[str], may_lose: frozenset[str] | None) -> None:
        self._run = run
        self._source_ids = source_ids
        self._may_lose = may_lose
        self._shown: dict[str, Shown] = {}
        self._leaving: dict[str, Shown] = {}
        self._are_leavers_let = False
        self.held_reason = ""

    @property
    def people(self) -> tuple[Shown, ...]:
        """Everybody who was worked, in the order of the selection."""
        return tuple(self._shown[one] for one in self._source_ids if one in self._shown)

    async def work(self) -> None:
        """Those who keep access first, then those who lose it, where they may."""
        run = self._run
        people, managers = await _read(run, self._source_ids)
        await run.work.store_page(
            run.app.id, [*people, *managers], run.cycle_id, marks_all=False, marks_reports=run.needs_managers
        )
        try:
            await self._pass(self._source_ids)
            going = frozenset(self._leaving) & (self._leaving.keys() if self._may_lose is None else self._may_lose)
            if going:
                self._are_leavers_let = True
                await self._pass(sorted(going))
                await self._remove(going)
        except Stopped:
            run.brake.release()

    async def _pass(self, source_ids: Sequence[str]) -> None:
        run = self._run
        people = _managers_first(await _stored(run, source_ids))

        async def next_page(after: tuple[int, str] | None) -> Sequence[Marked]:
            return people if after is None else ()

        course = Course(next_page, self._lets, self._tell)
        await work_pass(run, course, Candidates(run))

    async def _lets(self, turn: Turn) -> bool:
        """Whoever would lose access comes later."""
        assert turn.evaluation is not None
        if self._are_leavers_let or not turn.evaluation.operation.removes_access:
            return True
        shown = show(self._run, turn, result=UNCONFIRMED)
        self._leaving[shown.source_id] = self._shown[shown.source_id] = shown
        return False

    async def _remove(self, source_ids: frozenset[str]) -> None:
        run = self._run
        verdict = await work_removals(run, source_ids, self._tell)
        self.held_reason = verdict.reason
        for source_id in source_ids:
            shown = self._shown[source_id]
            if shown.result == HELD:
                reason = f"Held: {verdict.reason or 'somebody has rejected it'}."
                self._shown[source_id] = replace(shown, reason=reason)

    def _tell(self, turn: Turn, done: Done) -> None:
        finished = done.finished
        code, message = "", ""
        if finished.escrow:
            code, message = finished.escrow.error_code, finished.escrow.message
        result = HELD if finished.staged else ""
        self._shown[finished.source_id] = show(
            self._run, turn, outcome=done.outcome, code=code, message=message, result=result
        )


async def _stored(run: Run, source_ids: Sequence[str]) -> Sequence[Marked]:
    return await run.work.load(run.app.id, source_ids, with_manager=run.needs_managers)


async def _read(run: Run, source_ids: Sequence[str]) -> tuple[list[Imported], list[Imported]]:
    """These people as the source has them now, and their managers where filters look at those."""
    wanted = run.rules.source_attributes | ALWAYS_READ
    people = import_people(await run.source.read_some(source_ids, wanted), wanted)
    if not run.needs_managers:
        return people, []
    managers = sorted({one.manager_id for one in people if one.manager_id}.difference(source_ids))
    found = await run.source.read_some(managers, wanted)
    return people, import_people([one for one in found if one.presence is Presence.PRESENT], wanted)


async def _load(run: Run, source_ids: Sequence[str]) -> Sequence[Marked]:
    """People as the source has them now, with what is stored about them; nothing is written."""
    read, others = await _read(run, source_ids)
    attributes = {one.resource.id: one.resource.attributes for one in (*read, *others)}
    stored = {one.resource.id: one for one in await _stored(run, source_ids)}
    people = []
    for one in read:
        before = stored.get(one.resource.id)
        if before is None:
            before = Marked(one.resource, 0, 0, None, None)
        elif one.resource.presence is Presence.GONE:
            people.append(replace(before, resource=replace(before.resource, presence=Presence.GONE)))
            continue
        manager = attributes.get(one.manager_id or "", before.manager)
        people.append(replace(before, resource=one.resource, manager=manager))
    return people


def _managers_first(people: Sequence[Marked]) -> Sequence[Marked]:
    """Whoever manages others among these people comes before them; a circle stays as it is."""
    among = {one.resource.id: one for one in people}
    depths: dict[str, int] = {}
    for one in people:
        chain: list[str] = []
        current = one.resource.id
        while current in among and current not in depths and current not in chain:
            chain.append(current)
            current = str(among[current].resource.attributes.get("manager"))
        base = depths.get(current, -1)
        depths.update((source_id, depth) for depth, source_id in enumerate(reversed(chain), base + 1))
    ordered = sorted(people, key=lambda one: (depths[one.resource.id], one.resource.id))
    return [replace(one, depth=depths[one.resource.id]) for one in ordered]


def _progress(engine: Engine, app: Application) -> Progress:
    cycle = Cycle(engine.new_id(), app.id, CycleKind.ON_DEMAND, engine.clock.now())
    return Progress(cycle, engine.records, engine.clock, None)


async def _close(engine: Engine, cycle: Cycle, state: CycleState, message: str) -> Cycle:
    ended = replace(cycle, state=state, ended=engine.clock.now(), phase="done", message=message)
    await engine.records.save_cycle(ended)
    return ended


async def _no_lease() -> None:
    """A trial changes nothing, so nobody can be in its way."""
