"""`provisor expression …`: try an expression of the mapping language, without an application and without state."""

import random
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from provisor.cli.json_input import STANDARD_INPUT, parse_json, read_json_file
from provisor.cli.printing import err, print_error, print_json
from provisor.cli.root import EXIT_FAILED
from provisor.cli.root import app as cli
from provisor.expressions.compiler import Context, EvaluationFault, ExpressionFault, compile_expression
from provisor.expressions.values import as_printed
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
