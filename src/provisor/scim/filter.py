"""Filters: text to tree and back (RFC 7644 §3.4.2.2).

Precedence is grouping, `not`, `and`, `or`, also inside brackets, where the RFC's printed grammar contradicts its text.
`emails[type eq "work"].value eq "x"`, which clients send although the RFC's grammar lacks it, becomes
`emails[type eq "work" and value eq "x"]`. What a filter means for a resource is decided in filter_eval.py.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import NoReturn

from provisor.model.errors import Reject
from provisor.scim.grammar.attribute_path import STANDARD_SCHEMAS, AttributePath, is_name, read_attribute_path
from provisor.scim.grammar.literals import INTEGER_MAX
from provisor.scim.grammar.tokens import Token, excerpt, tokenize

FILTER_CHARACTERS_MAX = 65_536
FILTER_DEPTH_MAX = 32
"""Brackets and parentheses within each other."""
FILTER_TERMS_MAX = 1_000
"""Comparisons in one filter."""

_NUMBER = frozenset("0123456789+-.eE")
_NUMBER_CHARACTERS_MAX = 40

FilterValue = str | int | float | bool | None
"""The right-hand side of a comparison."""


class Operator(StrEnum):
    """Comparison operators; `pr` is a value of its own (Present)."""

    EQ = "eq"
    NE = "ne"
    CO = "co"
    SW = "sw"
    EW = "ew"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator value`."""

    path: AttributePath
    operator: Operator
    value: FilterValue


@dataclass(frozen=True, slots=True)
class Present:
    """`path pr`."""

    path: AttributePath


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    term: "Filter"


@dataclass(frozen=True, slots=True)
class ValuePath:
    """`path[filter]`: one element for which the whole inner filter holds. Inner paths name sub-attributes."""

    path: AttributePath
    filter: "Filter"


Filter = Comparison | Present | And | Or | Not | ValuePath

_OPERATORS = {operator.value: operator for operator in Operator}
_PLAIN = re.compile(r'(?!not )([\w$-]{1,100}) eq "([^"\\]{0,1000})"', re.ASCII | re.IGNORECASE)
_CONSTANTS: dict[str, FilterValue] = {"true": True, "false": False, "null": None}


