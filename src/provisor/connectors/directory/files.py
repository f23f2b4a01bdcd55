"""Which reader a file of people needs."""

from enum import StrEnum
from pathlib import Path

from provisor.connectors.directory.csv_file import CsvFile
from provisor.connectors.directory.json_file import JsonFile
from provisor.connectors.directory.ldif.file import LdifFile
from provisor.connectors.directory.rows import PeopleFile, RowKey
from provisor.model.errors import Reject


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


def open_people_file(
    path: Path, file_format: FileFormat | None = None, row_key: RowKey = RowKey.AUTO, *, ignores_unknown: bool = False
) -> PeopleFile:
    """The reader for a file; its format is told by the suffix unless given. Raises `Reject` when there is none."""
    if not path.is_file():
        raise Reject(f"There is no file {path}.", remedy="Give the path of a CSV, LDIF or JSON file.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise Reject(f"The file {path} cannot be read: {error.strerror}.") from error
    if file_format is None:
        file_format = _BY_SUFFIX.get(path.suffix.casefold())
    match file_format:
        case FileFormat.CSV:
            return CsvFile(path, row_key, ignores_unknown=ignores_unknown)
        case FileFormat.LDIF:
            return LdifFile(path, row_key, ignores_unknown=ignores_unknown)
        case FileFormat.JSON:
            return JsonFile(path, row_key, ignores_unknown=ignores_unknown)
        case None:
            raise Reject(f"The format of {path.name} cannot be told by its name.", remedy="Name it with --format.")
