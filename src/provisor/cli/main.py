"""The command line, put together; its faults become one sentence and CONTRACT's exit code."""

import sys
from typing import NoReturn

import structlog

from provisor.cli import commands  # noqa: F401 - registers every command on `app`
from provisor.cli.printing import print_error
from provisor.cli.root import app, exit_code
from provisor.model.errors import ProvisorError


def configure_log() -> None:
    """Lines of log for people. A fault is told by where it happened, without the values of variables.

    Those are people's data, and tokens.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main() -> NoReturn:
    """Run the command line and leave with an exit code; wrong usage is told, with 2, by the command line's library."""
    configure_log()
    try:
        app()
    except ProvisorError as error:
        print_error(error)
        sys.exit(exit_code(error))
    sys.exit(0)
