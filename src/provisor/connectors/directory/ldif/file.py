"""LDIF (RFC 2849) with entries of people, as `ldapsearch` and directory servers write them.

Only content records are understood, not change records. An attribute that other entries of the file have and this one
has not is empty here, because LDIF has no other way to say so. A manager is a DN, resolved within the file. Where no
entry has a `userPrincipalName`, as in inetOrgPerson, the mail address stands for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisor.connectors.directory.columns import describe_unknown, require_key
from provisor.connectors.directory.ldif.attributes import IGNORED, PEOPLE_CLASSES, attributes_of, name_of
from provisor.connectors.directory.ldif.records import LdifRecord, read_records
from provisor.connectors.directory.rows import NOBODY_IN_IT, Damage, RawRow, RowKey
from provisor.connectors.directory.text_encoding import detect_encoding
from provisor.model.errors import Reject


@dataclass(slots=True)
class _Overview:
    """What the whole file says: the attributes in use, and whom each DN is."""

    names: set[str] = field(default_factory=set)
    unknown: dict[str, None] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)


class LdifFile:
    """People in an LDIF file (`PeopleFile`)."""

    def __init__(self, path: Path, row_key: RowKey = RowKey.AUTO, *, ignores_unknown: bool = False) -> None:
        self._path = path
        self._row_key = row_key
        self._ignores_unknown = ignores_unknown
        self._overview: _Overview | None = None

    def rows(self) -> Iterator[RawRow | Damage]:
        """Every entry of a person. Raises `Reject` when an attribute is not known."""
        is_empty = True
        try:
            overview = self._overview = self._overview or self._look_over()
            for record in self._records():
                if isinstance(record, Damage):
                    yield record
                    return
                is_empty = False
                yield _row(record, overview)
        except UnicodeError:
            yield Damage("the file is not UTF-8 throughout", "Save it as UTF-8; other values are written in base64.")
            return
        if is_empty:
            yield Damage("the file has no entries of people", NOBODY_IN_IT)

    def _records(self) -> Iterator[LdifRecord | Damage]:
        with self._path.open(encoding=detect_encoding(self._path)) as text:
            for record in read_records(text):
                if isinstance(record, Damage) or record.problem or _is_person(record):
                    yield record

    def _look_over(self) -> _Overview:
        overview = _Overview()
        for record in self._records():
            if isinstance(record, Damage):
                break
            for label in record.values:
                name = name_of(label)
                if name:
                    overview.names.add(name)
                elif label not in IGNORED:
                    overview.unknown[label] = None
            values = attributes_of(record)
            person = values.get("objectId") or values.get("userPrincipalName") or values.get("mail")
            if person:
                overview.people[record.dn.casefold()] = str(person)
        if overview.names and "userPrincipalName" not in overview.names and "mail" in overview.names:
            overview.names.add("userPrincipalName")
        reasons = [describe_unknown(overview.unknown)] if overview.unknown and not self._ignores_unknown else []
        if overview.names:
            reasons += require_key(overview.names, self._row_key)
        if reasons:
            raise Reject(
                reasons[0], reasons=reasons[1:], remedy="Leave the attribute out, or import with --ignore-unknown."
            )
        return overview


def _is_person(record: LdifRecord) -> bool:
    classes = {str(value).casefold() for value in record.values.get("objectclass", ())}
    return not classes or (bool(classes & PEOPLE_CLASSES) and "computer" not in classes)


def _row(record: LdifRecord, overview: _Overview) -> RawRow:
    known = attributes_of(record)
    values: dict[str, Any] = {name: known.get(name) for name in overview.names if name != "accountEnabled"}
    if "accountEnabled" in known:
        values["accountEnabled"] = known["accountEnabled"]
    if "userPrincipalName" in values and not values["userPrincipalName"]:
        values["userPrincipalName"] = known.get("mail")
    manager = values.get("manager")
    if manager:
        values["manager"] = overview.people.get(str(manager).casefold(), manager)
    return RawRow(record.line, values, record.problem, frozenset(values))
