"""CSV as the admin center writes it and people save it again: encodings, delimiters, the bulk-create template.

UTF-8 and UTF-16 with or without a byte order mark; comma, semicolon or tab, whichever makes the header understood.
The file is streamed, never held in memory.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from provisor.connectors.directory.columns import Column, count_known, resolve_columns
from provisor.connectors.directory.rows import NOBODY_IN_IT, Damage, RawRow, RowKey
from provisor.connectors.directory.text_encoding import detect_encoding
from provisor.model.errors import Reject

DELIMITERS = (",", ";", "\t")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NEUTRALISED = tuple(f"'{start}" for start in _FORMULA_STARTS)
_TEMPLATE_VERSION = "version:"
_SEPARATOR_HINT = "sep="
_TEMPLATE_EXAMPLE = "example:"
_OPPOSITE = {"true": "false", "false": "true", "yes": "no", "no": "yes", "1": "0", "0": "1"}


@dataclass(frozen=True, slots=True)
class _Layout:
    """How to read the rows: the delimiter, the columns, and the number of lines before the first row."""

    delimiter: str
    columns: list[Column | None]
    is_template: bool
    lines_before: int


class CsvFile:
    """People in a CSV file (`PeopleFile`)."""

    def __init__(self, path: Path, row_key: RowKey = RowKey.AUTO, *, ignores_unknown: bool = False) -> None:
        self._path = path
        self._row_key = row_key
        self._ignores_unknown = ignores_unknown

    def rows(self) -> Iterator[RawRow | Damage]:
        """Every row. Raises `Reject` when the columns are not understood."""
        try:
            with self._path.open(encoding=detect_encoding(self._path), newline="") as text:
                yield from self._read(text)
        except UnicodeError:
            yield Damage("the file is neither UTF-8 nor UTF-16 throughout", "Save it as 'CSV UTF-8'.")

    def _read(self, text: TextIO) -> Iterator[RawRow | Damage]:
        layout = self._read_header(text)
        if layout is None:
            yield Damage("the file is empty", NOBODY_IN_IT)
            return
        last = _LastLine(text)
        reader = csv.reader(last, delimiter=layout.delimiter, strict=True)
        is_empty = True
        before: RawRow | None = None
        while True:
            line = layout.lines_before + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                yield RawRow(line, problem=f"the row cannot be read: {error}")
                is_empty = False
                if "unexpected end" in str(error):
                    yield Damage("the file ends inside a quoted value, as if it had been cut off")
                    return
                continue
            if not any(cells) or (layout.is_template and cells[0].casefold().startswith(_TEMPLATE_EXAMPLE)):
                before = None
                continue
            before = _row(line, cells, layout.columns)
            is_empty = False
            yield before
        if is_empty:
            yield Damage("the file has no rows below its header", NOBODY_IN_IT)
        elif before and before.problem and not last.ends_line:
            yield Damage("the last row is incomplete, as if the file had been cut off")

    def _read_header(self, text: TextIO) -> _Layout | None:
        """Find the header; None for a file without a word."""
        is_template = False
        lines_before = 0
        while True:
            line = text.readline()
            if not line:
                return None
            lines_before += 1
            start = line.strip().strip('"').casefold()
            is_template = is_template or start.startswith(_TEMPLATE_VERSION)
            if start.strip(",;\t ") and not start.startswith((_TEMPLATE_VERSION, _SEPARATOR_HINT)):
                break
        header, delimiter, lines = _split_header(line, text)
        columns = resolve_columns(header, self._row_key, ignores_unknown=self._ignores_unknown)
        return _Layout(delimiter, columns, is_template, lines_before + lines)


def neutralise(cell: str) -> str:
    """The cell as a spreadsheet will not run it (DESIGN §5)."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


class _LastLine:
    """The lines of a file, remembering whether the latest one was ended."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines
        self.ends_line = True

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.ends_line = line.endswith(("\n", "\r"))
            yield line


def _split_header(line: str, text: TextIO) -> tuple[list[str], str, int]:
    """The header's labels and the delimiter under which most of them are understood; and further lines it took."""
    found = max(DELIMITERS, key=lambda delimiter: count_known(next(csv.reader([line], delimiter=delimiter))))
    reader = csv.reader(chain([line], iter(text.readline, "")), delimiter=found, strict=True)
    try:
        header = next(reader)
    except csv.Error as error:
        raise Reject(
            f"The header of the file cannot be read: {error}.", remedy="Save the file as CSV again."
        ) from error
    if not count_known(header):
        raise Reject(
            "The first line of the file names no attribute of a person, such as userPrincipalName.",
            remedy="Use the file of Users > Download users, or the bulk-create template.",
        )
    if any("\n" in label.strip() and not count_known([label]) for label in header):
        raise Reject(
            f"The header of the file goes on over {reader.line_num} lines, as if a quotation mark were not closed.",
            remedy="Close it, or save the file as CSV again.",
        )
    while header and not header[-1].strip():
        header.pop()
    return header, found, reader.line_num - 1


def _row(line: int, cells: list[str], columns: list[Column | None]) -> RawRow:
    if "'" in "".join(cells):
        cells = [cell[1:] if cell.startswith(_NEUTRALISED) else cell for cell in cells]
    names = [column.name if column else "" for column in columns]
    values: dict[str, Any] = {name: cell for name, cell in zip(names, cells, strict=False) if name}
    for column in columns:
        if column and column.is_inverse and column.name in values:
            cell = values[column.name]
            values[column.name] = _OPPOSITE.get(cell.strip().casefold(), cell)
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        # Whatever was left out or added, the first cell is where it should be.
        first = columns[0].name if columns[0] else ""
        problem = f"the row has {len(cells)} cells, the header {len(columns)}"
        return RawRow(line, values, problem, frozenset({first}))
    return RawRow(line, values)
