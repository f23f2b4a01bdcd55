"""The root of the command line: what command groups register on, the options that all share, and exit codes."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from provisor.cli.session import Shared
from provisor.model.errors import Conflict, NotFound, ProvisorError, Reject

EXIT_FAILED = 1
EXIT_USAGE = 2

app = typer.Typer(
    name="provisor",
    help="Automatic user provisioning: from a directory into the applications people need, over SCIM 2.0.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        sys.stdout.write(f"provisor {version('provisor')}\n")
        raise typer.Exit


@app.callback()
def shared(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option("--data", envvar="PROVISOR_DATA", help="The folder in which state lives.")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options that every command takes."""
    context.obj = Shared(data)


def exit_code(error: ProvisorError) -> int:
    """2 for wrong usage or configuration, 1 for work that failed."""
    return EXIT_USAGE if isinstance(error, Reject | NotFound | Conflict) else EXIT_FAILED
