"""Letter case as .NET does it: one character becomes one character, by the rules of a culture (mapping spec §3.1).

Known are the invariant culture and the two groups of languages whose casing differs from it in ways that matter: those
with a dotless i (Turkish, Azerbaijani), and all others.
"""

import re
from collections.abc import Callable

Casing = Callable[[str], str]

_CULTURE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")
_DOTLESS = frozenset({"tr", "az"})


def is_culture(name: str) -> bool:
    """Whether this has the form of a language tag such as `en-US`."""
    return _CULTURE.match(name) is not None


def lowering(culture: str = "") -> Casing:
    """The function that makes text small in this culture; the empty name is the invariant one."""
    if culture.split("-", maxsplit=1)[0].lower() in _DOTLESS:
        return _lower_dotless
    return _lower_cultural if culture else lower_invariant


def raising(culture: str = "") -> Casing:
    """The function that makes text capital in this culture; the empty name is the invariant one."""
    if culture.split("-", maxsplit=1)[0].lower() in _DOTLESS:
        return _upper_dotless
    return _upper_cultural if culture else upper_invariant


def lower_invariant(text: str) -> str:
    """Small letters; the capital i with a dot stays as it is."""
    if text.isascii():
        return text.lower()
    return "".join([char if char == "İ" else _lower_one(char) for char in text])


def upper_invariant(text: str) -> str:
    """Capital letters; ß stays, as no single character is its capital, and so does the dotless i."""
    if text.isascii():
        return text.upper()
    return "".join([char if char == "\u0131" else _upper_one(char) for char in text])


def _lower_cultural(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(["i" if char == "İ" else _lower_one(char) for char in text])


def _upper_cultural(text: str) -> str:
    return text.upper() if text.isascii() else "".join([_upper_one(char) for char in text])


def _lower_dotless(text: str) -> str:
    return _lower_cultural(text.replace("I", "\u0131"))


def _upper_dotless(text: str) -> str:
    return _upper_cultural(text.replace("i", "İ"))


def _lower_one(char: str) -> str:
    lowered = char.lower()
    return lowered if len(lowered) == 1 else char


def _upper_one(char: str) -> str:
    raised = char.upper()
    return raised if len(raised) == 1 else char
