"""Writes docs/reference/commands.md from the command line itself; a test holds that it is current."""

import sys
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from provisor.cli import commands  # noqa: F401 - registers every command
from provisor.cli.root import app

FILE = Path(__file__).parents[1] / "docs" / "reference" / "commands.md"

HEADER = """# Commands

Made by `tools/make_commands.py` from the command line itself.

`--data DIR` (or `PROVISOR_DATA`) comes before the command and names the folder in which state lives. Exit codes: 0
done; 1 the work failed (a token refused, a target down, people in escrow, bad rows); 2 wrong usage or configuration;
3 something waits for a decision (held removals, a refused source). Failures win over 3.
"""


def render() -> str:
    """The whole page."""
    root = typer.main.get_command(app)
    return HEADER + "".join(_sections(root, "provisor"))


def _sections(command: Any, path: str, before: tuple[Any, ...] = ()) -> list[str]:
    """The commands below; `before` are the arguments that a group takes before the command."""
    if hasattr(command, "commands"):
        before += tuple(one for one in command.params if one.param_type_name == "argument")
        path = " ".join((path, *(one.name.upper() for one in before)))
        parts: list[str] = []
        for name, child in sorted(command.commands.items()):
            if not child.hidden:
                parts += _sections(child, f"{path} {name}", before)
        return parts
    lines = [f"\n## `{path}`\n\n{(command.help or '').strip()}\n"]
    rows = [_row(parameter) for parameter in (*before, *command.params) if parameter.name != "help"]
    if rows:
        lines.append("\n| argument or option | |\n|---|---|\n" + "".join(rows))
    return lines


def _row(parameter: Any) -> str:
    is_argument = parameter.param_type_name == "argument"
    if is_argument:
        name = parameter.name.upper() + ("…" if parameter.nargs == -1 or parameter.multiple else "")
        shown = f"`{name if parameter.required else f'[{name}]'}`"
    else:
        shown = ", ".join(f"`{one}`" for one in (*parameter.opts, *parameter.secondary_opts))
    return f"| {shown} | {_meaning(parameter, is_argument=is_argument)} |\n"


def _meaning(parameter: Any, *, is_argument: bool) -> str:
    """The help, what may be given, and what holds when nothing is."""
    parts = [parameter.help] if parameter.help else []
    annotation = parameter.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        parts.append("One of " + ", ".join(f"`{one.value}`" for one in annotation) + ".")
    if not is_argument and parameter.required:
        parts.append("Required.")
    if not is_argument and parameter.multiple:
        parts.append("May be repeated.")
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    if default not in (None, "", False, True):
        parts.append(f"Default: `{default}`.")
    return " ".join(parts)


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name} written\n")
