"""A JSON value together with where it stands, so that every fault of a document can be told with its path at once.

Readers ask a place for members of a certain kind; what is missing or of another kind becomes a fault, and reading goes
on with a default.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

E = TypeVar("E", bound=StrEnum)

_SHOWN_MAX = 60


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """One thing wrong with a schema: where it is, and what."""

    path: str
    text: str

    def __str__(self) -> str:
        """`synchronizationRules[0].name: …`."""
        return f"{self.path}: {self.text}" if self.path else self.text


@dataclass(slots=True)
class Findings:
    """What reading a document has found so far: faults refuse it, notices are told to whoever imports it."""

    faults: list[SchemaFault] = field(default_factory=list)
    notices: list[SchemaFault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a JSON document at its path."""

    value: Any
    path: str
    findings: Findings

    def fault(self, text: str) -> None:
        """Something is wrong here."""
        self.findings.faults.append(SchemaFault(self.path, text))

    def notice(self, text: str) -> None:
        """Something here is worth telling."""
        self.findings.notices.append(SchemaFault(self.path, text))

    def member(self, key: str) -> "Place":
        """The member's place; its value is None where there is no such member."""
        value = self.value.get(key) if isinstance(self.value, Mapping) else None
        return Place(value, f"{self.path}.{key}" if self.path else key, self.findings)

    def items(self, key: str) -> list["Place"]:
        """The objects of a list; none where the member is missing or null."""
        return list(self._items(key))

    def _items(self, key: str) -> Iterator["Place"]:
        member = self.member(key)
        if member.value is None:
            return
        if not isinstance(member.value, list):
            member.fault(f"a list is expected, not {show(member.value)}.")
            return
        for index, value in enumerate(member.value):
            place = Place(value, f"{member.path}[{index}]", self.findings)
            if isinstance(value, Mapping):
                yield place
            else:
                place.fault(f"an object is expected, not {show(value)}.")

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it must be there."""
        member = self.member(key)
        if isinstance(member.value, str):
            return member.value
        if member.value is None and default is not None:
            return default
        if member.value is None:
            member.fault("a text is missing here.")
        else:
            member.fault(f"a text is expected, not {show(member.value)}; write it in quotes.")
        return default or ""

    def optional_text(self, key: str) -> str | None:
        """A text, or null."""
        return None if self.member(key).value is None else self.text(key, "")

    def truth(self, key: str, *, default: bool) -> bool:
        """True or false."""
        member = self.member(key)
        if member.value is None or isinstance(member.value, bool):
            return default if member.value is None else member.value
        member.fault(f"true or false is expected, not {show(member.value)}.")
        return default

    def number(self, key: str, default: int) -> int:
        """A whole number."""
        member = self.member(key)
        if member.value is None:
            return default
        if isinstance(member.value, int) and not isinstance(member.value, bool):
            return member.value
        member.fault(f"a whole number is expected, not {show(member.value)}.")
        return default

    def choice(self, key: str, default: E, words: Iterable[E] = ()) -> E:
        """One of the words of an enumeration, of all or of these, in any case."""
        member = self.member(key)
        if member.value is None:
            return default
        words = tuple(words) or tuple(type(default))
        for word in words:
            if isinstance(member.value, str) and word.value.lower() == member.value.strip().lower():
                return word
        member.fault(f"{show(member.value)} is not one of {', '.join(words)}.")
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where the member is missing or null."""
        member = self.member(key)
        if member.value is None:
            return ()
        if isinstance(member.value, list) and all(isinstance(one, str) for one in member.value):
            return tuple(member.value)
        member.fault(f"a list of texts is expected, not {show(member.value)}; write each in quotes.")
        return ()

    def pairs(self, key: str) -> dict[str, str]:
        """A list of `{key, value}` as a dict, such as metadata; values other than texts are somebody else's."""
        found = ((item.text("key"), item.value.get("value")) for item in self.items(key))
        return {name: value for name, value in found if isinstance(value, str)}


def show(value: Any) -> str:
    """A value for a message, bounded in length."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = repr(value) if isinstance(value, str) else str(value).lower()
    return f"{text[: _SHOWN_MAX - 3]}..." if len(text) > _SHOWN_MAX else text
