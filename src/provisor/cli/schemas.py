"""`provisor schema …`: attribute mappings and scoping filters, in the JSON of Graph's synchronization schema."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption, Named
from provisor.cli.json_input import read_json_file
from provisor.cli.printing import Format, err, out, print_json, print_rows
from provisor.cli.root import app as cli
from provisor.cli.schema_view import MAPPING_COLUMNS, mapping_rows, object_json, print_objects
from provisor.cli.session import run_in_home
from provisor.engine.rule_changes import add_attribute, change_schema, restore_schema
from provisor.gallery.synchronization.comparing import compare_schemas
from provisor.gallery.synchronization.completing import complete_schema
from provisor.gallery.synchronization.judging import SchemaChange, judge_schema
from provisor.gallery.synchronization.place import SchemaFault
from provisor.gallery.synchronization.reading import read_schema
from provisor.model.errors import Reject
from provisor.model.rules import AttributeDefinition, AttributeType
from provisor.stages.rules.targets import EXTENSION_FORM

group = typer.Typer(help="Attribute mappings and scoping filters of an application.", no_args_is_help=True)
cli.add_typer(group, name="schema")

Trial = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
SchemaFile = Annotated[str, typer.Argument(help="A file with a synchronization schema; - for standard input.")]
Either = Annotated[str, typer.Argument(help="A file with a synchronization schema, or an application.")]


@group.command("show")
def show(context: typer.Context, application: Named, form: FormatOption = Format.TABLE) -> None:
    """Show mappings, matching precedence, when each applies, and scoping filters."""
    schema = run_in_home(context, lambda home: _stored(home, application))
    rules = read_schema(schema).rules
    if form is Format.TABLE:
        print_objects(rules)
    else:
        objects = [object_json(mapping) for mapping in rules.object_mappings]
        print_rows(mapping_rows(rules), MAPPING_COLUMNS, form, json={"objectMappings": objects})


@group.command("export")
def export(
    context: typer.Context,
    application: Named,
    file: Annotated[Path | None, typer.Argument(help="The file to write; standard output without.")] = None,
) -> None:
    """Write the whole schema as JSON, in the form that `import` and Microsoft Graph read."""
    schema = complete_schema(run_in_home(context, lambda home: _stored(home, application)))
    if file is None:
        print_json(schema)
        return
    try:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n")
    except OSError as error:
        raise Reject(f"{file} cannot be written: {error.strerror}.") from error
    err.print(f"Written to {file}.", markup=False)


@group.command("import")
def import_(
    context: typer.Context,
    application: Named,
    file: SchemaFile,
    dry_run: Trial = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Put a schema in the place of the stored one, and say what changed. With a fault, nothing changes."""
    schema = read_json_file(file)

    async def work(home: Home) -> SchemaChange:
        app = await home.applications.get(application)
        return await change_schema(home.applications, app, schema, is_trial=dry_run)

    _print_change(run_in_home(context, work), form, is_trial=dry_run)


@group.command("add-attribute")
def add_attribute_(
    context: typer.Context,
    application: Named,
    name: Annotated[str, typer.Argument(help=f"Its name; of the target, {EXTENSION_FORM}.")],
    kind: Annotated[AttributeType, typer.Option("--type", help="The type of its values.")] = AttributeType.STRING,
    to_source: Annotated[
        bool, typer.Option("--source", help="An attribute of the directory, such as extension_…_costCenter.")
    ] = False,
    is_required: Annotated[bool, typer.Option("--required", help="The target takes nobody without it.")] = False,
    is_case_exact: Annotated[bool, typer.Option("--case-exact", help="Letter case makes a difference.")] = False,
    is_filterable: Annotated[bool, typer.Option("--filterable", help="The target can search by it.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Add an attribute to the list of those that mappings of users can lead to, or come from."""
    attribute = AttributeDefinition(
        name, kind, is_required=is_required, is_case_exact=is_case_exact, is_filterable=is_filterable
    )

    async def work(home: Home) -> SchemaChange:
        app = await home.applications.get(application)
        return await add_attribute(home.applications, app, attribute, to_source=to_source)

    _print_change(run_in_home(context, work), form, is_trial=False)


@group.command("reset")
def reset(
    context: typer.Context,
    application: Named,
    dry_run: Trial = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Restore default mappings: mappings and filters become those of the template again; added attributes stay."""
    if not (yes or dry_run):
        typer.confirm(
            f"Restore the default mappings of {application}? Its own mappings and filters are lost.", abort=True
        )

    async def work(home: Home) -> SchemaChange:
        app = await home.applications.get(application)
        return await restore_schema(home.applications, app, is_trial=dry_run)

    _print_change(run_in_home(context, work), form, is_trial=dry_run)


@group.command("validate")
def validate(file: SchemaFile) -> None:
    """Say everything that is wrong with a schema, without an application."""
    judgement = judge_schema(read_json_file(file))
    _print_notices(judgement.notices)
    judgement.require_usable()
    out.print("No faults.")


@group.command("diff")
def diff(context: typer.Context, before: Either, after: Either, form: FormatOption = Format.TABLE) -> None:
    """Say in words what differs between two schemas, each of a file or of an application."""
    sides = [_read_either(context, one) for one in (before, after)]
    sentences = compare_schemas(*(complete_schema(one) for one in sides))
    rows = [{"difference": sentence} for sentence in sentences]
    if form is Format.TABLE:
        _print_sentences(sentences)
        out.print(f"{_count(sentences)}.")
    else:
        print_rows(rows, ["difference"], form, json=list(sentences))


async def _stored(home: Home, application: str) -> Any:
    app = await home.applications.get(application)
    return await home.applications.schema(app.id)


def _read_either(context: typer.Context, given: str) -> Any:
    if given == "-" or Path(given).is_file():
        schema = read_json_file(given)
        if not isinstance(schema, dict):
            raise Reject(f"{given} is no synchronization schema: a JSON object is expected.")
        return schema
    return run_in_home(context, lambda home: _stored(home, given))


def _print_change(change: SchemaChange, form: Format, *, is_trial: bool) -> None:
    if form is Format.JSON:
        shape = {
            "changed": not (change.is_same or is_trial),
            "differences": list(change.sentences),
            "notices": [{"path": one.path, "text": one.text} for one in change.notices],
        }
        print_json(shape)
        return
    _print_notices(change.notices)
    if form is Format.CSV:
        print_rows([{"difference": one} for one in change.sentences], ["difference"], form)
        return
    _print_sentences(change.sentences)
    if change.is_same:
        out.print("Nothing changes: this is the schema that is stored.")
    elif is_trial:
        out.print(f"{_count(change.sentences)}. Nothing is stored.")
    else:
        out.print(f"{_count(change.sentences)}. Stored; the next cycle evaluates everybody.")


def _print_sentences(sentences: tuple[str, ...]) -> None:
    for sentence in sentences:
        out.print(f"  {sentence}", markup=False)


def _print_notices(notices: tuple[SchemaFault, ...]) -> None:
    for notice in notices:
        err.print(f"Note: {notice}", style="yellow", markup=False)


def _count(sentences: tuple[str, ...]) -> str:
    return f"{len(sentences) or 'No'} {'difference' if len(sentences) == 1 else 'differences'}"
