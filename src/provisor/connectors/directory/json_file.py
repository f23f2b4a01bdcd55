"""JSON as Microsoft Graph writes it: a list of user objects, or an object whose `value` is that list.

An attribute that an object leaves out is kept; null and empty text clear it. Objects are counted from 1 instead of
lines, and decoded one at a time.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from provisor.connectors.directory.columns import describe_unknown, require_key
from provisor.connectors.directory.naming import IGNORED, canonical_name
from provisor.connectors.directory.rows import NOBODY_IN_IT, Damage, RawRow, RowKey
from provisor.connectors.directory.text_encoding import detect_encoding
from provisor.model.errors import Reject

_NESTED = frozenset({"onPremisesExtensionAttributes", "employeeOrgData"})


class _Listing(msgspec.Struct):
    value: list[msgspec.Raw]


class JsonFile:
    """People in a JSON file (`PeopleFile`)."""

    def __init__(self, path: Path, row_key: RowKey = RowKey.AUTO, *, ignores_unknown: bool = False) -> None:
        self._path = path
        self._row_key = row_key
        self._ignores_unknown = ignores_unknown
        self._is_checked = False

    def rows(self) -> Iterator[RawRow | Damage]:
        """Every object. Raises `Reject` when an attribute is not known."""
        objects = self._load()
        if isinstance(objects, Damage):
            yield objects
            return
        if not objects:
            yield Damage("the file has no people in it", NOBODY_IN_IT)
            return
        if not self._is_checked:
            self._check_names(objects)
            self._is_checked = True
        for number, raw in enumerate(objects, start=1):
            yield _row(number, msgspec.json.decode(raw))

    def _load(self) -> list[msgspec.Raw] | Damage:
        try:
            text = self._path.read_text(encoding=detect_encoding(self._path))
        except UnicodeError:
            return Damage("the file is neither UTF-8 nor UTF-16 throughout", "Save it as UTF-8.")
        if not text.strip():
            return Damage("the file is empty", NOBODY_IN_IT)
        try:
            if text.lstrip().startswith("{"):
                return msgspec.json.decode(text, type=_Listing).value
            return msgspec.json.decode(text, type=list[msgspec.Raw])
        except msgspec.DecodeError as error:
            return Damage(f"the file is not a whole list of people in JSON ({error})")

    def _check_names(self, objects: list[msgspec.Raw]) -> None:
        known: set[str] = set()
        unknown: dict[str, None] = {}
        for raw in objects:
            item = msgspec.json.decode(raw)
            for label, _ in _flatten(item) if isinstance(item, dict) else ():
                name = canonical_name(label)
                if name:
                    known.add(name)
                elif label not in IGNORED and not label.startswith("@"):
                    unknown[label] = None
        reasons = [describe_unknown(unknown)] if unknown and not self._ignores_unknown else []
        reasons += require_key(known, self._row_key)
        if reasons:
            raise Reject(
                reasons[0], reasons=reasons[1:], remedy="Rename the attribute, or import with --ignore-unknown."
            )


def _flatten(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for label, value in item.items():
        if label in _NESTED and isinstance(value, dict):
            yield from ((f"{label}.{inner}", one) for inner, one in value.items())
        elif label == "manager" and isinstance(value, dict):
            yield label, value.get("id") or value.get("userPrincipalName")
        else:
            yield label, value


def _row(number: int, item: Any) -> RawRow:
    if not isinstance(item, dict):
        return RawRow(number, problem="this is not an object with a person's attributes")
    values: dict[str, Any] = {}
    for label, value in _flatten(item):
        name = canonical_name(label)
        if name is None:
            continue
        if values.get(name) and value and _plain(values[name]) != _plain(value):
            return RawRow(number, values, f"{name} is given twice with different values", frozenset(values))
        values[name] = value or values.get(name) if value is not False else False
    return RawRow(number, values)


def _plain(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value
