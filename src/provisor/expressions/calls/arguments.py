"""The arguments of a call while it is compiled: each becomes a closure that gives the type the function asks for.

Constants are converted once, here; attributes are read without a detour; results that are text already are passed on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisor.expressions.calls.coercion import FlowStopped, to_integer, to_list, to_moment, to_text
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.faults import EvaluationFault

Text = Callable[[Context], str | None]
Integer = Callable[[Context], int | None]
Moment = Callable[[Context], datetime]
Items = Callable[[Context], list[Any]]


@dataclass(frozen=True, slots=True)
class Term:
    """A compiled argument. `attribute` is the name when it is one; `gives_text` promises text or null."""

    evaluate: Evaluate
    is_constant: bool = False
    value: Any = None
    attribute: str = ""
    gives_text: bool = False


def constant_term(value: Any) -> Term:
    """The term of a value that is known already."""
    return Term(lambda _context: value, is_constant=True, value=value, gives_text=isinstance(value, str))


NOTHING = constant_term(None)


class Arguments:
    """The arguments of one call, by index. One that was left empty, or beyond the last, is null."""

    def __init__(self, function: str, names: tuple[str, ...], terms: tuple[Term | None, ...]) -> None:
        self._function = function
        self._names = names
        self._terms = terms

    def __len__(self) -> int:
        return len(self._terms)

    def has(self, index: int) -> bool:
        """Whether something stands at this index."""
        return index < len(self._terms) and self._terms[index] is not None

    def term(self, index: int) -> Term:
        """The argument itself."""
        return (self._terms[index] if index < len(self._terms) else None) or NOTHING

    def value(self, index: int) -> Evaluate:
        """The value as it is."""
        return self.term(index).evaluate

    def text(self, index: int) -> Text:
        """The value as text, null staying null."""
        term = self.term(index)
        if term.gives_text:
            return term.evaluate
        if term.is_constant:
            return _convert_once(term, to_text)
        if term.attribute:
            return _attribute_text(term.attribute)
        evaluate = term.evaluate

        def read(context: Context) -> str | None:
            value = evaluate(context)
            return value if value is None or value.__class__ is str else to_text(value)

        return read

    def integer(self, index: int) -> Integer:
        """The value as a whole number; null and empty text are null."""
        where = self.where(index)
        return _convert_once(self.term(index), lambda value: to_integer(value, where))

    def moment(self, index: int) -> Moment:
        """The value as a date; null fails."""
        where = self.where(index)
        return _convert_once(self.term(index), lambda value: to_moment(value, where))

    def items(self, index: int) -> Items:
        """The value as a list; null is an empty one."""
        evaluate = self.term(index).evaluate
        return lambda context: to_list(evaluate(context))

    def where(self, index: int) -> str:
        """How messages call this argument."""
        return f"{self._function}: {self._names[min(index, len(self._names) - 1)]}"


def _attribute_text(name: str) -> Text:
    def read(context: Context) -> str | None:
        value = context.source.get(name)
        return value if value is None or value.__class__ is str else to_text(value)

    return read


def _convert_once(term: Term, convert: Callable[[Any], Any]) -> Evaluate:
    evaluate = term.evaluate
    if term.is_constant:
        try:
            converted = convert(term.value)
        except (EvaluationFault, FlowStopped):
            pass  # it fails again when it is needed, and perhaps it never is
        else:
            return lambda _context: converted
    return lambda context: convert(evaluate(context))
