"""The command line, put together; its faults become one sentence and CONTRACT's exit code."""

import sys
from typing import NoReturn

import click

from provisor.cli import commands  # noqa: F401 - registers every command on `app`
from provisor.cli.printing import print_error
from provisor.cli.root import EXIT_USAGE, app, exit_code
from provisor.model.errors import ProvisorError


def main() -> NoReturn:
    """Run the command line and leave with CONTRACT's exit code."""
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
