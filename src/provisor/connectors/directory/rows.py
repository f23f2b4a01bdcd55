"""Rows of an import file, whatever its format: as they were read, and as what they say about a person.

Values are trimmed, an empty one clears its attribute, and an attribute that is not in the row is kept. A row that
cannot be used says why, and still says whom it is about, where that can be told (CONTRACT, "Import").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from provisor.connectors.directory.naming import BOOLEANS, DATES, LISTS
from provisor.ports.directory import LookupKey

VALUE_LENGTH_MAX = 10_000
NOBODY_IN_IT = "Look at how the file was made: it has to name at least one person."
"""What to do about a file without people."""
_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})
IDENTIFIERS: Mapping[LookupKey, str] = {
    LookupKey.ID: "objectId",
    LookupKey.USER_PRINCIPAL_NAME: "userPrincipalName",
    LookupKey.EMPLOYEE_ID: "employeeId",
}
"""Where a row says whom it is about."""
_SPECIAL = BOOLEANS | DATES | LISTS
_CONTROL = frozenset(map(chr, [*range(32), 127])) - frozenset("\t\n\r")


class RowKey(StrEnum):
    """What a row is known by: `AUTO` is the id where the row has one, else the UPN (CONTRACT, "Import")."""

    AUTO = "auto"
    ID = "id"
    EMPLOYEE_ID = "employeeId"
    USER_PRINCIPAL_NAME = "upn"


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as read: values by engine name. `problem` is why its form is wrong.

    In a row of the wrong form the values may have slipped into other columns; `certain` names those that have not.
    """

    line: int
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    certain: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Damage:
    """Comes last, when the file is not whole: why not, and what to do about it."""

    reason: str
    remedy: str = "Export the people again."


class PeopleFile(Protocol):
    """A file of people, which can be read more than once."""

    def rows(self) -> Iterator[RawRow | Damage]:
        """Every row. Raises `Reject` when the columns are not understood."""
        ...


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why a row cannot be used, and the identifiers that could still be read from it."""

    line: int
    reason: str
    identifiers: Mapping[LookupKey, str] = field(default_factory=dict)
    is_certain: bool = True
    """Whether the identifiers are surely this person's own."""

    def identifier(self, key: LookupKey) -> str:
        """What the row has for the key, empty when nothing."""
        return self.identifiers.get(key, "")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What a good row says. None among the attributes clears; `is_enabled` or `manager` None keeps what there is."""

    line: int
    id: str
    attributes: Mapping[str, Any]
    is_enabled: bool | None = None
    manager: str | None = None

    def identifier(self, key: LookupKey) -> str:
        """What the row has for the key, empty when nothing."""
        return self.id if key is LookupKey.ID else str(self.attributes.get(key.value) or "")

    def refuse(self, reason: str) -> BadRow:
        """The same row as a bad one."""
        return BadRow(self.line, reason, {key: self.identifier(key) for key in LookupKey})


def read_row(raw: RawRow) -> PersonRow | BadRow:
    """What a row says about a person, or why it cannot be used."""
    if raw.problem:
        return _bad(raw, raw.problem)
    attributes: dict[str, Any] = {}
    try:
        for name, written in raw.values.items():
            # Most cells of most files are plain text: no further question about them.
            if type(written) is str and name not in _SPECIAL and len(written) < VALUE_LENGTH_MAX:
                attributes[name] = (written if written.isprintable() else _text(name, written)).strip() or None
            else:
                attributes[name] = _value(name, written)
    except ValueError as error:
        return _bad(raw, str(error))
    user_id = attributes.pop("objectId", None) or ""
    is_enabled = attributes.pop("accountEnabled", None)
    manager = (attributes.pop("manager") or "") if "manager" in attributes else None
    if "userPrincipalName" in attributes:
        name = attributes["userPrincipalName"] or ""
        if not name:
            return _bad(raw, "userPrincipalName is empty")
        if not is_user_principal_name(name):
            return _bad(raw, f"userPrincipalName {name!r} is not of the form name@domain")
    return PersonRow(raw.line, user_id, attributes, is_enabled, manager)


def is_user_principal_name(text: str) -> bool:
    """Whether it has the form `name@domain`."""
    name, at, domain = text.partition("@")
    return bool(name and at and domain) and "@" not in domain and not any(map(str.isspace, text))


def _bad(raw: RawRow, reason: str) -> BadRow:
    """Identifiers are read as far as they go; a UPN of the wrong form tells nobody who it is."""
    identifiers = {key: _text_or_nothing(raw.values.get(name)) for key, name in IDENTIFIERS.items()}
    if not is_user_principal_name(identifiers[LookupKey.USER_PRINCIPAL_NAME]):
        identifiers[LookupKey.USER_PRINCIPAL_NAME] = ""
    is_certain = any(text and IDENTIFIERS[key] in raw.certain for key, text in identifiers.items())
    return BadRow(raw.line, reason, identifiers, is_certain=is_certain or not raw.problem)


def _text_or_nothing(written: Any) -> str:
    return written.strip() if isinstance(written, str) else ""


def _value(name: str, written: Any) -> Any:
    """The value as the directory stores it, None when empty. Raises `ValueError` with a reason."""
    if name in LISTS:
        return _list(name, written)
    if isinstance(written, list):  # Graph's businessPhones
        written = written[0] if written else None
    if isinstance(written, bool) and name in BOOLEANS:
        return written
    text = _text(name, written)
    if text and name in BOOLEANS:
        return _boolean(name, text)
    if text and name in DATES:
        return _date(name, text)
    return text or None


def _text(name: str, written: Any) -> str:
    if written is None:
        return ""
    if isinstance(written, bool) or not isinstance(written, (str, int, float)):
        raise ValueError(f"{name} is not a text")  # noqa: TRY004 - a fault of the file, not of the caller
    text = str(written).strip()
    if len(text) > VALUE_LENGTH_MAX:
        raise ValueError(f"{name} is longer than {VALUE_LENGTH_MAX} characters")
    if not text.isprintable() and not _CONTROL.isdisjoint(text):
        raise ValueError(f"{name} contains a control character")
    return text


def _list(name: str, written: Any) -> list[str] | None:
    parts = written if isinstance(written, list) else _text(name, written).split(";")
    values = [text for part in parts if (text := _text(name, part))]
    return values or None


def _boolean(name: str, text: str) -> bool:
    folded = text.casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ValueError(f"{name} is {text!r}, which is neither True nor False")


def _date(name: str, text: str) -> str:
    """Graph's form, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}, which is not a date such as 2026-11-23") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
