"""JSON that people give to a command: in a file of any encoding, or as text; what is wrong is told with its line."""

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from provisor.connectors.directory.text_encoding import detect_encoding
from provisor.model.errors import Reject

STANDARD_INPUT = "-"


def read_json_file(file: str) -> Any:
    """The JSON of a file, or of standard input for `-`. Raises `Reject`."""
    if file == STANDARD_INPUT:
        return parse_json(sys.stdin.read(), "Standard input")
    path = Path(file)
    try:
        text = path.read_text(encoding=detect_encoding(path))
    except OSError as error:
        raise Reject(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise Reject(f"{file} is no text: {error}.", remedy="Save it as UTF-8.") from error
    return parse_json(text, file)


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text; `where` begins the message. Raises `Reject`."""
    try:
        json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)  # knows lines and columns
        return msgspec.json.decode(text)  # reads what can be stored
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Reject(f"{where} is not JSON: {error.msg} at {place}.") from error
    except (ValueError, RecursionError) as error:
        raise Reject(f"{where} cannot be read as JSON: {error}.") from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a member that is there twice one would be lost without a word."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member {twice!r} occurs twice in one object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
