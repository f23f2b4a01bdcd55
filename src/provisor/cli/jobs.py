"""`provisor run`, `start`, `pause`, `restart`, `status`: the provisioning job of an application."""

import shlex
from typing import Annotated, Any, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption, Named
from provisor.cli.printing import Format, err, out, print_error, print_json, print_rows
from provisor.cli.root import EXIT_FAILED, exit_code
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home
from provisor.cli.shapes import counts_json, report_json, status_json
from provisor.engine import control
from provisor.engine.progress import ProgressView, Watcher
from provisor.engine.running import CycleReport, run_now
from provisor.model.job import Application

EXIT_WAITS = 3
LEASE_WAIT_SECONDS = 30.0
CAUSES_SHOWN_MAX = 3


@cli.command("run")
def run(
    context: typer.Context,
    application: Named,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for a running cycle to end first.")] = True,
    form: FormatOption = Format.TABLE,
) -> None:
    """Run one cycle now, with a progress bar."""

    async def work(home: Home) -> tuple[CycleReport, list[str]]:
        with CycleBar() as bar:
            report = await run_now(
                home.engine, application, watcher=bar.show, wait_seconds=LEASE_WAIT_SECONDS if wait else 0
            )
        held = await home.work.escrows(report.cycle.app_id)
        return report, [f"{one.person}: {one.message}" for one in held[:CAUSES_SHOWN_MAX]]

    report, causes = run_in_home(context, work)
    print_report(report, form, application)
    if report.cycle.counts.failed:
        for cause in causes:
            err.print(f"  - {cause}", markup=False)
    raise typer.Exit(report_code(report))


@cli.command("start")
def start(context: typer.Context, application: Named) -> None:
    """Turn Provisioning Status on: a cycle begins at once, and the next ones by themselves."""

    async def work(home: Home) -> str:
        return (await control.start(home.engine, application)).name

    out.print(f"Provisioning of {run_in_home(context, work)} is on. Cycles run while `provisor serve` does.")


@cli.command("pause")
def pause(context: typer.Context, application: Named) -> None:
    """Turn Provisioning Status off; a running cycle ends first."""

    async def work(home: Home) -> str:
        return (await control.pause(home.engine, application)).name

    out.print(f"Provisioning of {run_in_home(context, work)} is off.")


@cli.command("restart")
def restart(context: typer.Context, application: Named) -> None:
    """Forget the watermark, failures and quarantine: the next cycle evaluates everybody. Links are kept."""

    async def work(home: Home) -> str:
        return (await control.restart(home.engine, application)).name

    out.print(f"The next cycle of {run_in_home(context, work)} evaluates everybody.")


@cli.command("status")
def status(context: typer.Context, application: Named, form: FormatOption = Format.TABLE) -> None:
    """Show the status of an application's job."""

    async def work(home: Home) -> dict[str, Any]:
        app = await home.applications.get(application)
        cycles = await home.records.cycles(app.id, 1)
        summary = await home.work.summary(app.id)
        shape = status_json(app, cycles[0] if cycles else None, summary["links"])
        row = {
            "name": app.name,
            "status": app.status.value,
            "schedule": "on" if app.is_scheduled else "off",
            "accounts": summary["links"],
            "failing": summary["escrows"],
            "waiting removals": summary["staged"],
            "last cycle": cycles[0].state.value if cycles else "none yet",
            "message": _message(app, cycles[0].message if cycles else "", summary["escrows"]),
        }
        return {"shape": shape, "row": row}

    found = run_in_home(context, work)
    print_rows([found["row"]], list(found["row"]), form, json=found["shape"])


def _message(app: Application, said: str, failing: int) -> str:
    """What the last cycle said, or where to look when people fail although it went through."""
    if said or not failing:
        return said
    return f"{failing} fail and are tried again: provisor escrow {shlex.quote(app.name)} list"


class CycleBar:
    """A progress bar in people, with rate and time left; nothing where standard error is not a terminal."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("people"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=err,
            disable=not err.is_terminal,
        )
        self._task = self._bar.add_task("reading the directory", total=None, rate="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar.live.is_started:
            if not self._bar.tasks[0].total:  # there was nobody to work
                self._bar.update(self._task, visible=False)
            self._bar.stop()

    @property
    def show(self) -> Watcher:
        """The watcher that moves the bar."""
        return self._show

    def _show(self, view: ProgressView) -> None:
        self._bar.start()  # once is enough, more does no harm; before the first news there is nothing to show
        names = {"read": "reading the directory", "people": "provisioning", "removals": "provisioning"}
        rate = f"{view.per_second:,.0f}/s" if view.per_second else ""
        self._bar.update(
            self._task,
            description=names.get(view.cycle.phase, view.cycle.phase),
            completed=view.cycle.done,
            total=view.cycle.total or None,
            rate=rate,
        )


def print_report(report: CycleReport, form: Format, application: str) -> None:
    """The seven numbers, and what waits or failed."""
    if form is Format.JSON:
        print_json(report_json(report))
    else:
        shape = report_json(report)
        row = {**counts_json(report.cycle), "requests": shape["requests"], "seconds": shape["seconds"]}
        print_rows([row], list(row), form)
    print_concerns(report, application)


def print_concerns(report: CycleReport, application: str) -> None:
    """What failed, what waits for a decision, and the command that shows more of it."""
    name = shlex.quote(application)
    if report.fault:
        print_error(report.fault)
    if failed := report.cycle.counts.failed:
        err.print(f"{failed} failed. `provisor escrow {name} list` shows who and why.", style="red", markup=False)
    if report.result.refused_source:
        err.print(f"Waits for a decision: {report.result.refused_source}.", style="bold yellow", markup=False)
    if report.result.held_removals:
        err.print(f"Waits for a decision: {report.result.held_removals}.", style="bold yellow", markup=False)
        err.print(f"`provisor deletes {name} list` shows them; approve or reject them there.", markup=False)


def report_code(report: CycleReport) -> int:
    """1 when something failed, 3 when something waits for a decision; failures win."""
    if report.fault:
        return exit_code(report.fault)
    if report.cycle.counts.failed:
        return EXIT_FAILED
    if report.result.refused_source or report.result.held_removals or report.cycle.counts.held:
        return EXIT_WAITS
    return 0
