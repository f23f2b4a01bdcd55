"""The syntax of LDIF (RFC 2849 §"Formal Syntax"): folded lines, comments, base64 values, one record per entry."""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from provisor.connectors.directory.rows import Damage


@dataclass(slots=True)
class LdifRecord:
    """One entry; attribute names are lower case and without options. Values that are not text stay bytes."""

    line: int
    dn: str = ""
    values: dict[str, list[str | bytes]] = field(default_factory=dict)
    problem: str = ""


def read_records(lines: Iterable[str]) -> Iterator[LdifRecord | Damage]:
    """Every record; a `Damage` comes last when the file ends within a line."""
    record: LdifRecord | None = None
    is_whole = True
    for number, line, is_ended in _unfold(lines):
        is_whole = is_ended
        if not line.strip():
            if record:
                yield record
            record = None
        elif record is None and line.casefold().startswith("version:"):
            continue
        else:
            record = record or LdifRecord(number)
            _enter(record, line, number)
    if record:
        yield record
    if not is_whole:
        yield Damage("the file ends within a line, as if it had been cut off")


def _unfold(lines: Iterable[str]) -> Iterator[tuple[int, str, bool]]:
    """Logical lines with the number of their first physical line; comments are left out."""
    pending: str | None = None
    begun = 0
    is_ended = True
    for number, raw in enumerate(lines, start=1):
        is_ended = raw.endswith("\n")
        line = raw.rstrip("\r\n")
        if line.startswith(" ") and pending is not None:
            pending += line[1:]
            continue
        if pending is not None and not pending.startswith("#"):
            yield begun, pending, True
        pending, begun = line, number
    if pending is not None and not pending.startswith("#"):
        yield begun, pending, is_ended


def _enter(record: LdifRecord, line: str, number: int) -> None:
    label, colon, rest = line.partition(":")
    name = label.split(";", 1)[0].strip().casefold()
    if not colon or not name:
        record.problem = record.problem or f"line {number} is not of the form 'attribute: value'"
        return
    if rest.startswith("<"):
        record.problem = record.problem or f"{name} refers to another file, which is not read"
        return
    value: str | bytes
    try:
        value = _decode(rest[1:]) if rest.startswith(":") else rest.strip()
    except binascii.Error:
        record.problem = record.problem or f"{name} is not valid base64"
        return
    if name == "dn":
        record.dn = value if isinstance(value, str) else ""
    elif name == "changetype":
        if value != "add":
            record.problem = record.problem or f"this is a change ({value!r}), not an entry"
    else:
        record.values.setdefault(name, []).append(value)


def _decode(encoded: str) -> str | bytes:
    content = b64decode(encoded.strip(), validate=True)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
