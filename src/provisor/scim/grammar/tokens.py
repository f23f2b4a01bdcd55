"""Tokens of SCIM filters and paths (RFC 7644 figures 1 and 7), read by hand in one pass.

A word is anything up to a blank, a quote or a bracket, so that a URN with its dots and colons stays in one piece.
What a word means is decided by the parsers.
"""

import json
from typing import NamedTuple

from provisor.model.errors import Reject

EXCERPT_CHARACTERS_MAX = 80
"""How much of a faulty text is repeated in an error."""

_BLANKS = frozenset(" \t\r\n")
_BRACKETS = frozenset("()[]")
_WORD_ENDS = _BLANKS | _BRACKETS | {'"'}


class Token(NamedTuple):
    """`kind` is `word`, `string`, `end` or the bracket itself; `start` and `stop` are offsets into the text."""

    kind: str
    text: str
    start: int
    stop: int


def excerpt(text: str) -> str:
    """The beginning of a text, safe to repeat in an error sentence."""
    shown = text if len(text) <= EXCERPT_CHARACTERS_MAX else f"{text[:EXCERPT_CHARACTERS_MAX]}…"
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def tokenize(text: str, code: str) -> list[Token]:
    """All tokens, the last being `end`. Raises Reject with the given scimType for an unfinished or faulty string."""
    tokens: list[Token] = []
    position, stop = 0, len(text)
    while position < stop:
        character = text[position]
        if character in _BLANKS:
            position += 1
        elif character in _BRACKETS:
            tokens.append(Token(character, character, position, position + 1))
            position += 1
        elif character == '"':
            token = _read_string(text, position, code)
            tokens.append(token)
            position = token.stop
        else:
            start = position
            while position < stop and text[position] not in _WORD_ENDS:
                position += 1
            tokens.append(Token("word", text[start:position], start, position))
    tokens.append(Token("end", "", stop, stop))
    return tokens


def _read_string(text: str, start: int, code: str) -> Token:
    """A JSON string, from its opening quote on."""
    closing = text.find('"', start + 1)
    escaped = False
    while closing >= 0 and _is_escaped(text, start, closing):
        escaped = True
        closing = text.find('"', closing + 1)
    if closing < 0:
        raise Reject(
            f"The text at character {start + 1} of '{excerpt(text)}' has no closing quote.",
            remedy="Close it with a double quote.",
            code=code,
        )
    value = text[start + 1 : closing]
    if escaped or "\\" in value:
        value = _unescape(text[start : closing + 1], text, code)
    return Token("string", value, start, closing + 1)


def _is_escaped(text: str, start: int, quote: int) -> bool:
    """Whether an odd number of backslashes stands before this quote."""
    position = quote - 1
    while position > start and text[position] == "\\":
        position -= 1
    return (quote - 1 - position) % 2 == 1


def _unescape(quoted: str, text: str, code: str) -> str:
    try:
        value = json.loads(quoted, strict=False)
        value.encode("utf-8")  # half a surrogate pair can be written as an escape, but never stored or sent
    except ValueError:
        raise Reject(
            f"A text in '{excerpt(text)}' has an escape that JSON does not know.",
            remedy='Write \\" for a quote and \\\\ for a backslash.',
            code=code,
        ) from None
    return str(value)
