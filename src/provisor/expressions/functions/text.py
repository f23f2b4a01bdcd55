"""Functions that cut and join text (mapping spec §3.1): Append, Join, Left, Mid, Trim, Word and their like."""

from collections.abc import Callable
from typing import Any

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import check_length, to_list, to_text
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, ValueType
from provisor.expressions.choices import (
    INSTR_IGNORES_CASE,
    MID_START_PAST_END_YIELDS_EMPTY,
    NULL_AFFIX_YIELDS_NULL,
    TEXT_LENGTH_MAX,
)
from provisor.expressions.dotnet.casing import lower_invariant
from provisor.expressions.faults import fail

INTEGER = ValueType.INTEGER
_LONG = TEXT_LENGTH_MAX // 2


def on_text(convert: Callable[[str], Any], of_null: Any = None) -> Callable[[Arguments], Evaluate]:
    """Builds a function of one text; `of_null` is its result for null."""

    def build(arguments: Arguments) -> Evaluate:
        read = arguments.text(0)

        def evaluate(context: Context) -> Any:
            text = read(context)
            return of_null if text is None else convert(text)

        return evaluate

    return build


def _build_append(arguments: Arguments) -> Evaluate:
    return _affix(arguments, source=0, affix=1)


def _build_prepend(arguments: Arguments) -> Evaluate:
    return _affix(arguments, source=1, affix=0)


def _affix(arguments: Arguments, *, source: int, affix: int) -> Evaluate:
    read, read_affix = arguments.text(source), arguments.text(affix)

    def evaluate(context: Context) -> str | None:
        text = read(context)
        if text is None:
            if NULL_AFFIX_YIELDS_NULL:
                return None
            text = ""
        added = read_affix(context) or ""
        if len(text) + len(added) > _LONG:
            check_length(len(text) + len(added), "Append or Prepend")
        return text + added if affix else added + text

    return evaluate


def _build_join(arguments: Arguments) -> Evaluate:
    separator = arguments.text(0)
    readers = tuple(arguments.value(index) for index in range(1, len(arguments)))

    def evaluate(context: Context) -> str:
        parts: list[str] = []
        for read in readers:
            value = read(context)
            if value.__class__ is str:
                if value:
                    parts.append(value)
            elif value is not None:
                parts += [text for item in to_list(value) if (text := to_text(item))]
        between = separator(context) or ""
        if len(between) * len(parts) > _LONG or sum(map(len, parts)) > _LONG:
            check_length(len(between) * len(parts) + sum(map(len, parts)), "Join")
        return between.join(parts)

    return evaluate


def build_end(arguments: Arguments, cut: Callable[[str, int], str]) -> Evaluate:
    """One end of a text: `cut` takes so many characters of it; a negative number means all (mapping spec §3.1)."""
    read, read_count = arguments.text(0), arguments.integer(1)
    where = arguments.where(1)

    def evaluate(context: Context) -> str:
        text, count = read(context), read_count(context)
        if not text:
            return ""
        if count is None:
            fail(f"{where} has no value.")
        return text if count < 0 else cut(text, count)

    return evaluate


def _build_left(arguments: Arguments) -> Evaluate:
    return build_end(arguments, lambda text, count: text[:count])


def _build_mid(arguments: Arguments) -> Evaluate:
    read, read_start, read_length = arguments.text(0), arguments.integer(1), arguments.integer(2)
    start_name, length_name = arguments.where(1), arguments.where(2)

    def evaluate(context: Context) -> str:
        text = read(context)
        if not text:
            return ""
        start, length = read_start(context), read_length(context)
        if start is None or length is None:
            fail(f"{start_name if start is None else length_name} has no value.")
        if length < 0 or start < 1:
            return text
        if start > len(text) and length and not MID_START_PAST_END_YIELDS_EMPTY:
            return text
        return text[start - 1 : start - 1 + length]

    return evaluate


_COMPARE_WORDS = ("vbBinaryCompare", "vbTextCompare", "0", "1")


