"""What is known of a function before it runs: its parameters, its result, its checks, and how it is built."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import read_integer
from provisor.expressions.calls.context import Evaluate
from provisor.expressions.faults import Fault
from provisor.expressions.nodes import Call, Constant, Node


class ValueType(StrEnum):
    """The types that metadata knows (mapping spec §7.4). Values of any type are called String there."""

    STRING = "String"
    INTEGER = "Integer"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    REFERENCE = "Reference"
    BINARY = "Binary"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `key` is its name in the synchronization schema where that differs; `words` are its bare words.

    Repeating parameters stand last; several of them repeat together, as the keys and values of Switch do.
    """

    name: str
    type: ValueType = ValueType.STRING
    is_required: bool = True
    repeats: bool = False
    key: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """An expression that shows the function; the tests evaluate it. `result` is None where chance decides it."""

    expression: str
    result: Any
    source: Mapping[str, Any] = field(default_factory=dict)


Check = Callable[[Call], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    `returns` is the type of every result other than null, None where it depends on the arguments. `check` finds faults
    in constant arguments, once the number of arguments is right. A pure function depends on its arguments alone.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    example: Example
    build: Callable[[Arguments], Evaluate]
    returns: ValueType | None = ValueType.STRING
    check: Check | None = None
    is_pure: bool = True
    repeats_min: int = 1
    arrange: Callable[[Call], Call] | None = None
    """Puts an older order of arguments into the present one."""
    warn: Callable[[Call], str] | None = None
    """A sentence for the administrator when the mapping is saved, or an empty text."""

    @property
    def repeating(self) -> tuple[Parameter, ...]:
        """The parameters that repeat together."""
        return tuple(parameter for parameter in self.parameters if parameter.repeats)

    def parameter(self, index: int) -> Parameter | None:
        """The parameter of the argument at this index, None beyond the last."""
        fixed = len(self.parameters) - len(self.repeating)
        if index < fixed:
            return self.parameters[index]
        return self.repeating[(index - fixed) % len(self.repeating)] if self.repeating else None

    def metadata(self) -> dict[str, Any]:
        """The function as Graph's `functions` describes it."""
        return {
            "name": self.name,
            "parameters": [
                {
                    "name": parameter.key or parameter.name,
                    "type": parameter.type.value,
                    "required": parameter.is_required,
                    "allowMultipleOccurrences": parameter.repeats,
                }
                for parameter in self.parameters
            ],
        }


def constant(call: Call, index: int) -> str | int | None:
    """The constant that stands as an argument; None for anything else."""
    node = argument(call, index)
    return node.value if isinstance(node, Constant) else None


def constant_integer(call: Call, index: int) -> int | None:
    """The constant number, bare or quoted, that stands as an argument; None for anything else."""
    value = constant(call, index)
    return value if value is None or isinstance(value, int) else read_integer(value)


def argument(call: Call, index: int) -> Node | None:
    """The argument at this index, None where it is left empty or missing."""
    return call.arguments[index] if index < len(call.arguments) else None


def place(call: Call, index: int) -> int:
    """Where the argument stands in the text, or the call when it is left empty."""
    node = argument(call, index)
    return call.position if node is None else node.position
