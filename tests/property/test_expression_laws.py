"""Laws of the mapping language: printing and parsing are inverse, and no input takes the process down."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from provisor.expressions.catalogue import CATALOGUE
from provisor.expressions.checking import check
from provisor.expressions.compiler import Context, EvaluationFault, compile_expression
from provisor.expressions.dotnet.patterns import PatternFault, compile_pattern
from provisor.expressions.faults import ExpressionFault, Fault
from provisor.expressions.nodes import OPERATORS, Attribute, Call, Comparison, Constant, Node, Word
from provisor.expressions.parser import parse
from provisor.expressions.printing import print_expression
from provisor.expressions.values import as_printed

TEXTS = st.text(max_size=12)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
LEAVES = st.one_of(
    st.builds(Attribute, st.text(min_size=1, max_size=12).filter(lambda text: "]" not in text and text.strip())),
    st.builds(Constant, st.one_of(TEXTS, st.integers(-(2**63) + 1, 2**63 - 1))),
    st.builds(Word, NAMES),
)


def _inside(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    operand = inner.filter(lambda node: not isinstance(node, Comparison))
    arguments = st.lists(st.one_of(st.none(), inner), max_size=4).map(tuple)
    return st.one_of(
        st.builds(Call, NAMES, arguments),
        st.builds(Comparison, operand, st.sampled_from(OPERATORS), operand),
    )


TREES = st.recursive(LEAVES, _inside, max_leaves=12)

PIECES = st.sampled_from(
    [
        *CATALOGUE,
        "(",
        ")",
        ",",
        "[a]",
        "[",
        "]",
        '"',
        '"x"',
        "\\",
        "=",
        "<>",
        " ",
        "\n",
        "1",
        "-",
        "&HF",
        "vbTextCompare",
    ]
)
SCRAPS = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=25).map("".join)

VALUES = st.recursive(
    st.one_of(
        st.none(),
        TEXTS,
        st.sampled_from(["", "True", "2025-08-01", "12", "a@example.com", "x;y"]),
        st.integers(),
        st.booleans(),
        st.floats(),
        st.datetimes(),
        st.datetimes(timezones=st.just(UTC)),
    ),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)

CONSTANTS = st.one_of(
    st.builds(Constant, st.one_of(TEXTS, st.integers(-3, 300))),
    st.builds(Constant, st.sampled_from(["d", "ww", "yyyy-MM-dd", "(?<g>.)", "g", ",", "tr", "UTF8"])),
)


@st.composite
def calls(draw: st.DrawFn, depth: int = 2) -> Node:
    """A call of a function of the catalogue with as many arguments as it takes."""
    function = draw(st.sampled_from(list(CATALOGUE.values())))
    fixed = len(function.parameters) - len(function.repeating)
    count = (
        fixed + len(function.repeating) * draw(st.integers(function.repeats_min, 3)) if function.repeating else fixed
    )
    inner: list[st.SearchStrategy[Any]] = [st.just(Attribute("a")), st.just(Attribute("b")), CONSTANTS]
    if depth:
        inner.append(calls(depth - 1))
    arguments = [draw(st.one_of(inner)) for _ in range(count)]
    return Call(function.name, tuple(arguments))


def _parse(text: str) -> tuple[Node | None, Sequence[Fault]]:
    """The tree, or the faults; any other exception is a defect."""
    try:
        return parse(text), ()
    except ExpressionFault as fault:
        return None, fault.faults


@given(TREES)
def test_parsing_undoes_printing(tree: Node) -> None:
    """Every tree is read back from its canonical text."""
    assert parse(print_expression(tree)) == tree


@given(st.one_of(SCRAPS, st.text()))
def test_no_text_crashes_the_parser(text: str) -> None:
    """Any text is a tree, which prints and parses again, or a fault inside of the text."""
    tree, faults = _parse(text)
    if tree is not None:
        assert parse(print_expression(tree)) == tree
        faults = check(tree)
    assert all(0 <= fault.position <= len(text) and fault.text for fault in faults)


@settings(max_examples=300, deadline=None)
@given(calls(), VALUES, VALUES)
def test_evaluation_gives_a_value_or_a_fault(call: Node, one: object, other: object) -> None:
    """Whatever a source holds, a function gives a printable value or fails this object; the same each time."""
    try:
        compiled = compile_expression(call)
    except ExpressionFault:
        return
    results = []
    for _ in range(2):
        context = Context({"a": one, "b": other}, datetime(2025, 7, 30, tzinfo=UTC), lambda _below: 0, lambda: "g")
        try:
            results.append(as_printed(compiled.evaluate(context)))
        except EvaluationFault as fault:
            results.append(fault.message)
    assert repr(results[0]) == repr(results[1])


@settings(deadline=None)
@given(st.one_of(st.text(max_size=40), st.text("(?<>!=a-z[]\\^$|*+{1,}dk:#.i)", max_size=30)))
def test_no_pattern_crashes_the_translation(pattern: str) -> None:
    """Any pattern compiles, or is refused with a sentence."""
    message = "compiled"
    try:
        compile_pattern(pattern)
    except PatternFault as fault:
        message = str(fault)
    assert message


@given(st.integers(101, 3_000), st.sampled_from(["ToLower(", "f([a], ", "IIF([a] = ", "("]))
def test_any_nesting_is_answered(depth: int, opening: str) -> None:
    """Nesting beyond the bound is a fault, never an overflow of the stack."""
    tree, faults = _parse((opening * depth)[:9_000])
    assert tree is None
    assert faults
