"""Regular expressions of .NET, rewritten for the `regex` package (mapping spec §2.4).

What means the same is passed on, what is written differently is rewritten, and what the package cannot express, or
would take for something that .NET does not know, is refused with the reason. Groups are numbered as in .NET: the
unnamed ones first, then the named ones.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

import regex

from provisor.expressions.choices import REGEX_NESTING_MAX, REGEX_REPEATS_MAX
from provisor.expressions.dotnet.scanning import PatternFault, Scanner

__all__ = ["CompiledPattern", "Match", "Pattern", "PatternFault", "compile_pattern"]


class Match(Protocol):
    """What the package says of one match; a group that took no part is None."""

    @property
    def string(self) -> str: ...  # noqa: D102 - as in the standard library

    @property
    def re(self) -> "Pattern": ...  # noqa: D102 - as above

    def group(self, group: int, /) -> str | None: ...  # noqa: D102 - as above

    def span(self, group: int = 0, /) -> tuple[int, int]: ...  # noqa: D102 - as above


class Pattern(Protocol):
    """A compiled pattern of the package; a `timeout` in seconds ends in a `TimeoutError`."""

    @property
    def groups(self) -> int: ...  # noqa: D102 - as in the standard library

    @property
    def groupindex(self) -> dict[str, int]: ...  # noqa: D102 - as above

    def sub(self, repl: Callable[[Match], str], string: str, *, timeout: float) -> str: ...  # noqa: D102 - as above

    def search(self, string: str, *, timeout: float) -> Match | None: ...  # noqa: D102 - as above

    def finditer(self, string: str, *, timeout: float) -> Iterable[Match]: ...  # noqa: D102 - as above


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPattern:
    """A pattern ready to run; `text` is how it was written.

    `names` and `numbers` lead from the group names and numbers of .NET to the numbers of the package.
    """

    text: str
    pattern: Pattern
    names: MappingProxyType[str, int]
    numbers: tuple[int, ...]

    def group(self, reference: str) -> int | None:
        """The package's number of a group named as in `${name}` or `$1`, None where there is no such group."""
        if reference.isascii() and reference.isdigit():
            number = int(reference) if len(reference) < 5 else len(self.numbers)
            return self.numbers[number] if number < len(self.numbers) else None
        return self.names.get(reference)


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> CompiledPattern:
    """Compile a .NET pattern. Raises `PatternFault` with a sentence that says what is wrong."""
    scanner = Scanner(text, nesting_max=REGEX_NESTING_MAX, repeats_max=REGEX_REPEATS_MAX)
    translated = scanner.translate()
    try:
        # Our own calls only: the package's cache would keep every pattern of every tenant.
        pattern: Pattern = regex.compile(translated, regex.VERSION0, cache_pattern=False)
    except (regex.error, OverflowError, RecursionError) as error:
        raise PatternFault(f"the pattern cannot be used: {error}.") from error
    names = dict(pattern.groupindex)
    named = sorted(set(names.values()))
    unnamed = [number for number in range(1, pattern.groups + 1) if number not in set(named)]
    return CompiledPattern(text, pattern, MappingProxyType(names), (0, *unnamed, *named))
