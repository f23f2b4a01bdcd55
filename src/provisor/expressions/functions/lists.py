"""Functions of multi-valued attributes (mapping spec §3.1): Count, Item, RemoveDuplicates; Split, which makes one."""

from collections.abc import Iterator
from typing import Any

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import to_list
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import (
    Example,
    Function,
    Parameter,
    ValueType,
    constant,
    constant_integer,
    place,
)
from provisor.expressions.choices import DUPLICATES_IGNORE_CASE, SPLIT_DELIMITER, SPLIT_TRIMS
from provisor.expressions.faults import Fault, fail
from provisor.expressions.nodes import Call
from provisor.expressions.values import canonical_text


def _build_count(arguments: Arguments) -> Evaluate:
    read = arguments.items(0)
    return lambda context: len(read(context))


def _build_item(arguments: Arguments) -> Evaluate:
    read, read_index = arguments.items(0), arguments.integer(1)
    where = arguments.where(1)

    def evaluate(context: Context) -> Any:
        items, index = read(context), read_index(context)
        if not items:
            return None
        if index is None:
            fail(f"{where} has no value.")
        if not 1 <= index <= len(items):
            fail(f"{where} is {index}, the attribute has {len(items)} values.", "The index counts from 1.")
        return items[index - 1]

    return evaluate


def _check_item(call: Call) -> Iterator[Fault]:
    index = constant_integer(call, 1)
    if index is not None and index < 1:
        yield Fault(place(call, 1), f"the index of `Item` counts from 1; `{constant(call, 1)}` is no position.")


def _build_split(arguments: Arguments) -> Evaluate:
    read, read_delimiter = arguments.text(0), arguments.text(1)

    def evaluate(context: Context) -> list[str] | None:
        text = read(context)
        if not text:
            return None if text is None else []
        pieces = text.split(read_delimiter(context) or SPLIT_DELIMITER)
        return [piece.strip() for piece in pieces] if SPLIT_TRIMS else pieces

    return evaluate


def _check_split(call: Call) -> Iterator[Fault]:
    if constant(call, 1) == "":
        yield Fault(place(call, 1), 'the delimiter of `Split` is empty; write the character, as in `","`.')


def _build_remove_duplicates(arguments: Arguments) -> Evaluate:
    read = arguments.value(0)

    def evaluate(context: Context) -> list[Any] | None:
        value = read(context)
        if value is None:
            return None
        kept: dict[str, Any] = {}
        for item in to_list(value):
            text = canonical_text(item)
            kept.setdefault(text.casefold() if DUPLICATES_IGNORE_CASE else text, item)
        return list(kept.values())

    return evaluate


_MAILS = {"otherMails": ["a@example.com", "b@example.com", "a@example.com"]}

FUNCTIONS = (
    Function(
        "Count",
        "How many values a multi-valued attribute has; 0 for null.",
        (Parameter("attribute"),),
        Example("Count([otherMails])", "3", _MAILS),
        _build_count,
        ValueType.INTEGER,
    ),
    Function(
        "Item",
        "One value of a multi-valued attribute, counted from 1. Beyond the last is an error; of null it is null.",
        (Parameter("attribute"), Parameter("index", ValueType.INTEGER)),
        Example("Item([otherMails], 2)", "b@example.com", _MAILS),
        _build_item,
        None,
        _check_item,
    ),
    Function(
        "RemoveDuplicates",
        "The values, each once, in the order in which they first occur.",
        (Parameter("attribute"),),
        Example("RemoveDuplicates([otherMails])", ["a@example.com", "b@example.com"], _MAILS),
        _build_remove_duplicates,
        None,
    ),
    Function(
        "Split",
        "The pieces of a text between delimiters, without the blanks around them; null for null.",
        (Parameter("source"), Parameter("delimiter", is_required=False)),
        Example('Split("Sales, Support", ",")', ["Sales", "Support"]),
        _build_split,
        None,
        _check_split,
    ),
)
