"""`provisor expression …`: try an expression of the mapping language, without an application and without state."""

import random
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from provisor.cli.applications import FormatOption
from provisor.cli.json_input import STANDARD_INPUT, parse_json, read_json_file
from provisor.cli.printing import Format, err, print_error, print_json, print_rows
from provisor.cli.root import EXIT_FAILED, EXIT_USAGE
from provisor.cli.root import app as cli
from provisor.expressions.compiler import Context, EvaluationFault, ExpressionFault, compile_expression
from provisor.expressions.values import as_printed
from provisor.gallery.synchronization import metadata
from provisor.gallery.synchronization.metadata import parse_expression
from provisor.model.errors import Reject

group = typer.Typer(help="The mapping language: try expressions.", no_args_is_help=True)
cli.add_typer(group, name="expression")


@group.command("eval")
def evaluate(
    expression: Annotated[str, typer.Argument(help="The expression, such as 'ToLower([mail])'.")],
    source: Annotated[
        str,
        typer.Option("--source", help="The attributes of the person: a JSON object, @FILE, or - for standard input."),
    ] = "{}",
    now: Annotated[str | None, typer.Option("--now", help="The moment that Now() gives, in ISO 8601.")] = None,
    taken: Annotated[
        str | None,
        typer.Option("--taken", help="Values that the target has already: a JSON list, @FILE, or -."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Makes RandomString and Guid give the same each time.")
    ] = None,
    domain: Annotated[str, typer.Option("--domain", help="What DefaultDomain() gives.")] = "",
) -> None:
    """Evaluate an expression and print its result as JSON.

    Text in canonical form, a list for multi-valued results, null, {"$ignoreFlow": true}, or {"$error": "…"}. Exit code
    1: this person has no value (evaluation failed); 2: the expression cannot be used, with the place on standard error.
    """
    context = Context(
        source=_read_json(source, "--source", dict),
        now=_moment(now),
        random=random.Random(seed).randrange if seed is not None else secrets.randbelow,  # noqa: S311 - asked for
        new_guid=_guids(seed),
        is_taken=None if taken is None else set(map(str, _read_json(taken, "--taken", list))).__contains__,
        default_domain=domain,
    )
    try:
        compiled = compile_expression(expression)
    except ExpressionFault as fault:
        print_json({"$error": " ".join(one.text for one in fault.faults)})
        raise
    for warning in compiled.warnings:
        err.print(f"Note: {warning}", style="yellow", markup=False)
    try:
        print_json(as_printed(compiled.evaluate(context)))
    except EvaluationFault as fault:
        print_json({"$error": fault.message})
        print_error(fault)
        raise typer.Exit(EXIT_FAILED) from fault


@group.command("parse")
def parse(
    expression: Annotated[str, typer.Argument(help="The expression, such as 'ToLower([mail])'.")],
    source: Annotated[
        str | None,
        typer.Option("--source", help="The attributes of a person to try it on: a JSON object, @FILE, or -."),
    ] = None,
) -> None:
    """Show how an expression is understood: Graph's parseExpression response, with the tree of its parts.

    Exit code 2 when it cannot be used, 1 when it has no value for the person.
    """
    request: dict[str, Any] = {"expression": expression}
    if source is not None:
        given = _read_json(source, "--source", dict)
        request["testInputObject"] = {"properties": [{"key": name, "value": value} for name, value in given.items()]}
    world = Context(source={}, now=datetime.now(UTC), random=secrets.randbelow, new_guid=lambda: str(uuid4()))
    answer = parse_expression(request, world)
    print_json(answer)
    if not answer["parsingSucceeded"]:
        raise typer.Exit(EXIT_USAGE)
    if source is not None and not answer["evaluationSucceeded"]:
        raise typer.Exit(EXIT_FAILED)


@group.command("functions")
def functions(form: FormatOption = Format.TABLE) -> None:
    """List every function, with its parameters; as JSON in the shape of Graph's attributeMappingFunctionSchema."""
    known = metadata.functions()
    rows = [
        {"name": one["name"], "parameters": ", ".join(parameter["name"] for parameter in one["parameters"])}
        for one in known
    ]
    print_rows(rows, ["name", "parameters"], form, json=known)


@group.command("operators")
def operators(form: FormatOption = Format.TABLE) -> None:
    """List every operator of scoping filters; as JSON in the shape of Graph's filterOperatorSchema."""
    known = metadata.filter_operators()
    rows = [{**one, "types": ", ".join(one["supportedAttributeTypes"])} for one in known]
    print_rows(rows, ["name", "arity", "types"], form, json=known)


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Reject(f"--now {text!r} is no moment.", remedy="Write it as 2025-07-30T09:00:00Z.") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _guids(seed: int | None) -> Any:
    if seed is None:
        return lambda: str(uuid4())
    bits = random.Random(seed).getrandbits  # noqa: S311 - the same each time is what was asked for
    return lambda: str(UUID(int=bits(128), version=4))


def _read_json(given: str, option: str, shape: type) -> Any:
    """What an option holds: JSON itself, `@FILE`, or `-`. Raises `Reject`."""
    is_file = given == STANDARD_INPUT or given.startswith("@")
    try:
        value = read_json_file(given.removeprefix("@")) if is_file else parse_json(given, "It")
    except Reject as fault:
        hint = '{"mail": "ada@example.com"}' if shape is dict else '["ada", "ada2"]'
        raise Reject(f"{option}: {fault.message}", remedy=f"Write it as '{hint}', or name a file: @FILE.") from fault
    if not isinstance(value, shape):
        raise Reject(f"{option} is not {'an object with attributes' if shape is dict else 'a list of values'}.")
    return value
