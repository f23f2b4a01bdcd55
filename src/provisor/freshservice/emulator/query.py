"""The filter language of `query="…"`: `AND`, `OR`, parentheses, comparisons, null, and prefix search.

    language:'en' AND (department_id:21000310012 OR location_id:null)
    created_at:>'2026-01-01'                     greater or equal; `:<` is less or equal
    ~[name|primary_email]:'ines'                 any of the fields begins so

`AND` binds tighter than `OR`. Text is compared without case. A parsed query is a predicate over stored records;
which names there are, and how each is read, is the caller's (`FieldReader`).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

Record = dict[str, Any]
Predicate = Callable[[Record], bool]
FieldReader = Callable[[str], Callable[[Record], Any] | None]

DEPTH_MAX: Final = 20
_PREFIX_FIELDS: Final = frozenset(
    ["first_name", "last_name", "name", "email", "primary_email", "work_phone_number", "mobile_phone_number"]
)
_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\))
      | (?P<word>AND|OR)(?![\w:])
      | ~\[(?P<prefixed>[\w|]+)\]:'(?P<prefix>[^']*)'
      | (?P<field>\w+):(?P<sign>[<>]?)(?:'(?P<text>[^']*)'|(?P<bare>null|true|false|-?\d+(?:\.\d+)?))
    )""",
    re.VERBOSE,
)


class QueryError(Exception):
    """The text is not a query; the message says where it stops being one."""


def parse_query(text: str, reader: FieldReader) -> Predicate:
    """The predicate that `text` (without its double quotes) stands for. Raises `QueryError`."""
    parser = _Parser(_tokens(text), reader)
    predicate = parser.alternatives(0)
    if parser.rest:
        raise QueryError("Unexpected text after the end of the query")
    return predicate


def _tokens(text: str) -> list[re.Match[str]]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(f"Cannot be read from character {at + 1} on")
        tokens.append(match)
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[re.Match[str]], reader: FieldReader) -> None:
        self.rest = tokens[::-1]
        self._reader = reader

    def alternatives(self, depth: int) -> Predicate:
        if depth > DEPTH_MAX:
            raise QueryError("Too many parentheses inside each other")
        parts = [self._conjunction(depth)]
        while self._takes_word("OR"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def _conjunction(self, depth: int) -> Predicate:
        parts = [self._term(depth)]
        while self._takes_word("AND"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _takes_word(self, word: str) -> bool:
        if self.rest and self.rest[-1]["word"] == word:
            self.rest.pop()
            return True
        return False

    def _term(self, depth: int) -> Predicate:
        if not self.rest:
            raise QueryError("A condition is missing at the end")
        token = self.rest.pop()
        if token["open"]:
            inner = self.alternatives(depth + 1)
            if not self.rest or not self.rest.pop()["close"]:
                raise QueryError("A closing parenthesis is missing")
            return inner
        if token["prefixed"]:
            return self._prefix(token["prefixed"].split("|"), token["prefix"])
        if token["field"]:
            return self._comparison(token)
        raise QueryError(f"A condition is missing before {token[0].strip()}")

    def _read(self, name: str) -> Callable[[Record], Any]:
        read = self._reader(name)
        if read is None:
            raise QueryError(f"There is no field {name} to search by")
        return read

    def _prefix(self, names: list[str], prefix: str) -> Predicate:
        unknown = [name for name in names if name not in _PREFIX_FIELDS]
        if unknown:
            raise QueryError(f"Prefix search does not know the field {unknown[0]}")
        reads, folded = [self._read(name) for name in names], prefix.casefold()
        return lambda record: any(str(read(record) or "").casefold().startswith(folded) for read in reads)

    def _comparison(self, token: re.Match[str]) -> Predicate:
        read, sign = self._read(token["field"]), token["sign"]
        if token["text"] is None:
            wanted: Any = {"null": None, "true": True, "false": False}.get(token["bare"], token["bare"])
        else:
            wanted = token["text"]
        if sign:
            return _ordering(read, sign, token)
        if wanted is None:
            return lambda record: read(record) in (None, "", [])
        if isinstance(wanted, bool):
            return lambda record: read(record) is wanted
        return lambda record: _equals(read(record), wanted)


def _equals(value: Any, wanted: str) -> bool:
    if isinstance(value, list):
        return any(_equals(item, wanted) for item in value)
    if value is None:
        return False
    if str(value).casefold() == wanted.casefold():
        return True
    moments = _moment(str(value)), _moment(wanted)
    if None in moments:
        return False
    # A date alone means that whole day.
    return moments[0] == moments[1] or (len(wanted) == len("2026-01-01") and str(value).startswith(wanted))


def _ordering(read: Callable[[Record], Any], sign: str, token: re.Match[str]) -> Predicate:
    text = token["text"]
    limit: Any = float(token["bare"]) if text is None and token["bare"][-1].isdigit() else _moment(text or "")
    if limit is None:
        raise QueryError(f"Only dates and numbers can be compared with :{sign}")

    def keeps(record: Record) -> bool:
        value = read(record)
        known: Any = value if isinstance(value, (int, float)) else _moment(str(value))
        if known is None or isinstance(known, datetime) != isinstance(limit, datetime):
            return False
        return bool(known >= limit if sign == ">" else known <= limit)

    return keeps


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
