"""`provisor logs`: what happened."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption, Named, parse_interval
from provisor.cli.printing import Format, print_rows
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home
from provisor.cli.shapes import log_json
from provisor.model.errors import Reject
from provisor.model.log import StepStatus
from provisor.ports.records import LogQuery

COLUMNS = ("time", "person", "action", "status", "reason")


@cli.command("logs")
def logs(
    context: typer.Context,
    application: Named,
    status: Annotated[StepStatus | None, typer.Option("--status", help="How it ended.")] = None,
    action: Annotated[
        str | None, typer.Option("--action", help="Such as create, update, disable, delete, stagedDelete.")
    ] = None,
    person: Annotated[str | None, typer.Option("--person", help="Part of a name, or an id.")] = None,
    cycle: Annotated[str | None, typer.Option("--cycle", help="The id of a cycle.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="2h, 7d, or an ISO date.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Entries at most; 0 for all.")] = 100,
    form: FormatOption = Format.TABLE,
) -> None:
    """The provisioning log, newest first."""

    async def work(home: Home) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        app = await home.applications.get(application)
        moment = read_since(since, home.clock.now()) if since else None
        query = LogQuery(
            app_id=app.id,
            status=status.value if status else None,
            action=action,
            person=person,
            cycle_id=cycle,
            since=moment,
            limit=limit,
        )
        entries = await home.records.entries(query)
        rows = [
            {
                "time": entry.at.strftime("%Y-%m-%d %H:%M:%S"),
                "person": entry.person,
                "action": entry.action,
                "status": entry.status.value,
                "reason": entry.reason,
            }
            for entry in entries
        ]
        return rows, [log_json(entry, app) for entry in entries]

    rows, shapes = run_in_home(context, work)
    print_rows(rows, COLUMNS, form, json=shapes, empty="No entries.")


def read_since(text: str, now: datetime) -> datetime:
    """The moment that `2h`, `7d` or an ISO date means. Raises `Reject`."""
    if re.fullmatch(r"\d+\s*[smhd]", text.strip().lower()):
        ago: timedelta = parse_interval(text)
        return now - ago
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Reject(
            f"{text!r} is neither a length of time nor a date.", remedy="Write 2h, 7d or 2026-11-23."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
