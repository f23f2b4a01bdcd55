"""Functions that write text as bytes and back, and work on bits (mapping spec §3.1)."""

import base64
import binascii

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import check_length
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, ValueType
from provisor.expressions.faults import fail, quote_value
from provisor.expressions.functions.text import on_text

_ENCODINGS = {"unicode": "utf-16-le", "ascii": "ascii", "utf8": "utf-8"}


def _to_base64(text: str) -> str:
    check_length(len(text) * 3, "ConvertToBase64")
    return base64.b64encode(text.encode("utf-16-le", "replace")).decode("ascii")


def _to_hex(text: str) -> str:
    check_length(len(text) * 2, "ConvertToUTF8Hex")
    return text.encode("utf-8", "replace").hex().upper()


def _build_from_base64(arguments: Arguments) -> Evaluate:
    read, read_encoding = arguments.text(0), arguments.text(1)

    def evaluate(context: Context) -> str | None:
        text, name = read(context), read_encoding(context) or "Unicode"
        if text is None:
            return None
        encoding = _ENCODINGS.get(name.lower())
        if encoding is None:
            fail(f"ConvertFromBase64: encoding is Unicode, ASCII or UTF8, not {quote_value(name)}.")
        try:
            return base64.b64decode(text, validate=True).decode(encoding)
        except (binascii.Error, ValueError):
            fail(f"ConvertFromBase64: {quote_value(text)} is not {name} text in Base64.")

    return evaluate


def _build_bit_and(arguments: Arguments) -> Evaluate:
    read_one, read_other = arguments.integer(0), arguments.integer(1)

    def evaluate(context: Context) -> int | None:
        one, other = read_one(context), read_other(context)
        return None if one is None or other is None else one & other

    return evaluate


FUNCTIONS = (
    Function(
        "ConvertToBase64",
        "The text in Base64, encoded as UTF-16 before; null stays null.",
        (Parameter("source"),),
        Example('ConvertToBase64("Ada")', "QQBkAGEA"),
        on_text(_to_base64),
    ),
    Function(
        "ConvertFromBase64",
        "The text that was written in Base64; its encoding is Unicode (UTF-16), ASCII or UTF8.",
        (Parameter("source"), Parameter("encoding", is_required=False, words=("Unicode", "ASCII", "UTF8"))),
        Example('ConvertFromBase64("QWRh", UTF8)', "Ada"),
        _build_from_base64,
    ),
    Function(
        "ConvertToUTF8Hex",
        "The UTF-8 bytes of the text in capital hexadecimal digits; null stays null.",
        (Parameter("source"),),
        Example('ConvertToUTF8Hex("Ada")', "416461"),
        on_text(_to_hex),
    ),
    Function(
        "BitAnd",
        "The bits that are set in both numbers; null when one of them is null.",
        (Parameter("value1", ValueType.INTEGER), Parameter("value2", ValueType.INTEGER)),
        Example("BitAnd(&HF, &H3C)", "12"),
        _build_bit_and,
        ValueType.INTEGER,
    ),
)
