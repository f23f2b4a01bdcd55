"""Running a selection of checks against a server, and leaving nothing behind, however it ends.

Groups go one after the other; inside a group a few checks run at once. A check whose server cannot be reached any more
ends the run; what was made is removed in any case, also on Ctrl-C.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from provisor.connectors.scim.check.announced import GROUPS, USERS
from provisor.connectors.scim.check.belongings import Belongings
from provisor.connectors.scim.check.catalogue import GROUPS_OF_CHECKS, Selection
from provisor.connectors.scim.check.check import Check
from provisor.connectors.scim.check.exchange import Discretion, Exchange
from provisor.connectors.scim.check.expectations import Blocked, NotApplicable, Wrong
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.line import IN_FLIGHT_MAX, Line
from provisor.connectors.scim.check.meeting import meet
from provisor.connectors.scim.check.report import Finding, Outcome, Report
from provisor.connectors.scim.check.sample import USER_DOMAIN, Samples
from provisor.connectors.scim.check.scene import Scene, Stage, encode_query, text
from provisor.model.errors import ProvisorError, Transient, Unreachable
from provisor.ports.clock import Clock

SWEEP_COUNT = 200
REMOVAL_FAULTS_MAX = 3
"""Removals without an answer, one after the other, after which the server is taken to be gone."""
STOPPED = "The run was stopped."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    done: int
    total: int
    title: str
    """Of the group whose checks run."""


OnProgress = Callable[[Progress], None]


class _BrokeOff(Exception):
    """The server cannot be reached any more."""


@dataclass(slots=True)
class Run:
    """One run while it goes on. `findings` fill up; `leftovers` are known after `clear`."""

    stage: Stage
    selection: Selection
    clock: Clock
    on_progress: OnProgress
    findings: dict[str, Finding]
    leftovers: tuple[str, ...] = ()
    broke_off: str = ""

    async def do(self) -> None:
        """Run every check of the selection."""
        for group in GROUPS_OF_CHECKS:
            checks = [check for check in self.selection.checks if check.group == group.id]
            if not checks:
                continue
            self._tell(group.title)
            gate = asyncio.Semaphore(IN_FLIGHT_MAX)
            try:
                async with asyncio.TaskGroup() as tasks:
                    for check in checks:
                        tasks.create_task(self._do_in_turn(check, gate, group.title))
            except* _BrokeOff as broken:
                self.broke_off = str(broken.exceptions[0])
            if self.broke_off:
                return

    async def _do_in_turn(self, check: Check, gate: asyncio.Semaphore, title: str) -> None:
        async with gate:
            self.findings[check.id] = await self._do_one(check)
            self._tell(title)

    async def _do_one(self, check: Check) -> Finding:
        reason = self.selection.reason_to_skip(check, self.stage.announced)
        if reason:
            return Finding(check, Outcome.SKIPPED, check.severity, reason)
        began = self.clock.monotonic()
        scene = Scene(self.stage)
        try:
            finding = await self._judge(check, scene)
        finally:
            await self._remove(scene.made)
        return replace(finding, seconds=self.clock.monotonic() - began, requests=len(scene.exchanges))

    async def _judge(self, check: Check, scene: Scene) -> Finding:
        try:
            await check.body(scene)
        except Wrong as wrong:
            severity = wrong.severity or check.severity
            return self._finding(check, Outcome.FAILED, wrong.problem, scene, wrong.exchange, severity)
        except Blocked as blocked:
            return self._finding(check, Outcome.BLOCKED, blocked.reason, scene, blocked.exchange)
        except NotApplicable as reason:
            return Finding(check, Outcome.SKIPPED, check.severity, str(reason))
        except Unreachable as fault:
            raise _BrokeOff(f"{fault.message} {fault.remedy}".strip()) from fault
        except Transient as fault:
            return self._finding(check, Outcome.FAILED, fault.message, scene)
        except (LookupError, TypeError, ValueError, AttributeError) as fault:
            # Whatever a server sends, a form that nobody thought of must not end the run.
            problem = f"The answer has a form in which the check finds nothing ({type(fault).__name__}: {fault})."
            return self._finding(check, Outcome.FAILED, problem, scene)
        return Finding(check, Outcome.PASSED, check.severity)

    def _finding(
        self,
        check: Check,
        outcome: Outcome,
        problem: str,
        scene: Scene,
        exchange: Exchange | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        exchange = exchange or (scene.exchanges[-1] if scene.exchanges else None)
        discretion = self.discretion()
        before = []
        for each in scene.exchanges:
            if each is exchange:
                break
            before.append(f"{discretion.show(each).request} → {each.status}")
        return Finding(
            check,
            outcome,
            severity or check.severity,
            self.stage.line.hide(problem),
            tuple(before),
            discretion.show(exchange) if exchange is not None else None,
        )

    def discretion(self) -> Discretion:
        """What may be shown."""
        token, belongings = self.stage.line.token, self.stage.belongings
        return Discretion((token,) if token else (), belongings.prefix, belongings.ids)

    def _tell(self, title: str) -> None:
        self.on_progress(Progress(len(self.findings), len(self.selection.checks), title))

    # ------------------------------------------------------------ leaving nothing behind

    async def clear(self) -> None:
        """Remove everything that was made, and look for what was made without our hearing of it."""
        if self.stage.is_reading:
            return
        await self._remove(list(self.stage.belongings.remaining()))
        with contextlib.suppress(ProvisorError):
            for path in await self._sweep():
                await self._remove([path])
            await self._sweep()  # what is still found was not removed, whatever the server said
        base = self.stage.line.tenant.base
        self.leftovers = tuple(f"{base}{path}" for path in self.stage.belongings.remaining())

    async def _remove(self, paths: Sequence[str]) -> None:
        """Delete these, groups first; what cannot be deleted stays noted."""
        remaining = set(self.stage.belongings.remaining())
        faults = 0
        for path in sorted(paths, key=lambda path: path.startswith(USERS)):
            if path not in remaining or faults >= REMOVAL_FAULTS_MAX:
                continue
            try:
                exchange = await self.stage.line.send("DELETE", path)
            except ProvisorError:
                faults += 1
                continue
            faults = 0
            if exchange.is_success or exchange.status in {404, 410}:
                self.stage.belongings.forget(path)

    async def _sweep(self) -> list[str]:
        """Look for resources whose names begin with our prefix, note them, and return their paths."""
        prefix = self.stage.belongings.prefix
        found: list[str] = []
        endpoints = [(USERS, "userName")] + ([(GROUPS, "displayName")] if self.stage.announced.group else [])
        for endpoint, attribute in endpoints:
            query = encode_query({"filter": f"{attribute} sw {text(prefix)}", "count": SWEEP_COUNT})
            exchange = await self.stage.line.send("GET", endpoint, query=query)
            found += filter(None, (self.stage.belongings.adopt(endpoint, each) for each in exchange.resources))
        return found


async def run_checks(
    line: Line,
    selection: Selection,
    clock: Clock,
    *,
    domain: str = USER_DOMAIN,
    on_begin: Callable[[str], None] = lambda _prefix: None,
    on_progress: OnProgress = lambda _progress: None,
    run: str | None = None,
) -> Report:
    """Meet the server, run the selection, clear up, and report.

    `on_begin` hears the prefix of all names before anything is written. Raises `Unreachable` and `JobFailed` when the
    server cannot be worked with at all. Cancelling ends the checks, clears up, and gives the report so far.
    """
    started = clock.now().isoformat(timespec="seconds")
    began = clock.monotonic()
    announced = await meet(line)
    belongings = Belongings(run)
    stage = Stage(line, announced, belongings, Samples(announced, domain), selection.is_reading)
    going = Run(stage, selection, clock, on_progress, {})
    on_begin(belongings.prefix)
    try:
        await going.do()
    except asyncio.CancelledError:
        going.broke_off = STOPPED
        _task_goes_on()
    finally:
        await going.clear()
    findings = [
        going.findings.get(check.id) or Finding(check, Outcome.SKIPPED, check.severity, "the run ended before it")
        for check in selection.checks
    ]
    return Report(
        url=line.tenant.base,
        started=started,
        seconds=clock.monotonic() - began,
        requests=line.requests,
        prefix=belongings.prefix,
        is_reading=selection.is_reading,
        clients=tuple(client.value for client in selection.clients),
        findings=tuple(findings),
        made=belongings.made_count,
        leftovers=going.leftovers,
        broke_off=going.broke_off,
    )


def _task_goes_on() -> None:
    """The wish to stop was heard: what follows is clearing up."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
