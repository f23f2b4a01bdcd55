"""`provisor deletes APP …`: removals that wait for a decision."""

import shlex
from collections.abc import Sequence
from typing import Annotated

import typer

from provisor.bootstrap.home import Home
from provisor.cli.application_group import application_group, named_application
from provisor.cli.applications import FormatOption
from provisor.cli.choosing import choose
from provisor.cli.printing import Format, out, print_rows
from provisor.cli.session import run_in_home
from provisor.cli.shapes import staged_json
from provisor.model.errors import Reject
from provisor.model.removal import Decision, StagedRemoval

COLUMNS = ("person", "action", "reason", "stagedAt", "decision", "id")

group = application_group("deletes", "Removals that wait for a decision.")

All = Annotated[bool, typer.Option("--all", help="All that wait; needs --count.")]
Count = Annotated[int | None, typer.Option("--count", help="How many you expect; refused when it differs.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids from `deletes APPLICATION list`.")]


@group.command("list")
def list_(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List them."""

    async def work(home: Home) -> list[StagedRemoval]:
        app = await home.applications.get(named_application(context))
        return list(await home.work.staged_removals(app.id))

    print_rows([staged_json(one) for one in run_in_home(context, work)], COLUMNS, form, empty="Nothing waits.")


@group.command("approve")
def approve(context: typer.Context, ids: Ids = None, everything: All = False, count: Count = None) -> None:
    """Let them go out with the next cycle, at once where the service runs; an approval expires after 24 hours."""
    number = _decide(context, ids, Decision.APPROVED, everything=everything, count=count)
    out.print(
        f"{number} approved. They go out at once where the service runs, else with the next "
        "cycle; each is decided anew just before it is sent."
    )


@group.command("reject")
def reject(context: typer.Context, ids: Ids = None, everything: All = False, count: Count = None) -> None:
    """Keep these people's access until their data or the rules change."""
    number = _decide(context, ids, Decision.REJECTED, everything=everything, count=count)
    out.print(f"{number} rejected. They keep their access until their data or the rules change.")


def _decide(
    context: typer.Context, ids: Sequence[str] | None, decision: Decision, *, everything: bool, count: int | None
) -> int:
    async def work(home: Home) -> int:
        app = await home.applications.get(named_application(context))
        listing = f"provisor deletes {shlex.quote(app.name)} list"
        waiting = await home.work.staged_removals(app.id)
        undecided = [one.id for one in waiting if one.decision is Decision.PENDING]
        if everything and count != len(undecided):
            said = "--count is missing" if count is None else f"--count says {count}"
            raise Reject(
                f"{len(undecided)} removals wait, and {said}.",
                remedy=f"Look at them with `{listing}`, then give exactly that number.",
            )
        chosen = choose(ids, [one.id for one in waiting], undecided if everything else None, listing)
        return await home.work.decide_removals(app.id, chosen, decision, home.clock.now())

    return run_in_home(context, work)
