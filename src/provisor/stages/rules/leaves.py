"""What an expression can result in: its leaves, the nodes whose value becomes the result, and their types.

`IIF([a] = "x", [b], "none")` results in `[b]` or in a text. Types that only a value can tell are None.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from provisor.expressions.catalogue import CATALOGUE
from provisor.expressions.checking import FLOW_WORDS
from provisor.expressions.nodes import Attribute, Call, Comparison, Constant, Node, Word
from provisor.model.rules import AttributeType, Definitions

_PASSED_ON = {
    "IIF": slice(1, 3),
    "Coalesce": slice(0, None),
    "IgnoreFlowIfNullOrEmpty": slice(0, 1),
    "Redact": slice(0, 1),
    "SelectUniqueValue": slice(0, None),
}
"""Functions whose result is one of their arguments, and which of them."""

_LISTS = frozenset({"Split", "RemoveDuplicates", "AppRoleAssignments"})
_ROLE_LISTS = frozenset({"AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One possible result: its node, its type where that is known, and whether it is a list."""

    node: Node
    type: AttributeType | None
    is_list: bool = False


def leaves(root: Node, source: Definitions) -> Iterator[Leaf]:
    """Every possible result of an expression, flow sentinels left out."""
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        match node:
            case Constant():
                yield Leaf(node, AttributeType.STRING)
            case Attribute(name):
                known = source.get(name)
                yield Leaf(node, known.type if known else None, bool(known and known.is_multivalued))
            case Comparison():
                yield Leaf(node, AttributeType.BOOLEAN)
            case Word(name):
                if name not in FLOW_WORDS:
                    yield Leaf(node, None)
            case Call(name, arguments):
                inner = _inner(name, arguments)
                if inner is None:
                    yield _leaf_of_call(node, source)
                else:
                    waiting += inner


def _inner(name: str, arguments: tuple[Node | None, ...]) -> list[Node] | None:
    """The arguments that the result is one of; None for a function that makes a value of its own."""
    if name == "Switch":
        chosen = arguments[1:2] + arguments[3::2]
    elif name in _PASSED_ON:
        chosen = arguments[_PASSED_ON[name]]
    else:
        return None
    return [argument for argument in chosen if argument is not None]


def _leaf_of_call(call: Call, source: Definitions) -> Leaf:
    if call.name in _LISTS or call.name in _ROLE_LISTS:
        return Leaf(call, AttributeType.STRING, is_list=True)
    if call.name == "Item" and call.arguments and isinstance(call.arguments[0], Attribute):
        known = source.get(call.arguments[0].name)
        return Leaf(call, known.type if known else None)
    function = CATALOGUE.get(call.name)
    returns = function.returns if function else None
    return Leaf(call, AttributeType(returns.value) if returns else None)
