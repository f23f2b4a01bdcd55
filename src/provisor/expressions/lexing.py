"""Text to tokens (mapping spec §2.1): names, attributes, strings with their escapes, numbers, operators.

Whatever is not part of the language is refused here with the way to write it: `&`, `+`, single or curly quotes.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from provisor.expressions.choices import EXPRESSION_LENGTH_MAX, NUMBER_BITS
from provisor.expressions.faults import ExpressionFault, Fault


class TokenKind(Enum):
    """What a token is."""

    NAME = auto()
    ATTRIBUTE = auto()
    STRING = auto()
    NUMBER = auto()
    OPERATOR = auto()
    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is the unescaped text of a string, the name of an attribute without its brackets."""

    kind: TokenKind
    text: str
    position: int
    number: int = 0


_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<STRING>"(?:[^"\\]|\\.)*")
      | (?P<ATTRIBUTE>\[[^\]]*\])
      | (?P<hex>&[Hh][0-9A-Fa-f]+(?![0-9A-Za-z_]))
      | (?P<NUMBER>-?[0-9]+(?![0-9A-Za-z_.]))
      | (?P<NAME>[^\W\d_]\w*)
      | (?P<OPERATOR><=|>=|<>|=(?!=)|<|>)
      | (?P<OPEN>\() | (?P<CLOSE>\)) | (?P<COMMA>,)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r'\\(["\\])')

_REMEDIES = {
    "&": "`&` does not join texts here; use Join or Append. Hexadecimal numbers are written `&HFF`.",
    "+": "there is no arithmetic and no joining with `+`; use Join or Append for texts.",
    "-": "there is no arithmetic; `-` only begins a number, as in `-10`.",
    "*": "there is no arithmetic.",
    "/": "there is no arithmetic.",
    "'": 'texts are written in double quotes, as in `"text"`.',
    "\u201c": 'this is a curly quote; write a straight one, `"`.',
    "\u201d": 'this is a curly quote; write a straight one, `"`.',
    "\u201e": 'this is a curly quote; write a straight one, `"`.',
    "]": "there is no `[` before this bracket.",
    "!": "`not equal` is written `<>`.",
    "=": "`equal` is written `=`.",
    ";": "arguments are separated by commas.",
    "|": 'there is no "or"; nest a second IIF in the false branch.',
}


def tokenize(text: str) -> list[Token]:
    """The tokens of an expression, closed by one of kind END. Raises `ExpressionFault`."""
    if len(text) > EXPRESSION_LENGTH_MAX:
        message = f"the expression has {len(text):,} characters, at most {EXPRESSION_LENGTH_MAX:,} are allowed."
        raise ExpressionFault(text, [Fault(EXPRESSION_LENGTH_MAX, message)])
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionFault(text, [Fault(position, _explain(text, position))])
        if match.lastgroup != "space":
            tokens.append(_make(text, match))
        position = match.end()
    tokens.append(Token(TokenKind.END, "", len(text)))
    return tokens


def _make(text: str, match: re.Match[str]) -> Token:
    raw, start = match.group(), match.start()
    match match.lastgroup:
        case "STRING":
            return Token(TokenKind.STRING, _ESCAPE.sub(r"\1", raw[1:-1]), start)
        case "ATTRIBUTE":
            if not raw[1:-1].strip():
                fault = Fault(start, "`[]` names no attribute; write its name between the brackets, as in `[mail]`.")
                raise ExpressionFault(text, [fault])
            return Token(TokenKind.ATTRIBUTE, raw[1:-1], start)
        case "hex":
            return _number(text, raw, start, raw[2:].lstrip("0"), 16)
        case "NUMBER":
            return _number(text, raw, start, raw.lstrip("-0"), 10)
        case kind:
            return Token(TokenKind[kind or "END"], raw, start)


def _number(text: str, raw: str, start: int, digits: str, radix: int) -> Token:
    # Digits are counted first: Python refuses to read integers of thousands of digits.
    number = int(digits or "0", radix) if len(digits) <= NUMBER_BITS else 1 << NUMBER_BITS
    if number >= 1 << (NUMBER_BITS if radix == 16 else NUMBER_BITS - 1):
        fault = Fault(start, "this number is too large; write longer digit strings in double quotes.")
        raise ExpressionFault(text, [fault])
    return Token(TokenKind.NUMBER, raw, start, -number if raw.startswith("-") else number)


def _explain(text: str, position: int) -> str:
    """Why no token begins here, and what to write."""
    char = text[position]
    if char == '"':
        return 'this text is not closed; end it with `"`. A quote inside is written `\\"`, a backslash `\\\\`.'
    if char == "[":
        return "this attribute name is not closed; end it with `]`."
    if char.isdigit() or (char == "-" and text[position + 1 : position + 2].isdigit()):
        return "numbers are whole and decimal, as in `5` or `-10`; write anything else in double quotes."
    if char in _REMEDIES:
        return _REMEDIES[char]
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    return f"`{shown}` is not part of the language; texts are written in double quotes."
