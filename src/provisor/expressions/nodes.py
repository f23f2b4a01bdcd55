"""The syntax tree of an expression. Positions say where a node stood in its text and take no part in equality."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attribute:
    """`[name]`: a source attribute."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, or a bare number."""

    value: str | int
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word, such as `vbTextCompare` or `IgnoreAttributeFlow`."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`Name(a, , b)`: None is a position that was left empty. One empty position alone is the same as none."""

    name: str
    arguments: tuple["Node | None", ...] = ()
    position: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if self.arguments == (None,):
            object.__setattr__(self, "arguments", ())


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`; there is at most one operator, so neither side is a comparison."""

    left: "Node"
    operator: str
    right: "Node"
    position: int = field(default=0, compare=False)


Node = Attribute | Constant | Word | Call | Comparison

OPERATORS = ("=", "<>", ">", ">=", "<", "<=")


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside."""
    if isinstance(node, Call):
        yield from (argument for argument in node.arguments if argument is not None)
    elif isinstance(node, Comparison):
        yield node.left
        yield node.right


def walk(node: Node) -> Iterator[Node]:
    """The node and everything inside it, in no particular order, without recursion."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children(current))


def depth(node: Node) -> int:
    """How many calls and comparisons are inside one another, counted without recursion."""
    deepest = 0
    waiting = [(node, 0)]
    while waiting:
        current, level = waiting.pop()
        if isinstance(current, Call | Comparison):
            level += 1
        deepest = max(deepest, level)
        waiting.extend((child, level) for child in children(current))
    return deepest
