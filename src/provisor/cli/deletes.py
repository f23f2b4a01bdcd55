"""`provisor deletes …`: removals that wait for a decision."""

from typing import Annotated

import typer

from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption, Named
from provisor.cli.printing import Format, out, print_rows
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home
from provisor.cli.shapes import staged_json
from provisor.model.errors import NotFound, Reject
from provisor.model.removal import Decision, StagedRemoval

COLUMNS = ("person", "action", "reason", "stagedAt", "decision", "id")

group = typer.Typer(help="Removals that wait for a decision.", no_args_is_help=True)
cli.add_typer(group, name="deletes")

All = Annotated[bool, typer.Option("--all", help="All that wait; needs --count.")]
Count = Annotated[int | None, typer.Option("--count", help="How many you expect; refused when it differs.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids from `deletes list`.")]


@group.command("list")
def list_(context: typer.Context, application: Named, form: FormatOption = Format.TABLE) -> None:
    """List them."""

    async def work(home: Home) -> list[StagedRemoval]:
        app = await home.applications.get(application)
        return list(await home.work.staged_removals(app.id))

    print_rows([staged_json(one) for one in run_in_home(context, work)], COLUMNS, form, empty="Nothing waits.")


@group.command("approve")
def approve(
    context: typer.Context, application: Named, ids: Ids = None, everything: All = False, count: Count = None
) -> None:
    """Let them go out with the next cycle; an approval expires after 24 hours."""
    number = _decide(context, application, ids, Decision.APPROVED, everything=everything, count=count)
    out.print(f"{number} approved. They go out with the next cycle, each decided anew just before it is sent.")


@group.command("reject")
def reject(
    context: typer.Context, application: Named, ids: Ids = None, everything: All = False, count: Count = None
) -> None:
    """Keep these people's access until their data or the rules change."""
    number = _decide(context, application, ids, Decision.REJECTED, everything=everything, count=count)
    out.print(f"{number} rejected.")


def _decide(
    context: typer.Context,
    application: str,
    ids: list[str] | None,
    decision: Decision,
    *,
    everything: bool,
    count: int | None,
) -> int:
    async def work(home: Home) -> int:
        app = await home.applications.get(application)
        waiting = await home.work.staged_removals(app.id)
        if everything:
            undecided = [one.id for one in waiting if one.decision is Decision.PENDING]
            if count != len(undecided):
                raise Reject(
                    f"{len(undecided)} removals wait, and --count says {count}.",
                    remedy="Look at them with `provisor deletes list`, then give exactly that number.",
                )
            return await home.work.decide_removals(app.id, undecided, decision, home.clock.now())
        if not ids:
            raise Reject("Nothing is named.", remedy="Give ids from `provisor deletes list`, or --all --count N.")
        known = {one.id for one in waiting}
        if unknown := [one for one in ids if one not in known]:
            raise NotFound(f"No removal waits under {', '.join(unknown)}.")
        return await home.work.decide_removals(app.id, ids, decision, home.clock.now())

    return run_in_home(context, work)
