"""What the commands print: tables for people, JSON and CSV for programs, errors with their remedy."""

import contextlib
import csv
import io
import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from provisor.connectors.directory.csv_file import neutralise
from provisor.model.errors import ProvisorError, Reject


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


def print_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, has_header: bool = True) -> None:
    """CSV whose cells no spreadsheet runs as a formula; further pages of a listing come without the header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if has_header:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([neutralise(_cell(row.get(column))) for column in columns])
    sys.stdout.write(buffer.getvalue())


@contextlib.contextmanager
def whole_file(file: Path) -> Iterator[TextIO]:
    """A file to write text into, for its owner's eyes; it takes its place when all is written, else nothing happens.

    Raises `Reject` when it cannot be made there.
    """
    if file.exists() and not file.is_file():  # a device or a pipe is written as it is
        with file.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    file = file.resolve()  # a link stays one
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        writer = os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
        )
    except OSError as error:
        raise Reject(
            f"The file {file} cannot be written: {error.strerror}.",
            remedy="Name another, in a folder that you may write.",
        ) from error
    try:
        with writer:
            yield writer
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


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
