"""Functions of Connect Sync that people miss in provisioning to applications (mapping spec §10): Len and Right.

They mean here what they mean there. An expression that uses them cannot be taken to Entra, and is warned about.
"""

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.context import Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, ValueType
from provisor.expressions.functions.text import build_end
from provisor.expressions.nodes import Call

_INTEGER = ValueType.INTEGER


def _build_len(arguments: Arguments) -> Evaluate:
    read = arguments.text(0)
    return lambda context: len(read(context) or "")


def _build_right(arguments: Arguments) -> Evaluate:
    return build_end(arguments, lambda text, count: text[-count:] if count else "")


def _warn(call: Call) -> str:
    return f"{call.name} is not known to Entra's provisioning service; the expression works here only."


FUNCTIONS = (
    Function(
        "Len",
        "How many characters a text has; 0 for null. Not in Entra.",
        (Parameter("string"),),
        Example("Len([givenName])", "3", {"givenName": "Ada"}),
        _build_len,
        _INTEGER,
        warn=_warn,
    ),
    Function(
        "Right",
        "The last characters of a text; the whole text for a negative number, empty for null. Not in Entra.",
        (Parameter("string"), Parameter("numChars", _INTEGER)),
        Example("Right([employeeId], 4)", "0042", {"employeeId": "E-0042"}),
        _build_right,
        warn=_warn,
    ),
)
