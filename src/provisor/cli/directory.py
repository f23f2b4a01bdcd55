"""`provisor directory …`: the embedded directory."""

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from provisor.bootstrap.home import Home, new_id
from provisor.cli.applications import FormatOption
from provisor.cli.jobs import EXIT_WAITS
from provisor.cli.printing import Format, err, out, print_json, print_rows, whole_file
from provisor.cli.root import EXIT_FAILED
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home
from provisor.connectors.directory.exporting import export_people
from provisor.connectors.directory.files import FileFormat, open_people_file
from provisor.connectors.directory.importing import ImportOptions, ImportReport, import_people
from provisor.connectors.directory.rows import RowKey
from provisor.model.errors import NotFound, Reject
from provisor.ports.directory import DirectoryUser

BAD_ROWS_SHOWN_MAX = 20
PAGE_SIZE = 500

group = typer.Typer(help="The embedded directory: people, groups, assignments.", no_args_is_help=True)
cli.add_typer(group, name="directory")


@group.command("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV as the admin center downloads it or its bulk-create template, JSON or LDIF.")
    ],
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="The file's format; told by its name where it is left out.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Whoever is not in the file has left.")] = False,
    key: Annotated[RowKey, typer.Option("--key", help="What a row is known by.")] = RowKey.AUTO,
    accept_removals: Annotated[
        int | None, typer.Option("--accept-removals", min=0, help="Let exactly so many people go.")
    ] = None,
    ignore_unknown: Annotated[bool, typer.Option("--ignore-unknown", help="Leave unknown columns out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Import people. Rows that say nothing new are not written; bad rows are listed and the others imported."""
    if accept_removals is not None and not full:
        raise Reject("--accept-removals only means something with --full.", remedy="Add --full, or leave it out.")

    async def work(home: Home) -> ImportReport:
        people = open_people_file(file, file_format, key, ignores_unknown=ignore_unknown)
        options = ImportOptions(full=full, key=key, accept_removals=accept_removals)
        return await import_people(home.directory, people, options, now=home.clock.now(), new_id=new_id)

    report = run_in_home(context, work)
    _print(report, Format.JSON if as_json else Format.TABLE)
    if report.bad_rows:
        raise typer.Exit(EXIT_FAILED)
    if report.verdict is not None and not report.verdict.is_accepted:
        raise typer.Exit(EXIT_WAITS)


@group.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The file to write; standard output without.")] = None,
) -> None:
    """Write everybody as CSV, in the form that `import` reads. A file is there whole or not at all, for its owner."""

    async def work(home: Home) -> None:
        with whole_file(file) if file else contextlib.nullcontext(sys.stdout) as out_file:
            async for part in export_people(home.directory):
                out_file.write(part)

    run_in_home(context, work)


@group.command("show")
def show(
    context: typer.Context,
    person: Annotated[str | None, typer.Argument(help="UPN, id, employee id or mail; everybody without.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show one person, or list everybody."""

    async def work(home: Home) -> list[DirectoryUser]:
        if person is not None:
            return list(await home.directory.find_users(person))
        everybody: list[DirectoryUser] = []
        while page := await home.directory.list_users(everybody[-1].id if everybody else "", PAGE_SIZE):
            everybody.extend(page)
        return everybody

    found = run_in_home(context, work)
    if person is not None and not found:
        raise NotFound(f"There is nobody {person!r} in the directory.")
    rows = [_row(one) for one in found]
    columns = ("userPrincipalName", "displayName", "department", "enabled", "presence", "id")
    print_rows(rows, columns, form, json=rows, empty="The directory is empty. `provisor directory import` fills it.")


@group.command("forget")
def forget(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="UPN, id, employee id or mail.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person everywhere but in the log's bare id. Their account follows as for any deletion."""
    if not yes:
        typer.confirm(f"Erase {person} for good?", abort=True)

    async def work(home: Home) -> str:
        found = await home.directory.find_users(person)
        if not found:
            raise NotFound(f"There is nobody {person!r} in the directory.")
        if len(found) > 1:
            raise Reject(f"{len(found)} people answer to {person!r}.", remedy="Use the object id.")
        await home.directory.forget_user(found[0].id, home.clock.now())
        await home.records.forget_person(found[0].id)
        await home.request_log.erase(_names_of(found[0]))
        return found[0].id

    out.print(f"Erased {run_in_home(context, work)}.")


def _names_of(user: DirectoryUser) -> set[str]:
    """What a person is known by where they were provisioned to: the object id, and addresses."""
    texts = (each for value in user.attributes.values() for each in (value if isinstance(value, list) else [value]))
    return {user.id, *(each for each in texts if isinstance(each, str) and "@" in each)}


def _row(user: DirectoryUser) -> dict[str, Any]:
    return {
        "id": user.id,
        **user.attributes,
        "enabled": user.is_enabled,
        "manager": user.manager_id,
        "presence": user.presence.value,
    }


def _print(report: ImportReport, form: Format) -> None:
    counts = {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "restored": report.restored,
        "renamed": report.renamed,
        "removed": report.removed,
        "held": report.held,
        "bad rows": len(report.bad_rows),
    }
    if form is Format.JSON:
        counts["badRows"] = counts.pop("bad rows")
        bad = [{"line": line, "reason": reason} for line, reason in report.bad_rows]
        reason = report.verdict.reason if report.verdict else ""
        print_json({"counts": counts, "badRows": bad, "refused": reason, "examples": list(report.examples)})
    else:
        print_rows([counts], list(counts), form)
    for before, after in report.renames:
        out.print(f"Renamed: {before} is now {after}.", markup=False)
    for line, wanted in report.waiting_managers[:BAD_ROWS_SHOWN_MAX]:
        err.print(f"Line {line}: the manager {wanted} is not there yet, and is linked when they come.", markup=False)
    for line, reason in report.bad_rows[:BAD_ROWS_SHOWN_MAX]:
        err.print(f"Line {line}: {reason}", style="yellow", markup=False)
    if len(report.bad_rows) > BAD_ROWS_SHOWN_MAX:
        err.print(f"… and {len(report.bad_rows) - BAD_ROWS_SHOWN_MAX} more bad rows.", style="yellow")
    if report.verdict is not None and not report.verdict.is_accepted:
        _print_refusal(report, report.verdict.reason)


def _print_refusal(report: ImportReport, reason: str) -> None:
    err.print(f"Nobody was removed: {reason}.", style="bold yellow", markup=False)
    if report.examples:
        err.print(f"Missing, for example: {', '.join(report.examples)}.", markup=False)
    if report.unreadable_line is not None:
        err.print(f"Mend line {report.unreadable_line} first: that row could be about anybody.", markup=False)
        return
    if report.remedy:
        err.print(f"{report.remedy} Then import it again.", markup=False)
    if report.held:
        err.print(f"Only if they have really left, repeat with --accept-removals {report.held}.", markup=False)
