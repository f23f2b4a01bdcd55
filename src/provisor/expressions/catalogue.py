"""Every function of the language in one place: for checks, for suggestions, and for Graph's `functions` (§7.4)."""

from types import MappingProxyType
from typing import Any, Final

from provisor.expressions.calls.signature import Function
from provisor.expressions.functions import (
    additions,
    chance,
    choosing,
    dates,
    encoding,
    formatting,
    letters,
    lists,
    logic,
    replacing,
    roles,
    text,
)

_MODULES = (text, letters, encoding, replacing, dates, formatting, logic, choosing, lists, roles, chance, additions)

ROOMS: Final = MappingProxyType({module.__name__.rpartition(".")[2]: module.FUNCTIONS for module in _MODULES})
"""The functions by subject: the name of the file that they are in."""

CATALOGUE: Final = MappingProxyType(
    {
        function.name: function
        for function in sorted(
            (function for room in ROOMS.values() for function in room), key=lambda function: function.name.lower()
        )
    }
)
"""The functions by name, in alphabetical order."""


def find_function(name: str) -> Function | None:
    """The function of this name, None where there is none; case matters."""
    return CATALOGUE.get(name)


def describe_functions() -> list[dict[str, Any]]:
    """Metadata of all functions in Graph's shape."""
    return [function.metadata() for function in CATALOGUE.values()]
