"""A tree to its canonical text: parsing the text gives the tree again (mapping spec §7.3).

Numbers stay bare by default, because a comparison with a bare number is numeric; `quote_numbers` writes them as the
synchronization schema does.
"""

from provisor.expressions.choices import NESTING_MAX
from provisor.expressions.nodes import Attribute, Call, Comparison, Constant, Node, Word, depth
from provisor.model.errors import Reject


def print_expression(node: Node, *, quote_numbers: bool = False) -> str:
    """Canonical text of a tree. Raises `Reject` for one that is nested too deeply to be read back."""
    if depth(node) > 2 * NESTING_MAX:
        raise Reject(f"The expression is nested more than {NESTING_MAX} deep.", code="InvalidExpression")
    return _print(node, quote_numbers)


def quote_text(text: str) -> str:
    """A text constant with its quotes and escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _print(node: Node, quote_numbers: bool) -> str:
    match node:
        case Attribute(name):
            return f"[{name}]"
        case Constant(value):
            if isinstance(value, str):
                return quote_text(value)
            return f'"{value}"' if quote_numbers else str(value)
        case Word(name):
            return name
        case Call(name, arguments):
            printed = ("" if part is None else _print(part, quote_numbers) for part in arguments)
            return f"{name}({', '.join(printed)})"
        case Comparison(left, operator, right):
            return f"{_print(left, quote_numbers)} {operator} {_print(right, quote_numbers)}"
