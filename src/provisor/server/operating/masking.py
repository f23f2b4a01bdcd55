"""What of a request may be kept in the log: no secret, nothing endless, and no values where an operator wants none.

A value is secret when its name says so, or when its attribute is never returned or may only be written (RFC 7643 §7).
Most requests hold nothing of the kind, which one look at their bytes tells; those are kept as they came, cut short.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from provisor.scim.schema import Attribute, Mutability, ResourceType, Returned
from provisor.server.transport.requests import JSON_DEPTH_MAX, nests_deeper

MASK = "***"
REASON_HIDDEN = "The reason speaks of a secret and is not kept."
SECRET_WORDS = frozenset(
    {"password", "passwd", "passphrase", "secret", "token", "credential", "authorization", "apikey", "api_key"}
)
"""What the name of a secret contains, in lower case."""
BODY_BYTES_KEPT_MAX = 8 * 1024
QUERY_CHARACTERS_KEPT_MAX = 2_000
TEXT_CHARACTERS_KEPT_MAX = 200
ELEMENTS_KEPT_MAX = 50
_CUT = "…"
_NAMED = frozenset({"schemas", "op", "path", "method", "bulkid", "operations"})
"""Members that say what is done and not with which values."""

_CONDITIONS = frozenset({"path", "filter"})
"""Members whose text may compare with a value."""
_PLAIN_PATH = re.compile(r"[\w:.$-]+")
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Masking:
    """Masks requests and resources of some types. `shows_values` False keeps only the names of attributes."""

    def __init__(self, types: Iterable[ResourceType], *, shows_values: bool = True) -> None:
        words = set(SECRET_WORDS)
        for type_ in types:
            for attribute in type_.attributes:
                words |= _secret_names(attribute)
        self._words = tuple(sorted(words))
        self._bytes = tuple(word.encode() for word in self._words)
        self._shows_values = shows_values

    def body(self, data: bytes) -> str | None:
        """A JSON body as it may be kept; None for none."""
        if not data:
            return None
        kept = data[:BODY_BYTES_KEPT_MAX]
        if self._shows_values and not self._may_hold_secret(kept):
            return storable(kept.decode("utf-8", "replace") + (_CUT if len(data) > len(kept) else ""))
        try:
            value = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return f"({len(data)} bytes that are no JSON and may hold a secret are not kept)"
        if nests_deeper(value, JSON_DEPTH_MAX):  # refused, and too deep to be looked through
            return f"({len(data)} bytes that nest too deeply and may hold a secret are not kept)"
        return self._rendered(self._mask(value))

    def value(self, value: Any) -> str:
        """A JSON value, such as a resource, as text that may be kept."""
        data = _encode(value)
        if self._shows_values and not self._may_hold_secret(data):
            return _cut(data)
        return self._rendered(self._mask(value))

    def query(self, query_string: bytes) -> str:
        """A query as it may be kept: unescaped, and without the values of parameters that hold a secret."""
        if not query_string:
            return ""
        text = query_string[: 4 * QUERY_CHARACTERS_KEPT_MAX].decode("utf-8", "replace")
        pairs = [pair.partition("=") for pair in text.split("&")]
        return shortened("&".join(self._pair(*pair) for pair in pairs), QUERY_CHARACTERS_KEPT_MAX)

    def reason(self, sentence: str) -> str:
        """What is wrong with what was sent. Such a sentence often quotes it, a secret where it speaks of one."""
        if not self._shows_values:
            return ""
        return REASON_HIDDEN if self._is_secret(sentence) else shortened(sentence, QUERY_CHARACTERS_KEPT_MAX)

    def without_secrets(self, value: Any) -> Any:
        """The same value with secrets left out, operations on them included: for somebody who would act on it."""
        if isinstance(value, list):
            return [self.without_secrets(each) for each in value if not self._aims_at_secret(each)]
        if isinstance(value, Mapping):
            return {name: self.without_secrets(each) for name, each in value.items() if not self._is_secret(str(name))}
        return value

    def _aims_at_secret(self, value: Any) -> bool:
        path = _path_of(value) if isinstance(value, Mapping) else None
        return path is not None and self._is_secret(path)

    def _pair(self, name: str, equals: str, value: str) -> str:
        name, value = unquote_plus(name), unquote_plus(value)
        is_hidden = not self._shows_values and name.lower() == "filter"
        if is_hidden or self._is_secret(f"{name}={_LITERAL.sub('', value)}"):
            value = MASK
        return f"{name}{equals}{value}"

    def _may_hold_secret(self, data: bytes) -> bool:
        folded = data.lower()
        for word in self._bytes:  # in the way of every write: a loop is half of what `any` costs
            if word in folded:
                return True
        return b"\\u" in folded

    def _mask(self, value: Any, name: str = "") -> Any:
        """The same value without secrets, and without more elements than anybody reads."""
        if isinstance(value, Mapping):
            return self._mask_members(value)
        if isinstance(value, list):
            kept: list[Any] = [self._mask(each, name) for each in value[:ELEMENTS_KEPT_MAX]]
            more = len(value) - len(kept)
            return [*kept, f"{_CUT} {more} more"] if more > 0 else kept
        if self._shows_values or value is None:
            return value
        if name in _CONDITIONS and isinstance(value, str):
            return _LITERAL.sub(f'"{MASK}"', value)
        return value if name in _NAMED else MASK

    def _mask_members(self, members: Mapping[Any, Any]) -> dict[str, Any]:
        is_secret = self._aims_at_secret(members)
        masked: dict[str, Any] = {}
        for key, value in members.items():
            name = str(key)
            folded = name.lower()
            if self._is_secret(folded) or (is_secret and folded not in _NAMED):
                masked[name] = MASK
            elif folded in _CONDITIONS and isinstance(value, str) and self._is_secret(_LITERAL.sub("", value)):
                masked[name] = value if _PLAIN_PATH.fullmatch(value) else MASK
            else:
                masked[name] = self._mask(value, folded)
        return masked

    def _is_secret(self, name: str) -> bool:
        folded = name.lower()
        return any(word in folded for word in self._words)

    def _rendered(self, value: Any) -> str:
        return _cut(_encode(value))


def storable(text: str) -> str:
    """The same text without what no database keeps: NUL and halves of surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def shortened(text: str, characters: int = TEXT_CHARACTERS_KEPT_MAX) -> str:
    """A text of a client's, storable and at most so long."""
    return storable(text if len(text) <= characters else text[: characters - 1] + _CUT)


def _cut(data: bytes) -> str:
    if len(data) <= BODY_BYTES_KEPT_MAX:
        return data.decode()
    return data[:BODY_BYTES_KEPT_MAX].decode("utf-8", "ignore") + _CUT


def _path_of(members: Mapping[Any, Any]) -> str | None:
    path = next((value for key, value in members.items() if str(key).lower() == "path"), None)
    return path if isinstance(path, str) else None


def _secret_names(attribute: Attribute) -> set[str]:
    is_secret = attribute.returned is Returned.NEVER or attribute.mutability is Mutability.WRITE_ONLY
    names = {attribute.name.lower()} if is_secret else set()
    for sub in attribute.sub_attributes:
        names |= _secret_names(sub)
    return names
