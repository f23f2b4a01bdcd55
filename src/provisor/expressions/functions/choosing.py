"""Functions that choose among their arguments (mapping spec §3.3, §3.5, §3.8); only what is chosen is evaluated.

IIF with conditions on null and empty values simply works, which the documentation of Entra does not promise.
"""

from collections.abc import Iterator
from typing import Any

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import to_text, to_truth
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, argument
from provisor.expressions.choices import COALESCE_SKIPS_EMPTY, UNIQUE_RULES_SKIP_EMPTY
from provisor.expressions.faults import CODE_NO_UNIQUE_VALUE, EvaluationFault, Fault
from provisor.expressions.nodes import Call, Comparison, Constant
from provisor.expressions.values import FlowSentinel, is_empty

NO_UNIQUE_VALUE = "no unique value"


def _build_iif(arguments: Arguments) -> Evaluate:
    condition = arguments.value(0)
    if_true, if_false = arguments.value(1), arguments.value(2)

    def evaluate(context: Context) -> Any:
        verdict = condition(context)
        if verdict is True or (verdict is not False and to_truth(verdict)):
            return if_true(context)
        return if_false(context)

    return evaluate


def _warn_iif(call: Call) -> str:
    condition = argument(call, 0)
    tests_empty = isinstance(condition, Call) and condition.name in ("IsNullOrEmpty", "IsPresent", "IsNull")
    compares_empty = isinstance(condition, Comparison) and any(
        isinstance(side, Constant) and side.value == "" for side in (condition.left, condition.right)
    )
    if tests_empty or compares_empty:
        return (
            "IIF tests for an empty value: that works here, while Entra calls it unsupported. "
            'For both, write Switch([a], [a], "", "fallback").'
        )
    return ""


def _build_switch(arguments: Arguments) -> Evaluate:
    read, default = arguments.text(0), arguments.value(1)
    pairs = range(2, len(arguments), 2)
    if not all(arguments.term(index).is_constant for index in pairs):
        return _switch_by_search(arguments)
    table: dict[str, Evaluate] = {}
    for index in pairs:
        table.setdefault(to_text(arguments.term(index).value) or "", arguments.value(index + 1))
    choose = table.get

    def evaluate(context: Context) -> Any:
        return choose(read(context) or "", default)(context)

    return evaluate


def _switch_by_search(arguments: Arguments) -> Evaluate:
    read, default = arguments.text(0), arguments.value(1)
    pairs = tuple((arguments.text(index), arguments.value(index + 1)) for index in range(2, len(arguments), 2))

    def evaluate(context: Context) -> Any:
        text = read(context) or ""
        for read_key, read_value in pairs:
            if (read_key(context) or "") == text:
                return read_value(context)
        return default(context)

    return evaluate


def _build_coalesce(arguments: Arguments) -> Evaluate:
    readers = tuple(arguments.value(index) for index in range(len(arguments)))

    def evaluate(context: Context) -> Any:
        value: Any = None
        for read in readers:
            value = read(context)
            if value is not None and not (COALESCE_SKIPS_EMPTY and is_empty(value)) and value != []:
                return value
        return value if value != [] else None

    return evaluate


def _build_unique(arguments: Arguments) -> Evaluate:
    readers = tuple(arguments.value(index) for index in range(len(arguments)))

    def evaluate(context: Context) -> Any:
        tried: list[str] = []
        for read in readers:
            value = read(context)
            if isinstance(value, FlowSentinel):
                return value
            candidate = to_text(value)
            if not candidate and UNIQUE_RULES_SKIP_EMPTY:
                continue
            if context.is_taken is None or not context.is_taken(candidate or ""):
                return candidate
            tried.append(candidate or "")
        if not tried:
            return None
        raise EvaluationFault(
            NO_UNIQUE_VALUE,
            code=CODE_NO_UNIQUE_VALUE,
            remedy=f"Every rule of SelectUniqueValue gave a value that is taken ({len(tried)} tried); add a rule.",
        )

    return evaluate


def _check_switch(call: Call) -> Iterator[Fault]:
    seen: set[str] = set()
    for index in range(2, len(call.arguments), 2):
        key = call.arguments[index]
        if isinstance(key, Constant):
            text = str(key.value)
            if text in seen:
                yield Fault(key.position, f"the key `{text}` of `Switch` occurs twice; the second is never reached.")
            seen.add(text)


def _warn_switch(call: Call) -> str:
    return next((fault.text[0].upper() + fault.text[1:] for fault in _check_switch(call)), "")


FUNCTIONS = (
    Function(
        "IIF",
        "One value when a condition holds, another when it does not. Conditions have one comparison; nest for more.",
        (Parameter("condition"), Parameter("valueIfTrue"), Parameter("valueIfFalse")),
        Example('IIF([country] = "DE", "Berlin", "London")', "Berlin", {"country": "DE"}),
        _build_iif,
        None,
        warn=_warn_iif,
    ),
    Function(
        "Switch",
        'The value of the key that equals the source; the key "" stands for null too. Without one, the default.',
        (
            Parameter("source"),
            Parameter("defaultValue", is_required=False),
            Parameter("key", repeats=True, key="switchValue"),
            Parameter("value", repeats=True, key="switchValue"),
        ),
        Example(
            'Switch([state], "Australia/Sydney", "QLD", "Australia/Brisbane")', "Australia/Brisbane", {"state": "QLD"}
        ),
        _build_switch,
        None,
        warn=_warn_switch,
    ),
    Function(
        "Coalesce",
        "The first argument that is not null; the last one is the default.",
        (Parameter("source", is_required=False, repeats=True),),
        Example('Coalesce([preferredName], [givenName], "?")', "Ada", {"givenName": "Ada"}),
        _build_coalesce,
        None,
    ),
    Function(
        "SelectUniqueValue",
        "The value of the first rule that nobody in the target has. Outermost only, and only on creation.",
        (Parameter("uniqueValueRule", repeats=True),),
        Example('SelectUniqueValue([alias], Append([alias], "2"))', "ada", {"alias": "ada"}),
        _build_unique,
        None,
        is_pure=False,
        repeats_min=2,
    ),
)
