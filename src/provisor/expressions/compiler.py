"""Compiles expressions to closures: parsed, checked and resolved once, evaluated many times.

Constant parts are computed while compiling. A part that fails then is left to fail at run time, where a branch that is
never taken does no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provisor.expressions.calls.arguments import Arguments, Term, constant_term
from provisor.expressions.calls.coercion import FlowStopped
from provisor.expressions.calls.comparing import build_comparison
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import ValueType
from provisor.expressions.catalogue import CATALOGUE
from provisor.expressions.checking import FLOW_WORDS, arrange, check, warnings
from provisor.expressions.faults import EvaluationFault, ExpressionFault
from provisor.expressions.nodes import Attribute, Call, Comparison, Constant, Node, Word, walk
from provisor.expressions.parser import parse
from provisor.expressions.printing import print_expression

__all__ = ["Compiled", "Context", "EvaluationFault", "ExpressionFault", "compile_expression"]

_FOLDING = Context({}, datetime(1, 1, 1, tzinfo=UTC), lambda _below: 0, str)
"""Constant parts look at nothing of this."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression ready to be evaluated.

    `evaluate` gives a value, None, or a flow sentinel, and raises `EvaluationFault`. `references` are the attributes
    it reads, `text` is its canonical text. `is_redacted` says that its value must not be shown. `warnings` are
    sentences for whoever saves the mapping.
    """

    node: Node
    text: str
    evaluate: Callable[[Context], Any]
    references: frozenset[str]
    functions: frozenset[str]
    is_redacted: bool = False
    warnings: tuple[str, ...] = ()


def compile_expression(source: str | Node) -> Compiled:
    """Compile a text or a tree. Raises `ExpressionFault`, a `Reject`, with all faults at once."""
    text = source if isinstance(source, str) else print_expression(source)
    # A tree is read back from its text, so that faults point somewhere and every name can be written.
    node = parse(text)
    faults = check(node)
    if faults:
        raise ExpressionFault(text, faults)
    functions = frozenset(part.name for part in walk(node) if isinstance(part, Call))
    is_redacted = "Redact" in functions
    evaluate = _guard(_compile(node).evaluate, node)
    return Compiled(
        node,
        print_expression(node),
        _withhold(evaluate) if is_redacted else evaluate,
        frozenset(part.name for part in walk(node) if isinstance(part, Attribute)),
        functions,
        is_redacted=is_redacted,
        warnings=warnings(node),
    )


def _guard(evaluate: Evaluate, node: Node) -> Evaluate:
    """Where a flow sentinel can come up inside, it becomes the result of the whole."""
    can_stop = any(
        isinstance(part, Word) or (isinstance(part, Call) and part.name == "IgnoreFlowIfNullOrEmpty")
        for part in walk(node)
    )
    if not can_stop:
        return evaluate

    def evaluate_whole(context: Context) -> Any:
        try:
            return evaluate(context)
        except FlowStopped as stopped:
            return stopped.sentinel

    return evaluate_whole


def _withhold(evaluate: Evaluate) -> Evaluate:
    """Failures without their message, which would show the value that is not to be shown."""

    def evaluate_silently(context: Context) -> Any:
        try:
            return evaluate(context)
        except EvaluationFault as fault:
            message = "The expression failed; its value is redacted, so no details are shown."
            raise EvaluationFault(message, code=fault.code) from None

    return evaluate_silently


def _compile(node: Node) -> Term:
    match node:
        case Constant(value):
            return constant_term(value)
        case Attribute(name):
            return Term(lambda context: context.source.get(name), attribute=name)
        case Word(name):
            return constant_term(FLOW_WORDS.get(name, name))
        case Comparison(left, operator, right):
            one, other = _compile(left), _compile(right)
            compared = Term(build_comparison(one, operator, other))
            return _fold(compared) if one.is_constant and other.is_constant else compared
        case Call():
            return _compile_call(node)


def _compile_call(node: Call) -> Term:
    function = CATALOGUE[node.name]
    call = arrange(function, node)
    terms = tuple(None if argument is None else _compile(argument) for argument in call.arguments)
    arguments = Arguments(function.name, tuple(parameter.name for parameter in function.parameters), terms)
    term = Term(function.build(arguments), gives_text=function.returns is ValueType.STRING)
    if function.is_pure and all(part is None or part.is_constant for part in terms):
        return _fold(term)
    return term


def _fold(term: Term) -> Term:
    """The term as a constant, where its value can be shared safely."""
    try:
        value = term.evaluate(_FOLDING)
    except (EvaluationFault, FlowStopped):
        return term
    return constant_term(value) if isinstance(value, str | int | datetime | None) else term