def _build_instr(arguments: Arguments) -> Evaluate:
    read, read_sought = arguments.text(0), arguments.text(1)
    read_start, read_way = arguments.integer(2), arguments.text(3)
    where, where_way = arguments.where(2), arguments.where(3)

    def evaluate(context: Context) -> int:
        text, sought, start = read(context), read_sought(context), read_start(context)
        way = read_way(context) or ""
        if way and way not in _COMPARE_WORDS:
            fail(f"{where_way} is vbBinaryCompare or vbTextCompare, not `{way[:40]}`.")
        if start is not None and start < 1:
            fail(f"{where} counts from 1, {start} is no position.")
        if not text or sought is None:
            return 0
        if way in ("vbTextCompare", "1") or (not way and INSTR_IGNORES_CASE):
            text, sought = lower_invariant(text), lower_invariant(sought)
        return text.find(sought, (start or 1) - 1) + 1

    return evaluate


def _build_trim(arguments: Arguments) -> Evaluate:
    evaluate_source = arguments.value(0)

    def evaluate(context: Context) -> Any:
        value = evaluate_source(context)
        if isinstance(value, list | tuple):
            return [(to_text(item) or "").strip() for item in value]
        text = to_text(value)
        return None if text is None else text.strip()

    return evaluate


def _build_word(arguments: Arguments) -> Evaluate:
    read, read_number, read_delimiters = arguments.text(0), arguments.integer(1), arguments.text(2)
    where = arguments.where(1)

    def evaluate(context: Context) -> str:
        text, number = read(context), read_number(context)
        if number is None:
            fail(f"{where} has no value.")
        if not text or number < 1:
            return ""
        delimiters = read_delimiters(context) or ""
        if len(delimiters) == 1:
            words = text.split(delimiters)
        else:
            words = text.translate(dict.fromkeys(map(ord, delimiters), "\0")).split("\0")
        words = [word for word in words if word]
        return words[number - 1] if number <= len(words) else ""

    return evaluate


_SOURCE = Parameter("source")
_ADA = {"givenName": "Ada", "surname": "Berg", "mail": "ada.berg@example.com"}

FUNCTIONS = (
    Function(
        "Append",
        "Puts a suffix behind a text; null stays null.",
        (_SOURCE, Parameter("suffix")),
        Example('Append([givenName], "@example.com")', "Ada@example.com", _ADA),
        _build_append,
    ),
    Function(
        "Prepend",
        "Puts a prefix before a text; null stays null.",
        (Parameter("prefix"), _SOURCE),
        Example('Prepend("SIP:", [mail])', "SIP:ada.berg@example.com", _ADA),
        _build_prepend,
    ),
    Function(
        "Join",
        "Joins texts with a separator between them; null, empty texts and their separators are left out.",
        (Parameter("separator"), Parameter("source", is_required=False, repeats=True)),
        Example('Join(", ", [surname], [middleName], [givenName])', "Berg, Ada", _ADA),
        _build_join,
    ),
    Function(
        "Left",
        "The first characters of a text; the whole text for a negative number, empty for null.",
        (Parameter("string", key="String"), Parameter("numChars", INTEGER, key="NumChars")),
        Example("Left([givenName], 1)", "A", _ADA),
        _build_left,
    ),
    Function(
        "Mid",
        "A part of a text: from a position, counted from 1, so many characters; empty for null.",
        (_SOURCE, Parameter("start", INTEGER), Parameter("length", INTEGER)),
        Example("Mid([surname], 2, 2)", "er", _ADA),
        _build_mid,
    ),
    Function(
        "InStr",
        "Where one text is first found in another, counted from 1; 0 when it is not.",
        (
            Parameter("value1"),
            Parameter("value2"),
            Parameter("start", INTEGER, is_required=False),
            Parameter("compareType", is_required=False, words=_COMPARE_WORDS),
        ),
        Example('InStr([mail], "@")', "9", _ADA),
        _build_instr,
        INTEGER,
    ),
    Function(
        "StripSpaces",
        "Removes every space (U+0020), also inside the text.",
        (_SOURCE,),
        Example('StripSpaces("van der Berg")', "vanderBerg"),
        on_text(lambda text: text.replace(" ", "")),
    ),
    Function(
        "Trim",
        "Removes white space at both ends; of a list, at both ends of each value.",
        (_SOURCE,),
        Example('Trim("  Ada ")', "Ada"),
        _build_trim,
        None,
    ),
    Function(
        "Word",
        "One word of a text, counted from 1; every character of the delimiters separates words.",
        (Parameter("string"), Parameter("wordNumber", INTEGER), Parameter("delimiters")),
        Example('Word([mail], 2, "@.")', "berg", _ADA),
        _build_word,
    ),
)
