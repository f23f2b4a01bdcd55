"""The escapes of .NET's regular expressions, one at a time, inside and outside of classes."""

import re


class PatternFault(ValueError):
    """A pattern that cannot be used; the message is the end of a sentence."""


_SAME = frozenset("dDwWsSbBAG")
"""Escapes that mean the same in the package; `\\b` in a class is a backspace in both."""

_CHARACTERS = {"a": "\a", "t": "\t", "r": "\r", "v": "\v", "f": "\f", "n": "\n", "e": "\x1b"}
_ENDS = {"z": r"\Z", "Z": r"(?=\n?\Z)"}
_OUTSIDE_ONLY = frozenset("BAGzZ")
_HEX = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))")
_OCTAL = re.compile(r"\\([0-7]{1,3})")
_CONTROL = re.compile(r"\\c([@A-Za-z\[\\\]^_])")
_PROPERTY = re.compile(r"\\[pP]\{[A-Za-z0-9-]+\}")
_BLOCK = re.compile(r"(\\[pP]\{)Is(?=[A-Z])")
"""A block of Unicode as .NET names it; the package takes such a name for a script and calls blocks `In…`."""


def read_escape(text: str, position: int, *, in_class: bool = False) -> tuple[str, int]:
    """The package's form of the escape that begins at `position`, and where it ends. Raises `PatternFault`."""
    char = text[position + 1 : position + 2]
    if not char:
        raise PatternFault("the pattern ends in a single backslash.")
    if in_class and char in _OUTSIDE_ONLY:
        raise PatternFault(f"`\\{char}` cannot stand in a class `[...]`.")
    if char in _SAME:
        return f"\\{char}", position + 2
    if char in _CHARACTERS:
        return re.escape(_CHARACTERS[char]), position + 2
    if char in _ENDS:
        return _ENDS[char], position + 2
    if match := _HEX.match(text, position):
        return re.escape(chr(int(match.group(1) or match.group(2), 16))), match.end()
    if match := _CONTROL.match(text, position):
        return re.escape(chr(ord(match.group(1).upper()) - 64)), match.end()
    if match := _OCTAL.match(text, position):
        return re.escape(chr(int(match.group(1), 8) & 0xFF)), match.end()
    if match := _PROPERTY.match(text, position):
        return _BLOCK.sub(r"\1In", match.group()), match.end()
    if char.isalnum() or char == "_":
        raise PatternFault(f"`\\{char}` at character {position + 1} of the pattern is no escape of .NET.")
    return re.escape(char), position + 2
