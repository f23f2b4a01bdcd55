"""Functions that test a value or pass it on (mapping spec §3.1): IsNull, IsPresent, Not, CBool, CStr, Redact, Error."""

from collections.abc import Callable
from typing import Any, Never

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import FlowStopped, to_text, to_truth
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, ValueType
from provisor.expressions.choices import IS_STRING_OF_NULL
from provisor.expressions.faults import fail
from provisor.expressions.values import IGNORE_ATTRIBUTE, FlowSentinel, is_empty


def _testing(test: Callable[[Any], bool]) -> Callable[[Arguments], Evaluate]:
    def build(arguments: Arguments) -> Evaluate:
        read = arguments.value(0)

        def evaluate(context: Context) -> bool:
            value = read(context)
            if isinstance(value, FlowSentinel):
                raise FlowStopped(value)
            return test(value)

        return evaluate

    return build


def _is_null(value: Any) -> bool:
    # A multi-valued attribute without values has no value.
    return value is None or value == []


def _is_string(value: Any) -> bool:
    if _is_null(value):
        return IS_STRING_OF_NULL
    return not isinstance(value, list | tuple | dict) or (isinstance(value, list) and len(value) == 1)


def _negate(value: Any) -> bool:
    return (to_text(value) or "").lower() != "true"


def _build_ignore_flow(arguments: Arguments) -> Evaluate:
    read = arguments.value(0)

    def evaluate(context: Context) -> Any:
        value = read(context)
        return IGNORE_ATTRIBUTE if is_empty(value) else value

    return evaluate


def _build_redact(arguments: Arguments) -> Evaluate:
    return arguments.value(0)


def _build_cstr(arguments: Arguments) -> Evaluate:
    return arguments.text(0)


def _build_error(arguments: Arguments) -> Evaluate:
    read = arguments.text(0)

    def evaluate(context: Context) -> Never:
        fail(read(context) or "The mapping stops here with Error().")

    return evaluate


def _boolean(name: str, description: str, example: Example, test: Callable[[Any], bool]) -> Function:
    return Function(name, description, (Parameter("expression"),), example, _testing(test), ValueType.BOOLEAN)


FUNCTIONS = (
    _boolean(
        "IsNull",
        "True for null, that is, for an attribute that is absent; empty text is not null.",
        Example("IsNull([mail])", "True"),
        _is_null,
    ),
    _boolean("IsNothing", "The same as IsNull.", Example("IsNothing([mail])", "True"), _is_null),
    _boolean(
        "IsNullOrEmpty",
        "True for null and for empty text.",
        Example("IsNullOrEmpty([mail])", "True", {"mail": ""}),
        is_empty,
    ),
    _boolean(
        "IsPresent",
        "True for a value that is neither null nor empty text.",
        Example("IsPresent([mail])", "False", {"mail": ""}),
        lambda value: not is_empty(value),
    ),
    _boolean(
        "IsString",
        "True for a value that can be one text; false for null and for lists.",
        Example('IsString("Ada")', "True"),
        _is_string,
    ),
    _boolean(
        "CBool",
        "True for a comparison that holds, for numbers other than zero, and for the text True.",
        Example("CBool([level] > 3)", "True", {"level": "4"}),
        to_truth,
    ),
    Function(
        "Not",
        "False for the text True in any case; true for everything else, also for null.",
        (Parameter("source", ValueType.BOOLEAN),),
        Example("Not([IsSoftDeleted])", "True", {"IsSoftDeleted": "False"}),
        _testing(_negate),
        ValueType.BOOLEAN,
    ),
    Function(
        "CStr",
        "The value as text: `True`, `42`, `8/1/2025 12:00:00 AM`.",
        (Parameter("value"),),
        Example("CStr(42)", "42"),
        _build_cstr,
    ),
    Function(
        "IgnoreFlowIfNullOrEmpty",
        "The value; when it is null or empty, the attribute is left out of the change.",
        (Parameter("expression"),),
        Example("IgnoreFlowIfNullOrEmpty([department])", {"$ignoreFlow": True}),
        _build_ignore_flow,
        None,
    ),
    Function(
        "Redact",
        "The value as it is; the provisioning log shows `[Redact]` in its place.",
        (Parameter("source"),),
        Example("Redact([employeeId])", "1815", {"employeeId": "1815"}),
        _build_redact,
        None,
    ),
    Function(
        "Error",
        "Stops with a message: this object fails and is tried again later.",
        (Parameter("message"),),
        Example(
            'IIF(IsPresent([mail]), [mail], Error("No mail address."))', "a@example.com", {"mail": "a@example.com"}
        ),
        _build_error,
        None,
        is_pure=False,
    ),
)
