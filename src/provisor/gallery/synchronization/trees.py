"""An expression as a tree of `attributeMappingSource` objects, and back (mapping spec §7.3).

Parameters that are not supplied are left out of the tree, and repeating ones share their key. Graph publishes no tree
for comparisons and bare words; ours are a function named by the operator with `left` and `right`, and a constant whose
expression stands without quotes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisor.expressions.calls.signature import Function, Parameter, ValueType
from provisor.expressions.catalogue import find_function
from provisor.expressions.checking import FLOW_WORDS, arrange
from provisor.expressions.choices import NESTING_MAX
from provisor.expressions.nodes import OPERATORS, Attribute, Call, Comparison, Constant, Node, Word
from provisor.expressions.parser import parse_or_none
from provisor.expressions.printing import print_expression, quote_text
from provisor.gallery.synchronization.place import Place, show
from provisor.model.rules import SourceKind

Tree = dict[str, Any]

SOURCE_TYPES = (SourceKind.ATTRIBUTE, SourceKind.CONSTANT, SourceKind.EXPRESSION)

_LEVELS_MAX = 2 * NESTING_MAX
"""Objects inside one another: calls and comparisons."""
_BARE_DIGITS_MAX = 18
"""Longer digit strings keep their quotes: bare numbers have a bound."""

_BARE_WORDS = frozenset({*FLOW_WORDS, "vbTextCompare", "vbBinaryCompare"})


def build_tree(node: Node) -> Tree:
    """The tree of an expression. The text of every part stands beside it."""
    match node:
        case Attribute(name):
            return _tree(SourceKind.ATTRIBUTE, name, f"[{name}]")
        case Constant(value):
            return _tree(SourceKind.CONSTANT, str(value), quote_text(str(value)))
        case Word(name):
            return _tree(SourceKind.CONSTANT, name, name)
        case Comparison(left, operator, right):
            sides = [("left", left), ("right", right)]
            return _tree(SourceKind.EXPRESSION, operator, print_expression(node), sides)
        case Call(name):
            return _tree(SourceKind.EXPRESSION, name, print_expression(node), _parameters(node))


def read_tree(place: Place, level: int = 0) -> Node | None:
    """The expression that a tree says by its names and parameters; None, with a fault, where it says none.

    Its texts are looked at only for what names and parameters cannot say: whether a number was written bare.
    """
    kind = place.choice("type", SourceKind.ATTRIBUTE, SOURCE_TYPES)
    name = place.optional_text("name")
    text = place.optional_text("expression")
    if name is None and text and not place.value.get("parameters"):
        node = parse_or_none(text)
        if node is None:
            place.fault(f"{show(text)} cannot be read as an expression.")
        return node
    match kind:
        case SourceKind.ATTRIBUTE if name:
            return Attribute(name)
        case SourceKind.CONSTANT if name is not None:
            return Word(name) if text == name and name in _BARE_WORDS else Constant(name)
        case SourceKind.EXPRESSION if name and level < _LEVELS_MAX:
            node = _read_call(place, name, level)
            written = parse_or_none(text) if text and node else None
            return written if node and written and are_same(written, node) else node
        case SourceKind.EXPRESSION if level >= _LEVELS_MAX:
            place.fault(f"functions are nested more than {NESTING_MAX} deep.")
        case _:
            place.fault("there is neither a name nor an expression.")
    return None


def are_same(one: Node, other: Node) -> bool:
    """Whether two expressions say the same, however numbers, words, older orders and trailing commas are written."""
    return bool(_meaning(one) == _meaning(other))


def _tree(kind: SourceKind, name: str, expression: str, parameters: Sequence[tuple[str, Node]] = ()) -> Tree:
    return {
        "type": kind.value,
        "name": name,
        "expression": expression,
        "parameters": [{"key": key, "value": build_tree(node)} for key, node in parameters],
    }


def _parameters(call: Call) -> list[tuple[str, Node]]:
    function = find_function(call.name)
    arguments = (arrange(function, call) if function else call).arguments
    named = []
    for index, node in enumerate(arguments):
        parameter = function.parameter(index) if function else None
        key = (parameter.key or parameter.name) if parameter else f"argument{index + 1}"
        if node is not None:
            named.append((key, node))
    return named


def _read_call(place: Place, name: str, level: int) -> Node | None:
    given: list[tuple[str, Node]] = []
    is_whole = True
    for parameter in place.items("parameters"):
        value = parameter.member("value")
        if value.value is None:
            continue
        if not isinstance(value.value, Mapping):
            value.fault("an object is expected.")
            is_whole = False
        elif node := read_tree(value, level + 1):
            given.append((parameter.text("key", ""), node))
        else:
            is_whole = False
    if not is_whole:
        return None
    if name in OPERATORS:
        if len(given) == 2:
            return Comparison(given[0][1], name, given[1][1])
        place.fault(f"`{name}` compares two values, {len(given)} are given.")
        return None
    function = find_function(name)
    return Call(name, tuple(_places(function, given) if function else (node for _, node in given)))


def _places(function: Function, given: Sequence[tuple[str, Node]]) -> Iterator[Node | None]:
    """The arguments in their places: by key where it is known, else the next place that is free."""
    fixed = function.parameters[: len(function.parameters) - len(function.repeating)]
    arguments: list[Node | None] = [None] * len(fixed)
    repeated: list[Node] = []
    for key, node in given:
        index = next((i for i, one in enumerate(fixed) if arguments[i] is None and _is_key(key, one)), None)
        if index is None and not any(_is_key(key, one) for one in function.repeating):
            index = next((i for i, one in enumerate(arguments) if one is None), None)
        if index is None:
            repeated.append(node)
            continue
        is_number = fixed[index].type is ValueType.INTEGER
        arguments[index] = _bare(node) if is_number else node
    yield from arguments
    yield from repeated


def _is_key(key: str, parameter: Parameter) -> bool:
    return bool(key) and key.lower() in (parameter.name.lower(), parameter.key.lower())


def _bare(node: Node) -> Node:
    """A number for a parameter that takes numbers is written as one."""
    if isinstance(node, Constant) and isinstance(node.value, str):
        digits = node.value.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= _BARE_DIGITS_MAX and str(int(digits)) == digits:
            return Constant(int(node.value))
    return node


def _meaning(node: Node) -> Any:
    match node:
        case Attribute(name):
            return ("attribute", name)
        case Constant(value):
            return ("constant", str(value))
        case Word(name):
            return ("constant", name)
        case Comparison(left, operator, right):
            return (operator, _meaning(left), _meaning(right))
        case Call(name):
            function = find_function(name)
            arguments = list((arrange(function, node) if function else node).arguments)
            fixed = len(function.parameters) - len(function.repeating) if function else 0
            # Among repeating parameters a tree cannot say that a place was left empty.
            arguments[fixed:] = [part for part in arguments[fixed:] if part is not None]
            while arguments and arguments[-1] is None:
                arguments.pop()
            return (name, *(None if part is None else _meaning(part) for part in arguments))
