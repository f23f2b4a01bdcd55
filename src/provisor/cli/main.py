"""The command line from outside: whatever goes wrong becomes one sentence and CONTRACT's exit code.

The commands are imported inside, because that takes a second or two in which Ctrl-C is to end quietly too.
"""

import sys
from typing import NoReturn

EXIT_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line and leave with an exit code; wrong usage is told, with 2, by the command line's library."""
    try:
        code = _run()
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    sys.exit(code)


def _run() -> int:
    try:
        from provisor.cli import commands  # noqa: F401, PLC0415 - registers every command on `app`
        from provisor.cli.log_lines import configure_log  # noqa: PLC0415
        from provisor.cli.printing import print_error  # noqa: PLC0415
        from provisor.cli.root import EXIT_FAILED, app, exit_code  # noqa: PLC0415
        from provisor.model.errors import ProvisorError, Transient  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "provisor").startswith("provisor"):
            raise
        sys.stderr.write(f"Error: The package {error.name} is not installed, and this version needs it.\n")
        sys.stderr.write("In a checkout, bring .venv up to date with: make setup\n")
        return 2
    configure_log()
    try:
        app(prog_name="provisor")
    except ProvisorError as error:
        print_error(error)
        return exit_code(error)
    except OSError as error:  # a file or a stream of the caller's; whatever has a better sentence has raised it
        place = f" {error.filename}" if error.filename else ""
        print_error(Transient(f"The system refused{place}: {error.strerror or error}."))
        return EXIT_FAILED
    return 0
