"""The command line, put together; its faults become one sentence and CONTRACT's exit code."""

import sys
from typing import NoReturn

from provisor.cli import commands  # noqa: F401 - registers every command on `app`
from provisor.cli.printing import print_error
from provisor.cli.root import app, exit_code
from provisor.model.errors import ProvisorError


def main() -> NoReturn:
    """Run the command line and leave with an exit code; wrong usage is told, with 2, by the command line's library."""
    try:
        app()
    except ProvisorError as error:
        print_error(error)
        sys.exit(exit_code(error))
    sys.exit(0)
