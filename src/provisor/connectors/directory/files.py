"""Which reader a file of people needs: told by its name, and by what it looks like.

A name that says one thing while the content says another is refused rather than guessed at: read as CSV, an LDIF file
would be one long list of unknown columns.
"""

import csv
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from provisor.connectors.directory.columns import count_known
from provisor.connectors.directory.csv_file import DELIMITERS, CsvFile
from provisor.connectors.directory.json_file import JsonFile
from provisor.connectors.directory.ldif.file import LdifFile
from provisor.connectors.directory.rows import PeopleFile, RowKey
from provisor.connectors.directory.text_encoding import detect_encoding
from provisor.model.errors import Reject

PEEK_BYTES = 16_384


class FileFormat(StrEnum):
    """The forms a file of people can have."""

    CSV = "csv"
    LDIF = "ldif"
    JSON = "json"


_BY_SUFFIX = {
    ".csv": FileFormat.CSV,
    ".txt": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".ldif": FileFormat.LDIF,
    ".ldf": FileFormat.LDIF,
    ".json": FileFormat.JSON,
}
_JSON_START = re.compile(r"\s*(?:\[\s*[{\]]|\{\s*[\"}])")
_LDIF_START = re.compile(r"(?:\s*#[^\n]*\n)*\s*(?:version:\s*\d+\s*(?:#[^\n]*\n\s*)*)?dn::?\s", re.IGNORECASE)
_NO_TEXT = {
    b"PK\x03\x04": ("an Excel workbook or another archive", "In the spreadsheet, save it as 'CSV UTF-8'."),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "In the spreadsheet, save it as 'CSV UTF-8'."),
    b"\x1f\x8b": ("compressed", "Unpack it first."),
    b"%PDF": ("a PDF", "Export the people as CSV."),
}
"""First bytes of files that people take for one of ours."""


def open_people_file(
    path: Path, file_format: FileFormat | None = None, row_key: RowKey = RowKey.AUTO, *, ignores_unknown: bool = False
) -> PeopleFile:
    """The reader for a file; its format is told by name and content unless given.

    Raises `Reject` when there is no such file, when it cannot be read, and when it looks like another format.
    """
    looks_like = _look_at(path)
    wanted = file_format or _BY_SUFFIX.get(path.suffix.casefold()) or looks_like
    if wanted is None:
        raise Reject(
            f"The format of {path.name} can be told neither by its name nor by its content.",
            remedy=f"Name it with --format: {', '.join(FileFormat)}.",
        )
    if looks_like not in {None, wanted}:
        raise Reject(
            f"{path.name} looks like {looks_like.upper()}, not {wanted.upper()}. Nothing was imported.",
            remedy=f"Import it with --format {looks_like}.",
        )
    readers: Mapping[FileFormat, Callable[..., PeopleFile]] = {
        FileFormat.CSV: CsvFile,
        FileFormat.LDIF: LdifFile,
        FileFormat.JSON: JsonFile,
    }
    return readers[wanted](path, row_key, ignores_unknown=ignores_unknown)


def _look_at(path: Path) -> FileFormat | None:
    """What the first lines look like, None when that cannot be told. Raises `Reject` for what is no text at all."""
    try:
        if path.exists() and not path.is_file():
            raise Reject(f"{path} is not a file.", remedy="Give the path of a CSV, LDIF or JSON file.")
        with path.open("rb") as file:
            start = file.read(PEEK_BYTES)
    except FileNotFoundError:
        raise Reject(f"There is no file {path}.", remedy="Give the path of a CSV, LDIF or JSON file.") from None
    except OSError as error:
        raise Reject(
            f"The file {path} cannot be read: {error.strerror}.", remedy="Give this user the right to read it."
        ) from error
    for mark, (what, remedy) in _NO_TEXT.items():
        if start.startswith(mark):
            raise Reject(f"{path.name} is {what}, not a text of people.", remedy=remedy)
    text = start.decode(detect_encoding(path), errors="ignore")
    if _JSON_START.match(text):
        return FileFormat.JSON
    if _LDIF_START.match(text):
        return FileFormat.LDIF
    first_lines = text.lstrip().splitlines()[:3]  # the bulk-create template has a line with its version before
    is_csv = any(count_known(next(csv.reader([line], delimiter=one))) for line in first_lines for one in DELIMITERS)
    return FileFormat.CSV if is_csv else None
