"""FormatDateTime: a date from one custom format of .NET to another (mapping spec §3.7)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import to_single, to_text
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, constant, place
from provisor.expressions.choices import FORMAT_DATE_TIME_ACCEPTS_THREE, FORMAT_DATE_TIME_OF_EMPTY_YIELDS_NULL
from provisor.expressions.dotnet.formats import FormatFault, compile_writer
from provisor.expressions.dotnet.reading import DEFAULT_STYLES, compile_reader, parse_styles
from provisor.expressions.faults import Fault, fail, quote_value
from provisor.expressions.nodes import Call

_OLDER_FORM = (
    "FormatDateTime has three arguments: they are taken as source, inputFormat and outputFormat. "
    "The present form has an empty second argument: FormatDateTime(source, , inputFormat, outputFormat)."
)


def _is_older_form(call: Call) -> bool:
    return FORMAT_DATE_TIME_ACCEPTS_THREE and len(call.arguments) == 3


def _arrange(call: Call) -> Call:
    if not _is_older_form(call):
        return call
    source, read, write = call.arguments
    return replace(call, arguments=(source, None, read, write))


def _warn(call: Call) -> str:
    return _OLDER_FORM if _is_older_form(call) else ""


def _check(call: Call) -> Iterator[Fault]:
    tests = (
        (1, parse_styles, "dateTimeStyles"),
        (2, compile_reader, "inputFormat"),
        (3, compile_writer, "outputFormat"),
    )
    for index, compile_format, name in tests:
        text = constant(call, index)
        if text is None or (index == 1 and text == ""):
            continue
        try:
            compile_format(str(text))
        except FormatFault as fault:
            yield Fault(place(call, index), f"the {name} of `FormatDateTime` cannot be used: {fault}")


def _build(arguments: Arguments) -> Evaluate:
    read, read_styles = arguments.value(0), arguments.text(1)
    read_input, read_output = arguments.text(2), arguments.text(3)

    def evaluate(context: Context) -> str | None:
        value = to_single(read(context))
        if value is None or (value == "" and FORMAT_DATE_TIME_OF_EMPTY_YIELDS_NULL):
            return None
        try:
            moment = value if isinstance(value, datetime) else None
            if moment is None:
                moment = _parse(value, read_input(context) or "", read_styles(context), context)
            return compile_writer(read_output(context) or "")(moment)
        except FormatFault as fault:
            fail(f"FormatDateTime: a format cannot be used: {fault}")

    return evaluate


def _parse(value: Any, form: str, styles: str | None, context: Context) -> datetime:
    text = to_text(value) or ""
    reader = compile_reader(form, parse_styles(styles) if styles else DEFAULT_STYLES)
    moment = reader(text, context.now)
    if moment is None:
        fail(
            f"FormatDateTime: {quote_value(text)} does not have the form {quote_value(form)}.",
            "Correct the value in the source, or the inputFormat.",
        )
    return moment


FUNCTIONS = (
    Function(
        "FormatDateTime",
        "A date in another form. Formats are those of .NET; a date that was computed needs no inputFormat.",
        (
            Parameter("source"),
            Parameter("dateTimeStyles", is_required=False),
            Parameter("inputFormat"),
            Parameter("outputFormat"),
        ),
        Example(
            'FormatDateTime([employeeHireDate], , "yyyy-MM-dd", "d MMMM yyyy")',
            "1 August 2025",
            {"employeeHireDate": "2025-08-01"},
        ),
        _build,
        check=_check,
        is_pure=False,  # a format without a date takes today's
        arrange=_arrange,
        warn=_warn,
    ),
)
