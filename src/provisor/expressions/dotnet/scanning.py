"""Walks a .NET pattern once from left to right and writes the same pattern for the `regex` package.

It knows the syntax of .NET's regular expressions: escapes, groups, options, quantifiers, classes. It decides nothing
about matching.
"""

import re
from dataclasses import dataclass, field

from provisor.expressions.dotnet.classes import ClassScanner
from provisor.expressions.dotnet.escapes import PatternFault, read_escape

__all__ = ["PatternFault", "Scanner"]

_QUANTIFIER = re.compile(r"[*+?]|\{([0-9]+)(?:(,)([0-9]*))?\}")
_NAME = re.compile(r"\(\?(?:<([^>]*)>|'([^']*)')")
_OPTIONS = re.compile(r"\(\?([imnsxIMNSX]*)(?:-([imnsxIMNSX]*))?([:)])")
_CONDITION = re.compile(r"\(\?\(([^()]*)\)")
_REFERENCE = re.compile(r"\\k(?:<([^>]+)>|'([^']+)'|\{([^}]+)\})")
_PLAIN_GROUPS = ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>")


@dataclass
class _Group:
    """An open group: where it stands, what it closes with, and the options that end with it."""

    position: int
    begin: int = 0
    """How much was written before the first thing in the group."""
    closing: str = ")"
    is_verbose: bool = False
    inner_repeats: list[int] = field(default_factory=list)


