"""What goes wrong with expressions: faults in the text, found when a mapping is saved, and failures at run time.

A fault points into the text: its message carries the line concerned and a caret below the place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, NoReturn

from provisor.model.errors import Reject, ResourceFailed

CODE_EVALUATION: Final = "ExpressionFailed"
CODE_REGEX_TIMEOUT: Final = "RegexTimeout"
CODE_REGEX_STOPPED: Final = "RegexStopped"
CODE_NO_UNIQUE_VALUE: Final = "NoUniqueValue"

_EXCERPT_WIDTH = 72
_SIMILARITY = 0.6


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with an expression: `position` counts characters from 0."""

    position: int
    text: str


class ExpressionFault(Reject):
    """An expression that cannot be used; `faults` are all that were found, `position` is where the first one is."""

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        ordered = tuple(sorted(set(faults)))
        shown = [show_fault(source, fault) for fault in ordered]
        if len(shown) == 1:
            super().__init__(shown[0], code="InvalidExpression")
        else:
            super().__init__(f"The expression has {len(shown)} faults.", reasons=shown, code="InvalidExpression")
        self.source = source
        self.faults = ordered
        self.position = ordered[0].position

    def show(self, fault: Fault) -> str:
        """One of the faults with its line and caret."""
        return show_fault(self.source, fault)


class EvaluationFault(ResourceFailed):
    """An expression that gives no value for this resource: it becomes an escrow."""

    def __init__(self, message: str, *, code: str = CODE_EVALUATION, remedy: str = "") -> None:
        super().__init__(message, code=code, remedy=remedy)


def fail(message: str, remedy: str = "") -> NoReturn:
    """Stop the evaluation. `message` names the function and the value, `remedy` what to write instead."""
    raise EvaluationFault(message, remedy=remedy)


def quote_value(value: object) -> str:
    """A value for a message, bounded in length: people's data may be long."""
    text = str(value)
    return f"`{text[:57]}...`" if len(text) > 60 else f"`{text}`"


def show_fault(source: str, fault: Fault) -> str:
    """The fault with its place, the line of the source it is on, and a caret."""
    position = min(fault.position, len(source))
    line_start = source.rfind("\n", 0, position) + 1
    line_end = source.find("\n", position)
    line = source[line_start : len(source) if line_end < 0 else line_end]
    column = position - line_start
    place = f"line {source.count(chr(10), 0, position) + 1}, " if "\n" in source else ""
    begin = max(0, min(column - _EXCERPT_WIDTH // 2, len(line) - _EXCERPT_WIDTH))
    excerpt = "".join(char if char.isprintable() else " " for char in line[begin : begin + _EXCERPT_WIDTH])
    lead = "..." if begin else ""
    tail = "..." if begin + _EXCERPT_WIDTH < len(line) else ""
    caret = " " * (len(lead) + column - begin) + "^"
    return f"At {place}character {column + 1}: {fault.text}\n    {lead}{excerpt}{tail}\n    {caret}"


def suggest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or an empty text."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower()[:80], by_lower, n=1, cutoff=_SIMILARITY)
    return by_lower[close[0]] if close else ""
