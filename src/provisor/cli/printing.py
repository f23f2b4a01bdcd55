"""What the commands print: tables for people, JSON and CSV for programs, errors with their remedy."""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from provisor.connectors.directory.csv_file import neutralise
from provisor.model.errors import ProvisorError


class Format(StrEnum):
    """Forms of a listing."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


PIPE_WIDTH = 200
"""Columns of a table that is written to a file or a pipe, where nobody wraps lines by hand."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """JSON, indented, on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], form: Format, *, json: Any = None, empty: str = ""
) -> None:
    """A listing in the chosen form; `json` is printed instead of the rows where it is given."""
    if form is Format.JSON:
        print_json(list(rows) if json is None else json)
    elif form is Format.CSV:
        print_csv(rows, columns)
    elif not rows:
        out.print(empty, style="dim")
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column)
        for row in rows:
            table.add_row(*(Text(_cell(row.get(column))) for column in columns))
        out.print(table)


def print_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """CSV whose cells no spreadsheet runs as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([neutralise(_cell(row.get(column))) for column in columns])
    sys.stdout.write(buffer.getvalue())


def print_error(error: ProvisorError) -> None:
    """One clear sentence, all reasons, and what to do."""
    err.print(Text(f"Error: {error.message}", style="bold red"))
    for reason in error.reasons:
        err.print(Text(f"  - {reason}"))
    if error.remedy:
        err.print(Text(error.remedy))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
