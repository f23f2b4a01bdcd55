"""Columns of an import file: which attribute each one holds (mapping spec §8.3).

The bulk-create template writes `Label [attribute] Required`. Its *Block sign in* column is the inverse of
`accountEnabled`, in whatever language the label is.
"""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from provisor.connectors.directory.naming import IGNORED, canonical_name, known_spellings
from provisor.connectors.directory.rows import RowKey
from provisor.model.errors import Reject

UNKNOWN_SHOWN_MAX = 10
LABEL_SHOWN_MAX = 60
"""Characters of a label in a message; a quote that nobody closed can make one of the whole file."""
_BRACKETS = re.compile(r"\[\s*([^\[\]]+?)\s*\]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the engine's name of its attribute, and whether its booleans mean the opposite."""

    name: str
    is_inverse: bool = False


def count_known(header: Sequence[str]) -> int:
    """How many of the labels are understood."""
    return sum(_name_of(label)[0] is not None for label in header)


def resolve_columns(header: Sequence[str], row_key: RowKey, *, ignores_unknown: bool) -> list[Column | None]:
    """The column for each label, None where it is not stored. Raises `Reject` with every fault at once."""
    columns: list[Column | None] = []
    unknown: list[str] = []
    labels: dict[str, list[str]] = {}
    for label in header:
        name, is_bracketed = _name_of(label)
        if name is None and not _is_ignored(label):
            unknown.append(label.strip())
        if name is None:
            columns.append(None)
            continue
        labels.setdefault(name, []).append(label.strip())
        columns.append(Column(name, is_inverse=is_bracketed and name == "accountEnabled"))
    reasons = [] if ignores_unknown else [describe_unknown(unknown)] if unknown else []
    reasons += [f"Columns {' and '.join(same)} hold the same attribute." for same in labels.values() if len(same) > 1]
    reasons += require_key(labels, row_key)
    if reasons:
        raise Reject(reasons[0], reasons=reasons[1:], remedy=_remedy(has_unknown=bool(unknown)))
    return columns


def require_key(names: Container[str], row_key: RowKey) -> list[str]:
    """What is missing to know people by; nothing when all is well."""
    keys = {
        RowKey.ID: ("objectId",),
        RowKey.EMPLOYEE_ID: ("employeeId",),
        RowKey.USER_PRINCIPAL_NAME: ("userPrincipalName",),
    }.get(row_key, ("objectId", "userPrincipalName"))
    if any(name in names for name in keys):
        return []
    shown = " nor ".join(name.replace("objectId", "id") for name in keys)
    return [f"The file has no column {shown}, so it cannot be told whom a row is about."]


def describe_unknown(unknown: Iterable[str]) -> str:
    """A sentence such as `Unknown column: 'departmnet' (did you mean department?).`."""
    listed = list(dict.fromkeys(map(_shorten, unknown)))
    folded = {name.casefold(): name for name in known_spellings()}
    described = []
    for name in listed[:UNKNOWN_SHOWN_MAX]:
        inside = _BRACKETS.search(name)
        close = get_close_matches((inside.group(1) if inside else name).casefold(), folded, n=1)
        described.append(f"{name!r} (did you mean {folded[close[0]]}?)" if close else repr(name))
    more = f" and {len(listed) - UNKNOWN_SHOWN_MAX} more" if len(listed) > UNKNOWN_SHOWN_MAX else ""
    return f"Unknown {'column' if len(listed) == 1 else 'columns'}: {', '.join(described)}{more}."


def _shorten(label: str) -> str:
    one_line = " ".join(label.split())
    return one_line if len(one_line) <= LABEL_SHOWN_MAX else f"{one_line[:LABEL_SHOWN_MAX]}…"


def _remedy(*, has_unknown: bool) -> str:
    if has_unknown:
        return "Rename the column, call it extension_… to keep it as an extension, or import with --ignore-unknown."
    return "Mend the header and import the file again."


def _name_of(label: str) -> tuple[str | None, bool]:
    inside = _BRACKETS.search(label)
    return (canonical_name(inside.group(1)), True) if inside else (canonical_name(label), False)


def _is_ignored(label: str) -> bool:
    inside = _BRACKETS.search(label)
    name = inside.group(1) if inside else label.strip()
    return not name or name in IGNORED
