"""Custom date formats of .NET: `yyyy-MM-dd`, `M/d/yyyy h:mm:ss tt`, `yyyyMMddHHmmss.fZ` (mapping spec §3.7).

A format is compiled once and then reads and writes dates. The language's own zone is UTC, names are English. One letter
alone is a standard format, as in .NET, and stands for a custom one. Eras are written, not read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from provisor.expressions.dotnet.dates import DAYS, MONTHS
from provisor.expressions.values import as_utc

_STANDARD = {
    "d": "M/d/yyyy",
    "D": "dddd, MMMM d, yyyy",
    "f": "dddd, MMMM d, yyyy h:mm tt",
    "F": "dddd, MMMM d, yyyy h:mm:ss tt",
    "g": "M/d/yyyy h:mm tt",
    "G": "M/d/yyyy h:mm:ss tt",
    "M": "MMMM d",
    "m": "MMMM d",
    "o": "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
    "O": "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-dd'T'HH:mm:ss",
    "t": "h:mm tt",
    "T": "h:mm:ss tt",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "U": "dddd, MMMM d, yyyy h:mm:ss tt",
    "y": "MMMM yyyy",
    "Y": "MMMM yyyy",
}
_LETTERS = "dfFghHKmMstyz"
_LONGEST = {"f": 7, "F": 7}

Writer = Callable[[datetime], str]


class FormatFault(ValueError):
    """The text is not a date format; the message says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of one letter (`letter` and `count`), or literal text (`letter` empty). A point before `F` is its text."""

    letter: str
    count: int
    text: str = ""


@lru_cache(maxsize=256)
def split_format(text: str) -> tuple[Piece, ...]:
    """The pieces of a format. Raises `FormatFault`."""
    if not text:
        raise FormatFault("it is empty.")
    if len(text) == 1:
        if text not in _STANDARD:
            raise FormatFault(f"`{text}` alone is no standard format; write it as `%{text}` or in quotes.")
        text = _STANDARD[text]
    pieces: list[Piece] = []
    index = 0
    while index < len(text):
        char = text[index]
        if char in _LETTERS:
            piece, index = _read_run(text, index)
            if piece.letter == "F" and pieces and pieces[-1] == Piece("", 0, "."):
                # .NET leaves the point out together with a fraction of zero.
                pieces.pop()
                piece = Piece("F", piece.count, ".")
        elif char in "'\"":
            piece, index = _read_quoted(text, index)
        elif char == "\\":
            if index + 1 >= len(text):
                raise FormatFault("it ends in a single backslash.")
            piece, index = Piece("", 0, text[index + 1]), index + 2
        elif char == "%":
            if text[index + 1 : index + 2] in ("", "%"):
                raise FormatFault("`%` must stand before a letter of the format.")
            index += 1
            continue
        else:
            piece, index = Piece("", 0, char), index + 1
        pieces.append(piece)
    return tuple(pieces)


def _read_run(text: str, index: int) -> tuple[Piece, int]:
    letter = text[index]
    end = index
    while end < len(text) and text[end] == letter:
        end += 1
    longest = 1 if letter == "K" else _LONGEST.get(letter, len(text))
    if letter == "K":
        end = index + 1
    if end - index > longest:
        raise FormatFault(f"`{text[index:end]}` is too long; at most {longest} digits of a second are known.")
    return Piece(letter, end - index), end


def _read_quoted(text: str, index: int) -> tuple[Piece, int]:
    quote = text[index]
    literal: list[str] = []
    position = index + 1
    while position < len(text):
        char = text[position]
        if char == quote:
            return Piece("", 0, "".join(literal)), position + 1
        if char == "\\":
            position += 1
        literal.append(text[position : position + 1])
        position += 1
    raise FormatFault(f"a quoted part is not closed; end it with {quote}.")


@lru_cache(maxsize=256)
def compile_writer(text: str) -> Writer:
    """The function that writes a moment in this format, in UTC. Raises `FormatFault`."""
    writers = tuple(_writer(piece) for piece in split_format(text))

    def write(moment: datetime) -> str:
        utc = as_utc(moment)
        return "".join([writer(utc) for writer in writers])

    return write


def _writer(piece: Piece) -> Writer:
    literal, count = piece.text, piece.count
    match piece.letter:
        case "":
            return lambda _moment: literal
        case "y" if count <= 2:
            return lambda moment: f"{moment.year % 100:0{count}d}"
        case "y":
            return lambda moment: f"{moment.year:0{count}d}"
        case "M" if count >= 3:
            return lambda moment: MONTHS[moment.month - 1][: None if count > 3 else 3]
        case "d" if count >= 3:
            return lambda moment: DAYS[moment.weekday()][: None if count > 3 else 3]
        case "f":
            return lambda moment: f"{moment.microsecond:06d}0"[:count]
        case "F":
            return lambda moment: _with_point(literal, f"{moment.microsecond:06d}0"[:count].rstrip("0"))
        case "t":
            return lambda moment: ("AM" if moment.hour < 12 else "PM")[:count]
        case "h":
            return lambda moment: f"{moment.hour % 12 or 12:0{min(count, 2)}d}"
        case "g":
            return lambda _moment: "A.D."
        case "K":
            return lambda _moment: "Z"
        case "z":
            return lambda _moment: ("+0", "+00", "+00:00")[min(count, 3) - 1]
    field = {"M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second"}[piece.letter]
    width = min(count, 2)
    return lambda moment: f"{getattr(moment, field):0{width}d}"


def _with_point(point: str, digits: str) -> str:
    return point + digits if digits else ""
