"""`provisor plan`, `apply` and `plans …`: what a cycle would do to everybody, reviewed, then exactly that."""

import shlex
import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption, Named
from provisor.cli.jobs import LEASE_WAIT_SECONDS, CycleBar, print_report, report_code
from provisor.cli.json_input import read_json_file
from provisor.cli.plan_comparison import print_comparison
from provisor.cli.plan_shapes import change_text, operations_json, plan_json
from provisor.cli.printing import Format, err, out, print_csv, print_rows
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home
from provisor.engine.planning.applying import ApplyReport, apply_plan
from provisor.engine.planning.comparing import compare_plans, compare_settings
from provisor.engine.planning.making import PlanWish, make_plan
from provisor.model.errors import Reject
from provisor.model.job import ScopeSetting
from provisor.model.plan import Plan, PlanSettings

PAGE_SIZE = 500
SHOWN_IN_TABLE = 50
CHANGES_SHOWN_MAX = 6
COLUMNS = ("action", "person", "sourceId", "targetId", "losesAccess", "changes", "reason")
PLAN_COLUMNS = ("id", "application", "createdAt", "state", "settings", "losesAccess", "requests")

group = typer.Typer(help="Plans that were made.", no_args_is_help=True)
cli.add_typer(group, name="plans")

PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="The id of a plan.")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="Operations in a table at most; 0 for all.")]
Losing = Annotated[bool, typer.Option("--losing", help="Only people who would lose access.")]


