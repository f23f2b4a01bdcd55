"""`provisor demo`, behind `make run`: a sample company, provisioned end to end by the real processes."""

import asyncio
import contextlib
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from provisor.bootstrap import sample
from provisor.bootstrap.home import Home
from provisor.bootstrap.sample import DeskNumbers, Places
from provisor.cli.jobs import LEASE_WAIT_SECONDS, CycleBar, print_concerns, report_code
from provisor.cli.printing import err, out
from provisor.cli.processes import Child, Family, stop_requested, supervise
from provisor.cli.root import app as cli
from provisor.cli.serving import Listening, check_listening
from provisor.cli.session import run_in_home
from provisor.config import DEFAULT_PORT
from provisor.engine.running import CycleReport, run_now
from provisor.model.errors import Transient
from provisor.model.job import Application

HOST = "127.0.0.1"
PLAN = "enterprise"
START_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.1
END_NOTICED_SECONDS = 1.0
"""A request can fail a moment before the end of the process that was to answer it is known."""
EXIT_INTERRUPTED = 130
NOTICE = "This is a sample company, and the service desk behind it is an emulator: nobody here is real."
KEY_VARIABLE = "PROVISOR_EMULATOR_KEY"


@cli.command("demo")
def demo(
    context: typer.Context,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65534, help="The console's port; the desk has the next one.")
    ] = DEFAULT_PORT,
    once: Annotated[bool, typer.Option("--once", help="Leave after the summary.")] = False,
) -> None:
    """Provision a sample company into an emulated Freshservice desk, then serve until Ctrl-C."""
    for number in (port, port + 1):
        check_listening(Listening(HOST, number))
    code = run_in_home(context, lambda home: _Demo(home, port).run(once=once))
    raise typer.Exit(code)


@dataclass(slots=True)
class _Result:
    """What the summary is about."""

    app: Application
    report: CycleReport
    desk: DeskNumbers
    calls: int
    people_file: Path
    link: str
    is_moved: bool
    """Whether the tables lie in another place than the data folder."""

    @property
    def command(self) -> str:
        """How to import the edited file with the program that made this run, typed in the folder where it was made."""
        program = Path(sys.executable).with_name("provisor")
        words = (program, "--data", self.people_file.parent, "directory", "import", self.people_file)
        return " ".join(shlex.quote(_from_here(word) if isinstance(word, Path) else word) for word in words)