class Scanner:
    """One translation of one pattern."""

    def __init__(self, text: str, *, nesting_max: int, repeats_max: int) -> None:
        self.text = text
        self.position = 0
        self.out: list[str] = []
        self.groups: list[_Group] = [_Group(0)]
        self.nesting_max = nesting_max
        self.repeats_max = repeats_max
        self.group_names: list[str | None] = []
        self.references: list[tuple[int, str, int]] = []
        self.options = 0
        self.can_repeat = False
        self.last_repeats = 1

    def translate(self) -> str:
        """The pattern for the package. Raises `PatternFault`."""
        while self.position < len(self.text):
            self._step()
        if len(self.groups) > 1:
            raise PatternFault(
                f"the group opened at character {self.groups[-1].position + 1} of the pattern is not closed."
            )
        self._close_options(self.groups[0])
        self._resolve_references()
        return "".join(self.out)

    def _step(self) -> None:
        char = self.text[self.position]
        if self.groups[-1].is_verbose and (char.isspace() or char == "#"):
            end = self.text.find("\n", self.position) if char == "#" else self.position
            self.position = len(self.text) if end < 0 else end + 1
        elif char == "\\":
            self._escape()
        elif char == "[":
            scanner = ClassScanner(self.text, self.position)
            self._atom(scanner.translate(), scanner.position)
        elif char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif match := _QUANTIFIER.match(self.text, self.position):
            self._quantify(match)
        elif char == "|":
            self._emit(char, self.position + 1)
        elif char == "{":
            self._atom("\\{", self.position + 1)
        else:
            self._atom(char if char in ".$^" else re.escape(char), self.position + 1)

    def _emit(self, translated: str, position: int) -> None:
        self.out.append(translated)
        self.position = position
        self.can_repeat = False

    def _atom(self, translated: str, position: int, repeats: int = 1) -> None:
        self._emit(translated, position)
        self.can_repeat = True
        self.last_repeats = repeats

    def _escape(self) -> None:
        following = self.text[self.position + 1 : self.position + 2]
        if match := _REFERENCE.match(self.text, self.position):
            self._reference(match.group(1) or match.group(2) or match.group(3), match.end())
        elif following in "123456789" and following:
            digits = re.compile("[0-9]+").match(self.text, self.position + 1)
            assert digits is not None
            self._reference(digits.group(), digits.end())
        else:
            translated, position = read_escape(self.text, self.position)
            self._atom(translated, position)

    def _reference(self, name: str, position: int) -> None:
        self.references.append((len(self.out), name, self.position))
        self._atom("", position)

    def _open(self) -> None:
        text, position = self.text, self.position
        if text.startswith("(?#", position):
            end = text.find(")", position)
            if end < 0:
                raise PatternFault(f"the comment at character {position + 1} of the pattern is not closed.")
            self.position = end + 1
            return
        if not text.startswith("(?", position):
            self.group_names.append(None)
            self._push("(", position + 1)
            return
        if prefix := next((plain for plain in _PLAIN_GROUPS if text.startswith(plain, position)), ""):
            self._push(prefix, position + len(prefix))
        elif match := _NAME.match(text, position):
            self._open_named(match)
        elif match := _OPTIONS.match(text, position):
            self._open_options(match)
        elif match := _CONDITION.match(text, position):
            self._open_condition(match)
        else:
            raise PatternFault(
                f"`{text[position : position + 4]}` at character {position + 1} of the pattern is no group of .NET, "
                "or one that cannot be used here."
            )

    def _push(self, opening: str, position: int, *, is_verbose: bool | None = None) -> None:
        if len(self.groups) > self.nesting_max:
            raise PatternFault(f"the pattern nests groups more than {self.nesting_max} deep.")
        verbose = self.groups[-1].is_verbose if is_verbose is None else is_verbose
        self.groups.append(_Group(self.position, len(self.out) + 1, is_verbose=verbose))
        self._emit(opening, position)

    def _open_named(self, match: re.Match[str]) -> None:
        name = match.group(1) if match.group(1) is not None else match.group(2)
        if "-" in name:
            raise PatternFault(f"the balancing group `{match.group()}` cannot be used here.")
        if not name.isidentifier():
            raise PatternFault(f"`{name}` cannot name a group; names are letters, digits and `_`.")
        self.group_names.append(name)
        self._push(f"(?P<{name}>", match.end())

    def _open_options(self, match: re.Match[str]) -> None:
        on, off = match.group(1).lower(), (match.group(2) or "").lower()
        if "n" in on + off:
            raise PatternFault("the option `n` (explicit capture) cannot be used here; write `(?:...)` groups.")
        verbose = (self.groups[-1].is_verbose or "x" in on) and "x" not in off
        on = "".join(flag for flag in "ims" if flag in on and flag not in off)
        off = "".join(flag for flag in "ims" if flag in off)
        opening = f"(?{on}{'-' if off else ''}{off}:"
        if match.group(3) == ":":
            self._push(opening, match.end(), is_verbose=verbose)
            return
        # Options without a group of their own hold to the end of the group they stand in.
        group = self.groups[-1]
        group.is_verbose = verbose
        self.options += 1
        if self.options > self.nesting_max:
            raise PatternFault(f"the pattern changes its options more than {self.nesting_max} times.")
        if on or off:
            is_first = len(self.out) == group.begin
            if not is_first and self._has_alternative(match.end()):
                raise PatternFault(
                    f"options such as `{match.group()}` before a `|` in the same group cannot be used here; "
                    f"write `{opening}...)` around the part they are for."
                )
            group.closing = ")" + group.closing
            self._emit(opening, match.end())
            group.begin += is_first
        else:
            self.position = match.end()

    def _has_alternative(self, position: int) -> bool:
        """Whether a `|` follows in the group that is open, which a group put around the rest would tear apart."""
        level = 0
        while position < len(self.text) and level >= 0:
            char = self.text[position]
            if char == "\\":
                position += 1
            elif char == "[":
                position = ClassScanner(self.text, position).skip() - 1
            level += {"(": 1, ")": -1}.get(char, 0)
            if char == "|" and level == 0:
                return True
            position += 1
        return False

    def _open_condition(self, match: re.Match[str]) -> None:
        name = match.group(1)
        number = self._package_number(name)
        if number is None:
            raise PatternFault(f"the condition `{match.group()}` names no group that was opened before it.")
        self._push(f"(?({number})", match.end())

    def _close(self) -> None:
        if len(self.groups) == 1:
            raise PatternFault(f"the `)` at character {self.position + 1} of the pattern closes nothing.")
        group = self.groups.pop()
        self._close_options(group)
        inner = max(group.inner_repeats, default=1)
        self._atom(")", self.position + 1, inner)

    def _close_options(self, group: _Group) -> None:
        self.out.append(group.closing[:-1])

    def _quantify(self, match: re.Match[str]) -> None:
        if not self.can_repeat:
            place = f"at character {match.start() + 1} of the pattern"
            raise PatternFault(f"the quantifier `{match.group()}` {place} has nothing to repeat.")
        counts = [int(count) for count in (match.group(1), match.group(3)) if count and len(count) < 10]
        if match.group(1) and (not counts or max(counts) > self.repeats_max):
            raise PatternFault(f"`{match.group()}` repeats more than {self.repeats_max:,} times.")
        if len(counts) == 2 and counts[0] > counts[1]:
            raise PatternFault(f"`{match.group()}` has its numbers in the wrong order.")
        repeats = self.last_repeats * max(counts, default=1)
        if repeats > self.repeats_max:
            raise PatternFault(f"nested repetitions exceed {self.repeats_max:,} in all.")
        self.groups[-1].inner_repeats.append(repeats)
        end = match.end()
        lazy = "?" if self.text[end : end + 1] == "?" else ""
        self._emit(match.group() + lazy, end + len(lazy))

    def _package_number(self, name: str) -> int | str | None:
        """How the package calls a group of .NET's: by its name, or by its number in order of opening."""
        if not name.isdigit():
            return name if name in self.group_names else None
        unnamed = [index for index, known in enumerate(self.group_names, 1) if known is None]
        named = list(dict.fromkeys(known for known in self.group_names if known is not None))
        number = int(name) if len(name) < 5 else 0
        if 1 <= number <= len(unnamed):
            # Names that occur twice share one number, in the package too.
            before = [known for known in self.group_names[: unnamed[number - 1]] if known is not None]
            return unnamed[number - 1] - (len(before) - len(set(before)))
        return named[number - len(unnamed) - 1] if 1 <= number - len(unnamed) <= len(named) else None

    def _resolve_references(self) -> None:
        for index, name, position in self.references:
            found = self._package_number(name)
            if found is None:
                raise PatternFault(
                    f"the reference at character {position + 1} of the pattern names `{name}`, which is no group of it."
                )
            self.out[index] = f"(?P={found})"