@cli.command("plan")
def plan(
    context: typer.Context,
    application: Named,
    schema: Annotated[
        str | None, typer.Option("--schema", metavar="FILE", help="Unsaved mappings and filters; - for standard input.")
    ] = None,
    scope: Annotated[ScopeSetting | None, typer.Option("--scope", help="An unsaved scope setting.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask the application nothing at all.")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show only whom the unsaved settings change, beside the saved ones.")
    ] = False,
    losing: Losing = False,
    limit: Limit = SHOWN_IN_TABLE,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show what a cycle would do to everybody, with saved or unsaved settings, and write nothing there."""
    wish = PlanWish(read_json_file(schema) if schema else None, scope, offline)
    if compare and wish.schema is None and wish.scope is None:
        raise Reject("There is nothing to compare with.", remedy="Name unsaved settings with --schema or --scope.")

    async def work(home: Home) -> None:
        if compare:
            found = await compare_settings(home.engine, application, wish, wait_seconds=LEASE_WAIT_SECONDS)
            await print_comparison(home, found, form, limit)
            return
        made = await make_plan(home.engine, application, wish, wait_seconds=LEASE_WAIT_SECONDS, watch=_Counter().show)
        await _print(home, made, form, limit, only_losing=losing)

    run_in_home(context, work)


@cli.command("apply")
def apply(
    context: typer.Context,
    plan_id: PlanId,
    skip_stale: Annotated[
        bool, typer.Option("--skip-stale", help="Leave out what would now be different, and send the rest.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Do exactly what a plan has shown, once; unsaved settings are saved in the same step."""

    async def work(home: Home) -> tuple[str, ApplyReport]:
        found = await home.plans.get(plan_id)
        name = (await home.applications.get(found.app_id)).name
        with CycleBar() as bar:
            return name, await apply_plan(
                home.engine, plan_id, skips_stale=skip_stale, watcher=bar.show, wait_seconds=LEASE_WAIT_SECONDS
            )

    name, done = run_in_home(context, work)
    print_report(done.report, form, name)
    if done.skipped:
        err.print(f"{done.skipped} operations would now be different and were left out.", style="yellow")
        err.print(f"`provisor plans show {plan_id}` marks them.", markup=False)
    raise typer.Exit(report_code(done.report))


@group.command("list")
def list_(
    context: typer.Context,
    application: Annotated[str | None, typer.Option("--app", help="Only those of one application.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List plans, newest first; they are kept for seven days."""

    async def work(home: Home) -> list[dict[str, Any]]:
        app_id = (await home.applications.get(application)).id if application else None
        names = {one.id: one.name for one in await home.applications.list_all()}
        now = home.clock.now()
        return [
            {**plan_json(one, now), "application": names.get(one.app_id)} for one in await home.plans.list_all(app_id)
        ]

    print_rows(run_in_home(context, work), PLAN_COLUMNS, form, empty="No plans.")


@group.command("show")
def show(
    context: typer.Context,
    plan_id: PlanId,
    losing: Losing = False,
    limit: Limit = SHOWN_IN_TABLE,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show a plan with its operations."""

    async def work(home: Home) -> None:
        await _print(home, await home.plans.get(plan_id), form, limit, only_losing=losing)

    run_in_home(context, work)


@group.command("delete")
def delete(context: typer.Context, plan_id: PlanId) -> None:
    """Drop a plan."""

    async def work(home: Home) -> None:
        await home.plans.get(plan_id)
        await home.plans.delete(plan_id)

    run_in_home(context, work)


@group.command("compare")
def compare_(
    context: typer.Context,
    before: PlanId,
    after: Annotated[str, typer.Argument(metavar="OTHER", help="The id of another one.")],
    limit: Limit = SHOWN_IN_TABLE,
    form: FormatOption = Format.TABLE,
) -> None:
    """Say for whom two plans differ, and who loses access by the second."""

    async def work(home: Home) -> None:
        found = await compare_plans(home.plans, await home.plans.get(before), await home.plans.get(after))
        await print_comparison(home, found, form, limit)

    run_in_home(context, work)


class _Counter:
    """People planned so far, on a terminal only."""

    def show(self, done: int) -> None:
        if err.is_terminal:
            err.print(f"\r{done:,} people", end="")


async def _print(home: Home, plan: Plan, form: Format, limit: int, *, only_losing: bool) -> None:
    head = plan_json(plan, home.clock.now())
    if form is Format.JSON:
        await _print_json(home, plan, head, only_losing=only_losing)
    elif form is Format.CSV:
        await _print_csv(home, plan, only_losing=only_losing)
    else:
        await _print_table(home, plan, head, limit, only_losing=only_losing)


async def _print_json(home: Home, plan: Plan, head: dict[str, Any], *, only_losing: bool) -> None:
    """Written as it is read: a plan can be larger than memory should be."""
    text = msgspec.json.format(msgspec.json.encode(head), indent=2).decode()
    sys.stdout.write(text.removesuffix("\n}") + ',\n  "operations": [')
    separator, after = "\n", -1
    while page := await home.plans.operations(plan.id, after, PAGE_SIZE, only_losing=only_losing):
        after = page[-1].position
        for shape in await operations_json(home.plans, plan, page):
            sys.stdout.write(f"{separator}    {msgspec.json.encode(shape).decode()}")
            separator = ",\n"
    sys.stdout.write("\n  ]\n}\n")


async def _print_csv(home: Home, plan: Plan, *, only_losing: bool) -> None:
    after, has_head = -1, False
    while (page := await home.plans.operations(plan.id, after, PAGE_SIZE, only_losing=only_losing)) or not has_head:
        rows = [{**one, "changes": _changes(one)} for one in await operations_json(home.plans, plan, page)]
        print_csv(rows, COLUMNS, has_header=not has_head)
        has_head = True
        after = page[-1].position if page else after


async def _print_table(home: Home, plan: Plan, head: dict[str, Any], limit: int, *, only_losing: bool) -> None:
    counts = {name: number for name, number in head["counts"].items() if number}
    words = ", ".join(f"{number:,} {name}" for name, number in counts.items()) or "nothing to do"
    unsaved = " by unsaved settings" if plan.settings is PlanSettings.UNSAVED else ""
    out.print(Text(f"Plan {plan.id}{unsaved}: {words}.", style="bold"))
    seconds = f"about {plan.estimated_seconds:,.0f} s"
    losing = f"{plan.loses_access:,} lose access" if plan.loses_access else "nobody loses access"
    out.print(f"{losing}; {plan.requests:,} requests, {seconds}; {head['state']} until {head['expiresAt']}.")
    if plan.listed_at:
        out.print(f"The application's accounts are those it had at {head['targetListedAt']}.", style="dim")
    if plan.message:
        err.print(Text(f"Note: {plan.message}.", style="yellow"))
    shown, after = 0, -1
    while page := await home.plans.operations(plan.id, after, PAGE_SIZE, only_losing=only_losing):
        after = page[-1].position
        for one in await operations_json(home.plans, plan, page):
            if limit and shown == limit:
                out.print(f"… and more; `provisor plans show {plan.id} --limit 0` shows all.", style="dim")
                return _print_next(plan, head)
            _print_operation(one)
            shown += 1
    return _print_next(plan, head)


def _print_next(plan: Plan, head: dict[str, Any]) -> None:
    if head["state"] == "ready":
        out.print(f"Nothing was written. `provisor apply {shlex.quote(plan.id)}` does exactly this.")


def _print_operation(one: dict[str, Any]) -> None:
    style = "bold red" if one["losesAccess"] or one["action"] == "fail" else ""
    loses = " (loses access)" if one["losesAccess"] else ""
    stale = " (would now be different)" if one.get("stale") else ""
    out.print(Text(f"{one['action']:<8} {one['person']}{loses}{stale}", style=style))
    if one["action"] == "fail" or one.get("unknown") or one["losesAccess"]:
        out.print(Text(f"         {one['reason']}", style="dim"))
    if one["action"] == "create":
        return
    for change in one["changes"][:CHANGES_SHOWN_MAX]:
        out.print(Text(f"         {change_text(change)}", style="dim"))
    if len(one["changes"]) > CHANGES_SHOWN_MAX:
        out.print(f"         … and {len(one['changes']) - CHANGES_SHOWN_MAX} more", style="dim")


def _changes(one: dict[str, Any]) -> str:
    return "; ".join(map(change_text, one["changes"]))