class _Demo:
    """The sample's processes: the emulated desk, the web process and the engine process."""

    def __init__(self, home: Home, port: int) -> None:
        self._home = home
        self._places = Places(f"http://{HOST}:{port}", f"{HOST}:{port + 1}")
        data = ["--data", str(home.settings.data)]
        emulate = ["emulate", "freshservice", "--port", str(port + 1), "--plan", PLAN, "--quiet"]
        serve = ["--port", str(port), "--base-url", self._places.base_url, "--notice", NOTICE]
        self._emulate = [*data, *emulate]
        self._desk: Child | None = None
        self._web = Child("web", [*data, "serve-web", *serve])
        self._engine = Child("engine", [*data, "serve-engine"])
        self._family = Family()

    async def run(self, *, once: bool) -> int:
        """Set up, run one cycle, print the summary, and serve. Raises `Transient` when a process ends meanwhile."""
        stopping = asyncio.create_task(stop_requested())
        working = asyncio.create_task(self._work())
        try:
            awaited: set[asyncio.Future[Any]] = {stopping, working, self._family.first_end}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            await self._check_family(working)
            if not working.done():
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)  # the bar has its last say
                err.print("Stopped. Run it again: it goes on where it stopped.")
                return EXIT_INTERRUPTED
            result = await working
            print_summary(result, self._places, serves=not once)
            if not once:
                await self._serve(result.app, stopping)
            return report_code(result.report)
        finally:
            for task in (stopping, working):
                task.cancel()
            await asyncio.gather(stopping, working, return_exceptions=True)
            await self._family.stop()

    async def _check_family(self, working: "asyncio.Task[_Result]") -> None:
        """Raises `Transient` when one of the processes has ended: whatever went wrong then, that is the cause."""
        went_wrong = working.done() and (working.exception() or working.result().report.fault)
        if went_wrong:
            await asyncio.wait({self._family.first_end}, timeout=END_NOTICED_SECONDS)
        if self._family.first_end.done():
            remedy = "Its messages, if it left any, stand above. Run it again: it goes on where it stopped."
            raise Transient(self._family.first_end.result(), remedy=remedy)

    async def _work(self) -> _Result:
        home, places = self._home, self._places
        if warning := home.check(("engine", "scim", "emulator")):
            err.print(f"Note: {warning}", style="yellow", markup=False)
        out.print("Contoso's directory", style="bold")
        people_file = await sample.load_company(home)
        app = await sample.ensure_application(home)
        counts = await home.directory.count()
        out.print(f"  {counts.present} people and {counts.groups} groups in the directory")
        out.print("Freshservice emulator, SCIM endpoint, provisioning service", style="bold")
        key = await sample.ensure_key(home, self._start_desk)
        if self._desk is None:
            await self._start_desk(None)
        await self._family.start(self._web)
        await self._answers(self._web, f"{places.base_url}/readyz")
        installation = await sample.ensure_connection(home, app, places, key)
        desk = await sample.count_desk(home, installation)
        out.print(f"  the desk holds {desk.requesters} requesters and {desk.agents} agents")
        calls = await sample.count_calls(home, installation)
        with CycleBar() as bar:
            report = await run_now(home.engine, app.id, watcher=bar.show, wait_seconds=LEASE_WAIT_SECONDS)
        calls = await sample.count_calls(home, installation) - calls
        desk = await sample.count_desk(home, installation)
        link = await home.sign_in_link(places.base_url)
        is_moved = home.settings.database_url is not None
        return _Result(await home.applications.get(app.id), report, desk, calls, people_file, link, is_moved)

    async def _start_desk(self, key: str | None) -> None:
        """Start the emulator; `key` is an API key that it is to accept from now on."""
        arguments = [*self._emulate, "--api-key-env", KEY_VARIABLE] if key else self._emulate
        self._desk = Child("emulator", arguments, {KEY_VARIABLE: key} if key else None)
        await self._family.start(self._desk)
        await self._answers(self._desk, f"http://{self._places.emulator}/")

    async def _answers(self, child: Child, url: str) -> None:
        """Return once the process answers. Raises `Transient` when it dies or stays silent."""
        clock = self._home.clock
        deadline = clock.monotonic() + START_SECONDS
        while clock.monotonic() < deadline and child.is_running:
            with contextlib.suppress(Transient):
                if (await self._home.http.request("GET", url, headers={})).status < 500:
                    return
            await clock.sleep(LOOK_EVERY_SECONDS)
        raise Transient(f"The {child.name} process does not answer at {url}.", remedy="Look at its message above.")

    async def _serve(self, app: Application, stopping: "asyncio.Task[None]") -> None:
        assert self._desk is not None
        await self._home.applications.set_settings(app.id, is_scheduled=True)
        await self._family.start(self._engine)
        out.print("\nServing. A change in the directory reaches the desk within seconds. Ctrl-C stops.", style="bold")
        await self._family.stop_watching()
        await supervise([self._engine, self._web, self._desk], self._home.clock, stopping)


def _from_here(path: Path) -> str:
    """The shorter way to write a path."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def print_summary(result: _Result, places: Places, *, serves: bool) -> None:
    """The numbers of the cycle, of the desk, and where to go next."""
    cycle = result.report.cycle
    counts = cycle.counts
    written = counts.created + counts.updated + counts.disabled + counts.deleted
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    for name in ("created", "updated", "disabled", "deleted", "skipped", "failed", "held"):
        table.add_row(name, str(getattr(counts, name)))
    out.print(f"\nThe {cycle.kind.value} cycle", style="bold")
    out.print(table)
    if written:
        out.print(f"SCIM requests per person         {cycle.requests / written:.2f}  ({cycle.requests} in all)")
        out.print(f"Freshservice calls per person    {result.calls / written:.2f}  ({result.calls} in all)")
    else:
        out.print(f"Nothing to export: {cycle.requests} SCIM requests, {result.calls} Freshservice calls")
    out.print(
        f"The desk now holds               {result.desk.requesters} requesters and {result.desk.agents} agents, "
        f"{result.desk.inactive} of them deactivated"
    )
    print_concerns(result.report, result.app.name)
    out.print("\nWhere to look" if serves else "\nWhere to look, while it serves (without --once)", style="bold")
    out.print(f"Console, one-time sign-in link   {result.link}", markup=False)
    out.print(f"The desk's people                http://{places.emulator}/", markup=False)
    out.print(f"Tenant URL                       {result.app.tenant_url}", markup=False)
    out.print(f"Edit and import again            {result.command}", markup=False)
    if result.is_moved:
        out.print("                                 (with PROVISOR_DATABASE_URL set as now)")
