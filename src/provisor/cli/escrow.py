"""`provisor escrow APP …`: people whose last operation failed, held for retry."""

import shlex
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from provisor.bootstrap.home import Home
from provisor.cli.application_group import application_group, named_application
from provisor.cli.applications import FormatOption
from provisor.cli.choosing import choose
from provisor.cli.printing import Format, out, print_rows
from provisor.cli.session import run_in_home
from provisor.cli.shapes import escrow_json
from provisor.model.errors import Reject
from provisor.model.escrow import Escrow
from provisor.model.job import Application

COLUMNS = ("person", "operation", "errorCode", "message", "attempts", "nextAttempt", "id")

group = application_group("escrow", "Failures that are held for retry.")

All = Annotated[bool, typer.Option("--all", help="All of them.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids from `escrow APPLICATION list`.")]


@group.command("list")
def list_(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List people whose last operation failed, with the time of the next try."""

    async def work(home: Home) -> list[dict[str, Any]]:
        app = await home.applications.get(named_application(context))
        return [escrow_json(held) for held in await home.work.escrows(app.id)]

    print_rows(run_in_home(context, work), COLUMNS, form, empty="Nobody is failing.")


@group.command("retry")
def retry(context: typer.Context, ids: Ids = None, everything: All = False) -> None:
    """Try them again with the next cycle, whatever time was set."""

    async def work(home: Home) -> tuple[int, str]:
        app, chosen = await _choose(home, context, ids, everything=everything)
        return await home.work.retry_escrows(app.id, [one.id for one in chosen], home.clock.now()), app.name

    number, name = run_in_home(context, work)
    out.print(f"{number} are due. `provisor run {shlex.quote(name)}` tries them now.", markup=False)


@group.command("drop")
def drop(context: typer.Context, ids: Ids = None, everything: All = False) -> None:
    """Try them no more until their data or the rules change, or the job is restarted."""

    async def work(home: Home) -> int:
        app, chosen = await _choose(home, context, ids, everything=everything)
        staged = {one.source_id for one in await home.work.staged_removals(app.id)}
        if losing := [one.person for one in chosen if one.source_id in staged]:
            raise Reject(
                f"The removal of {', '.join(losing)} waits, so that dropping the failure would only send it sooner.",
                remedy=f"Reject it: provisor deletes {shlex.quote(app.name)} reject ID…",
            )
        return await home.work.drop_escrows(app.id, [one.id for one in chosen])

    out.print(f"{run_in_home(context, work)} dropped. They are evaluated again when their data or the rules change.")


async def _choose(
    home: Home, context: typer.Context, ids: Sequence[str] | None, *, everything: bool
) -> tuple[Application, list[Escrow]]:
    """The application, and the failures that are meant."""
    app = await home.applications.get(named_application(context))
    held = {one.id: one for one in await home.work.escrows(app.id)}
    listing = f"provisor escrow {shlex.quote(app.name)} list"
    return app, [held[one] for one in choose(ids, list(held), list(held) if everything else None, listing)]
