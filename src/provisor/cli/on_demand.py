"""`provisor on-demand` and `provisor explain`: people through all the stages, each stage shown."""

import asyncio
import shlex
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption, Named
from provisor.cli.jobs import EXIT_WAITS, LEASE_WAIT_SECONDS
from provisor.cli.printing import Format, err, out, print_error, print_json, print_rows
from provisor.cli.root import EXIT_FAILED, exit_code
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home
from provisor.cli.shapes import step_json
from provisor.engine.on_demand.explaining import Explanation, explain_attribute, explain_person
from provisor.engine.on_demand.provisioning import OnDemandReport, provision_on_demand, try_on_demand
from provisor.engine.on_demand.selecting import Selection
from provisor.engine.on_demand.showing import FAILED, HELD, UNCONFIRMED, Shown
from provisor.engine.run import Asking
from provisor.model.errors import Reject
from provisor.model.log import Step, StepStatus
from provisor.stages.clauses.parsing import parse_clause

COLUMNS = ("person", "action", "result", "reason")
_MARKS = {
    StepStatus.SUCCESS: ("✓", "green"),
    StepStatus.WARNING: ("!", "yellow"),
    StepStatus.FAILURE: ("✗", "red"),
    StepStatus.SKIPPED: ("-", "dim"),
}


@cli.command("on-demand")
def on_demand(
    context: typer.Context,
    application: Named,
    people: Annotated[list[str] | None, typer.Argument(help="An id, user name, mail address or employee id.")] = None,
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="Everybody who is an immediate member of a group.")
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", help="Everybody known for whom it holds, such as 'department EQUALS Sales'; of several, all."
        ),
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Everybody whose last operation failed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before somebody loses access.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Provision people now and show every stage. Whoever would lose access is asked about first."""
    selection = Selection(people or (), groups or (), [parse_clause(one) for one in filters or ()], failed)
    if not (selection.people or selection.groups or selection.clauses or failed):
        raise Reject("Nobody is named.", remedy="Name people, or use --group, --filter or --failed.")

    async def work(home: Home) -> OnDemandReport:
        if dry_run:
            return await try_on_demand(home.engine, application, selection)
        may_lose = None if yes else await _ask(home, application, selection)
        return await provision_on_demand(
            home.engine, application, selection, may_lose=may_lose, wait_seconds=LEASE_WAIT_SECONDS
        )

    report = run_in_home(context, work)
    _print_report(report, form)
    _print_concerns(report, application)
    raise typer.Exit(_code(report))


@cli.command("explain")
def explain(
    context: typer.Context,
    application: Named,
    person: Annotated[str, typer.Argument(help="An id, user name, mail address or employee id.")],
    attribute: Annotated[
        str | None, typer.Option("--attribute", help="Only how this attribute of the account comes about.")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Say why somebody has, or lacks, an account or a value; nothing is asked of the application."""
    told: Explanation = run_in_home(context, lambda home: explain_person(home.engine, application, person))
    if attribute:
        told = explain_attribute(told, attribute)
    steps = [step_json(step) for step in told.steps]
    if form is Format.TABLE:
        out.print(Text(told.answer, style="bold"))
        _print_steps(told.steps)
        return
    shape = {"person": told.person, "sourceId": told.source_id, "targetId": told.target_id, "result": told.answer}
    print_rows(steps, ("name", "type", "status", "description"), form, json={**shape, "steps": steps})


async def _ask(home: Home, application: str, selection: Selection) -> frozenset[str]:
    """Whose removal somebody agrees to; no lease is held, and the target is not asked, while that takes its time."""
    trial = await try_on_demand(home.engine, application, selection, asking=Asking.NOT_AT_ALL)
    losing = [one for one in trial.people if one.removes_access]
    if not losing:
        return frozenset()
    for one in losing:
        err.print(Text(f"{one.person} would lose access ({one.action}): {one.reason}", style="bold yellow"))
    question = f"Let {'this person' if len(losing) == 1 else f'these {len(losing)} people'} lose access?"
    try:
        agreed = await asyncio.to_thread(typer.confirm, question, err=True)
    except typer.Abort:
        agreed = False
    return frozenset(one.source_id for one in losing) if agreed else frozenset()


def _print_report(report: OnDemandReport, form: Format) -> None:
    people = [_shown_json(one) for one in report.people]
    if form is Format.TABLE:
        for one in report.people:
            out.print(Text(f"{one.person}: {one.action}, {one.result}", style="bold"))
            _print_steps(one.steps)
    elif form is Format.JSON:
        shape: dict[str, Any] = {"cycleId": report.cycle.id, "requests": report.cycle.requests, "people": people}
        if len(people) == 1:
            shape |= {"result": people[0]["result"], "steps": people[0]["steps"]}
        print_json(shape)
    else:
        print_rows(people, COLUMNS, form)


def _print_steps(steps: Sequence[Step]) -> None:
    for step in steps:
        mark, style = _MARKS[step.status]
        out.print(Text.assemble(f"  {mark} ", (f"{step.type.value:<20} ", style), step.description))
        for name, value in step.details.items():
            out.print(Text(f"      {name}: {_plain(value)}", style="dim"))


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    return "nothing" if value is None else str(value)


def _print_concerns(report: OnDemandReport, application: str) -> None:
    name = shlex.quote(application)
    if report.fault:
        print_error(report.fault)
    if report.held_reason:
        err.print(f"Waits for a decision: {report.held_reason}.", style="bold yellow", markup=False)
        err.print(f"`provisor deletes {name} list` shows them; approve or reject them there.", markup=False)
    if any(one.result == UNCONFIRMED for one in report.people):
        err.print("Nobody agreed to a removal, so it was not sent. --yes agrees to all.", style="bold yellow")


def _code(report: OnDemandReport) -> int:
    """1 when something failed, 3 when something waits for somebody; failures win."""
    if report.fault:
        return exit_code(report.fault)
    results = {one.result for one in report.people}
    if FAILED in results:
        return EXIT_FAILED
    return EXIT_WAITS if results & {HELD, UNCONFIRMED} else 0


def _shown_json(one: Shown) -> dict[str, Any]:
    return {
        "person": one.person,
        "sourceId": one.source_id,
        "targetId": one.target_id,
        "action": one.action,
        "result": one.result,
        "reason": one.reason,
        "removesAccess": one.removes_access,
        "errorCode": one.error_code or None,
        "steps": [step_json(step) for step in one.steps],
    }
