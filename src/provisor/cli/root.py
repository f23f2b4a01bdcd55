"""The root of the command line: what command groups register on, the options that all share, and exit codes."""

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


@app.callback()
def shared(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option("--data", envvar="PROVISOR_DATA", help="The folder in which state lives.")
    ] = None,
) -> None:
    """Options that every command takes."""
    context.obj = Shared(data)


def exit_code(error: ProvisorError) -> int:
    """2 for wrong usage or configuration, 1 for work that failed."""
    return EXIT_USAGE if isinstance(error, Reject | NotFound | Conflict) else EXIT_FAILED
