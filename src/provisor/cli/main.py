"""The command line, put together: every command group, the options that all share, and exit codes (CONTRACT)."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import click
import typer

from provisor.cli.printing import print_error
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


def main() -> NoReturn:
    """Run the command line and leave with CONTRACT's exit code."""
    from provisor.cli import commands  # noqa: F401, PLC0415 - registers the commands on `app`

    try:
        code = app(standalone_mode=False)
    except ProvisorError as error:
        print_error(error)
        code = exit_code(error)
    except click.ClickException as error:
        error.show()
        code = EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        code = 130
    except BrokenPipeError:
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
