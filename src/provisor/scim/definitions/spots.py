"""Places in a document, and the faults that are found there: all of them, each with its remedy."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from provisor.scim.grammar.tokens import excerpt


@dataclass(frozen=True, slots=True)
class Spot:
    """A value somewhere in a document. `path` is written as `attributes[2].subAttributes[0]`."""

    file: str
    path: str
    value: Any
    faults: list[str] = field(repr=False)
    """Shared by all spots of one reading."""

    def fault(self, problem: str, remedy: str = "") -> None:
        """Note that something is wrong here."""
        where = f"{self.file}, {self.path}" if self.path else self.file
        self.faults.append(f"{where}: {problem}{' ' if remedy else ''}{remedy}")

    def member(self, name: str) -> "Spot":
        """The member of an object; its value is None where it is missing."""
        path = f"{self.path}.{name}" if self.path else name
        value = self.value.get(name) if isinstance(self.value, Mapping) else None
        return Spot(self.file, path, value, self.faults)

    def items(self) -> list["Spot"]:
        """The elements of a list."""
        return [
            Spot(self.file, f"{self.path}[{at}]", value, self.faults)
            for at, value in enumerate(self.value if isinstance(self.value, list) else ())
        ]

    def check_members(self, known: Collection[str]) -> bool:
        """Whether this is an object; members that nobody knows are faults, with the one that may be meant."""
        if not isinstance(self.value, Mapping):
            self.fault(f"is {show(self.value)}.", "Write an object in braces.")
            return False
        for name in self.value:
            if name not in known:
                meant = get_close_matches(str(name), known, 1, cutoff=0.6)
                remedy = f"Did you mean '{meant[0]}'?" if meant else f"Known are {', '.join(sorted(known))}."
                self.fault(f"there is no '{excerpt(str(name))}' here.", remedy)
        return True

    def read_text(self, name: str, *, is_required: bool = False) -> str:
        """The text of a member; empty where there is none, or where it is no text, which is a fault."""
        spot = self.member(name)
        if spot.value is None:
            if is_required:
                self.fault(f"has no '{name}'.", "It is required.")
            return ""
        if not isinstance(spot.value, str) or not spot.value.strip():
            spot.fault(f"is {show(spot.value)}.", "Write a text in double quotes.")
            return ""
        return spot.value

    def read_flag(self, name: str) -> bool:
        """The truth of a member; false where it is missing, or no boolean, which is a fault."""
        spot = self.member(name)
        if spot.value is None or isinstance(spot.value, bool):
            return spot.value is True
        spot.fault(f"is {show(spot.value)}.", "Write true or false, without quotes.")
        return False

    def read_choice(self, name: str, choices: Collection[str], default: str) -> str:
        """One of the words that may stand there."""
        spot = self.member(name)
        if spot.value is None:
            return default
        if spot.value in choices:
            return str(spot.value)
        meant = [each for each in choices if isinstance(spot.value, str) and each.lower() == spot.value.lower()]
        remedy = f"Write '{meant[0]}', in that case." if meant else f"Choose one of {', '.join(choices)}."
        spot.fault(f"is {show(spot.value)}.", remedy)
        return default

    def check_texts(self, name: str) -> None:
        """A member that, where it is there, is a list of texts."""
        spot = self.member(name)
        if spot.value is None:
            return
        if not isinstance(spot.value, list):
            spot.fault(f"is {show(spot.value)}.", "Write a list of texts in brackets.")
        for each in spot.items():
            if not isinstance(each.value, str) or not each.value:
                each.fault(f"is {show(each.value)}.", "Write a text in double quotes.")


def show(value: Any) -> str:
    """A faulty value as it may be repeated."""
    if value is None:
        return "missing"
    kinds = {dict: "an object", list: "a list", bool: str(value).lower()}
    return kinds.get(type(value)) or f"'{excerpt(str(value))}'"