def parse_filter(text: str, *, lenient: bool = False, schemas: Collection[str] = STANDARD_SCHEMAS) -> Filter:
    """Read a filter. Raises Reject (`invalidFilter`).

    `lenient` reads unquoted words on the right-hand side as strings. `schemas` holds further known schema ids, in
    lower case, as `ResourceType.schema_ids` gives them.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None and is_name(plain[1]):  # the question that clients ask before each write, without a detour
        return Comparison(AttributePath(None, plain[1]), Operator.EQ, plain[2])
    parser = FilterParser(text, "invalidFilter", lenient=lenient, schemas=schemas)
    result = parser.read_or(0)
    if parser.token.kind != "end":
        parser.fail("`and`, `or` or the end")
    return result


def print_filter(filter_: Filter) -> str:
    """A filter as text; reading it again gives an equal filter."""
    match filter_:
        case Comparison(path, operator, value):
            return f"{path} {operator} {json.dumps(value, ensure_ascii=False)}"
        case Present(path):
            return f"{path} pr"
        case And(terms):
            return " and ".join(_grouped(term, And, Or) for term in terms)
        case Or(terms):
            return " or ".join(_grouped(term, Or) for term in terms)
        case Not(term):
            return f"not ({print_filter(term)})"
        case ValuePath(path, inner):
            return f"{path}[{print_filter(inner)}]"


def named_attributes(filter_: Filter) -> set[str]:
    """The attributes at the top of a resource that a filter names, in lower case."""
    match filter_:
        case And(terms) | Or(terms):
            return set().union(*map(named_attributes, terms))
        case Not(term):
            return named_attributes(term)
        case _:
            return {filter_.path.attribute.lower()}


def _grouped(term: Filter, *kinds: type) -> str:
    text = print_filter(term)
    return f"({text})" if isinstance(term, kinds) else text


class FilterParser:
    """Recursive descent over the tokens of one text. Depth and terms are bounded, so the text cannot exhaust us."""

    __slots__ = ("_code", "_index", "_lenient", "_schemas", "_terms", "_text", "_tokens", "token")

    def __init__(self, text: str, code: str, *, lenient: bool, schemas: Collection[str]) -> None:
        self._text, self._code, self._lenient, self._schemas = text, code, lenient, schemas
        if len(text) > FILTER_CHARACTERS_MAX:
            raise Reject(f"The filter or path is longer than {FILTER_CHARACTERS_MAX} characters.", code=code)
        self._tokens = tokenize(text, code)
        self._index = 0
        self._terms = 0
        self.token = self._tokens[0]

    def fail(self, expected: str) -> NoReturn:
        """Raise Reject: something else was expected here."""
        found = f"'{excerpt(self.token.text)}'" if self.token.kind != "end" else "the end"
        raise Reject(
            f"'{excerpt(self._text)}' cannot be read: at character {self.token.start + 1} stands {found} "
            f"where {expected} is expected.",
            code=self._code,
        )

    def advance(self) -> Token:
        """Take the current token."""
        token = self.token
        if token.kind != "end":
            self._index += 1
            self.token = self._tokens[self._index]
        return token

    def read_path(self) -> AttributePath:
        """An attribute path."""
        path = read_attribute_path(self.token.text, self._schemas) if self.token.kind == "word" else None
        if path is None:
            self.fail("an attribute")
        self.advance()
        return path

    def read_sub_attribute(self, after: int) -> str | None:
        """`.name` directly after a closing bracket at that offset, if there is one."""
        token = self.token
        if token.kind != "word" or token.start != after or not token.text.startswith("."):
            return None
        if not is_name(token.text[1:]):
            self.fail("a sub-attribute")
        self.advance()
        return token.text[1:]

    def read_or(self, depth: int, *, bracketed: bool = False) -> Filter:
        """Terms joined by `or`."""
        terms = [self._read_and(depth, bracketed)]
        while self.token.kind == "word" and self.token.text.lower() == "or":
            self.advance()
            terms.append(self._read_and(depth, bracketed))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def read_bracketed(self, depth: int) -> Filter:
        """`[filter]`, from the opening bracket on; `self.token` is then what follows the closing one."""
        self._enter(depth)
        self.advance()
        inner = self.read_or(depth + 1, bracketed=True)
        if self.token.kind != "]":
            self.fail("`]`")
        return inner

    def _read_and(self, depth: int, bracketed: bool) -> Filter:
        terms = [self._read_term(depth, bracketed)]
        while self.token.kind == "word" and self.token.text.lower() == "and":
            self.advance()
            terms.append(self._read_term(depth, bracketed))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _read_term(self, depth: int, bracketed: bool) -> Filter:
        if self.token.kind == "(":
            return self._read_group(depth, bracketed)
        if self.token.kind == "word" and self.token.text.lower() == "not":
            self.advance()
            if self.token.kind != "(":
                self.fail("`(`")
            return Not(self._read_group(depth, bracketed))
        path = self.read_path()
        if self.token.kind != "[":
            return self._read_comparison(path)
        if bracketed or path.sub_attribute is not None:
            self.fail("an operator")
        inner = self.read_bracketed(depth)
        sub = self.read_sub_attribute(self.advance().stop)
        if sub is None:
            return ValuePath(path, inner)
        return ValuePath(path, And((inner, self._read_comparison(AttributePath(None, sub)))))

    def _read_group(self, depth: int, bracketed: bool) -> Filter:
        self._enter(depth)
        self.advance()
        inner = self.read_or(depth + 1, bracketed=bracketed)
        if self.token.kind != ")":
            self.fail("`)`")
        self.advance()
        return inner

    def _enter(self, depth: int) -> None:
        if depth >= FILTER_DEPTH_MAX:
            raise Reject(f"The filter is nested deeper than {FILTER_DEPTH_MAX} levels.", code=self._code)

    def _read_comparison(self, path: AttributePath) -> Filter:
        self._terms += 1
        if self._terms > FILTER_TERMS_MAX:
            raise Reject(f"The filter has more than {FILTER_TERMS_MAX} comparisons.", code=self._code)
        word = self.token.text.lower() if self.token.kind == "word" else ""
        if word == "pr":
            self.advance()
            return Present(path)
        operator = _OPERATORS.get(word)
        if operator is None:
            self.fail("an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le)")
        self.advance()
        return Comparison(path, operator, self._read_value())

    def _read_value(self) -> FilterValue:
        token = self.token
        if token.kind == "string":
            return self.advance().text
        if token.kind != "word":
            self.fail("a value")
        folded = token.text.lower()
        if folded in _CONSTANTS:
            self.advance()
            return _CONSTANTS[folded]
        number = _read_number(token.text)
        if number is None and not self._lenient:
            self.fail("a value (text goes in double quotes)")
        self.advance()
        return token.text if number is None else number


def _read_number(text: str) -> int | float | None:
    """A JSON number; None for anything else, such as an employee number with leading zeros."""
    digits = text.removeprefix("-")
    if not _NUMBER.issuperset(text) or len(text) > _NUMBER_CHARACTERS_MAX or not digits[:1].isdigit():
        return None
    if digits[0] == "0" and digits[1:2].isdigit():
        return None
    try:
        whole = int(text)
    except ValueError:
        try:
            number = float(text)
        except ValueError:
            return None
        return number if isfinite(number) else None
    return whole if -INTEGER_MAX <= whole <= INTEGER_MAX else None
