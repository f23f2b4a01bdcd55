"""Functions that change letters (mapping spec §3.1, §3.9, §3.10): ToLower, ToUpper, PCase, NormalizeDiacritics."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, constant, place
from provisor.expressions.choices import OE_LIGATURE_IS_REPLACED, PCASE_APOSTROPHE_SEPARATES
from provisor.expressions.dotnet.casing import (
    Casing,
    is_culture,
    lower_invariant,
    lowering,
    raising,
    upper_invariant,
)
from provisor.expressions.faults import Fault, fail
from provisor.expressions.functions.text import on_text
from provisor.expressions.nodes import Call


def _build_casing(choose: Callable[[str], Casing]) -> Callable[[Arguments], Evaluate]:
    def build(arguments: Arguments) -> Evaluate:
        read, read_culture = arguments.text(0), arguments.text(1)
        term = arguments.term(1)
        if term.is_constant:
            convert = choose(str(term.value or ""))

            def evaluate(context: Context) -> str | None:
                text = read(context)
                return None if text is None else convert(text)

            return evaluate

        def evaluate_culture(context: Context) -> str | None:
            text, culture = read(context), read_culture(context) or ""
            if culture and not is_culture(culture):
                fail(f"{arguments.where(1)} is a language tag such as en-US, not `{culture[:40]}`.")
            return None if text is None else choose(culture)(text)

        return evaluate_culture

    return build


def _check_culture(call: Call) -> Iterator[Fault]:
    culture = constant(call, 1)
    if culture is not None and culture != "" and not is_culture(str(culture)):
        yield Fault(place(call, 1), f'the culture of `{call.name}` is a language tag such as "en-US", not `{culture}`.')


_SEPARATING = frozenset(
    ["Zs", "Zl", "Zp", "Cc", "Cf", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"]
)
"""The Unicode categories that part words when PCase is given no separators; letters and digits never do."""


@lru_cache(maxsize=4096)
def _is_separator(char: str) -> bool:
    if char in "'\u2019" and not PCASE_APOSTROPHE_SEPARATES:
        return False
    return unicodedata.category(char) in _SEPARATING


def _capitalize(text: str, separators: str) -> str:
    parts: list[str] = []
    begins = True
    for char in lower_invariant(text):
        is_separator = char in separators if separators else _is_separator(char)
        parts.append(upper_invariant(char) if begins and not is_separator else char)
        begins = is_separator
    return "".join(parts)


def _build_pcase(arguments: Arguments) -> Evaluate:
    read, read_separators = arguments.text(0), arguments.text(1)

    def evaluate(context: Context) -> str | None:
        text = read(context)
        return None if text is None else _capitalize(text, read_separators(context) or "")

    return evaluate


_SPECIAL = {
    "æ": "ae",
    "Æ": "AE",
    "ø": "oe",
    "Ø": "OE",
    "ß": "ss",
    "ł": "l",
    "Ł": "L",
    "\u0131": "i",
} | ({"œ": "oe", "Œ": "OE"} if OE_LIGATURE_IS_REPLACED else {})
_LATIN = (range(0x00C0, 0x0250), range(0x1E00, 0x1F00), range(0x212A, 0x212C))
_MARKED = re.compile(r"([A-Za-zœŒ])([\u0300-\u036f]+)")


def _plain_letter(char: str) -> str:
    """The letter without its marks; letters that carry none, and are in no table, stay."""
    base = unicodedata.normalize("NFD", char)[0]
    return _SPECIAL.get(base, base if base.isascii() else char)


_PLAIN = {code: plain for codes in _LATIN for code in codes if (plain := _plain_letter(chr(code))) != chr(code)}


def normalize_diacritics(text: str) -> str:
    """Latin letters without their marks; other scripts stay as they are."""
    if text.isascii():
        return text
    return _MARKED.sub(_without_marks, text.translate(_PLAIN))


def _without_marks(match: re.Match[str]) -> str:
    # The ligature with a mark is in the table even where the plain one is not.
    return {"œ": "oe", "Œ": "OE"}.get(match.group(1), match.group(1))


FUNCTIONS = (
    Function(
        "ToLower",
        "Small letters, by the rules of a culture where one is given.",
        (Parameter("source"), Parameter("culture", is_required=False)),
        Example("ToLower([mail])", "ada.berg@example.com", {"mail": "Ada.Berg@Example.com"}),
        _build_casing(lowering),
        check=_check_culture,
    ),
    Function(
        "ToUpper",
        "Capital letters, by the rules of a culture where one is given.",
        (Parameter("source"), Parameter("culture", is_required=False)),
        Example('ToUpper([city], "tr-TR")', "İZMİR", {"city": "izmir"}),
        _build_casing(raising),
        check=_check_culture,
    ),
    Function(
        "PCase",
        "Every word with a capital first letter and small ones after it; words end at the separators.",
        (Parameter("source"), Parameter("wordSeparators", is_required=False)),
        Example('PCase("ADA VAN DER BERG-HOLM")', "Ada Van Der Berg-Holm"),
        _build_pcase,
    ),
    Function(
        "NormalizeDiacritics",
        "Replaces accented Latin letters by plain ones, as user names need them.",
        (Parameter("source"),),
        Example('NormalizeDiacritics("Søren Müller")', "Soeren Muller"),
        on_text(normalize_diacritics),
    ),
)
