"""Functions that chance or the tenant decides (mapping spec §3.1, §3.11): Guid, RandomString, DefaultDomain."""

from collections.abc import Iterator

from provisor.expressions.calls.arguments import Arguments
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
from provisor.expressions.faults import Fault, fail
from provisor.expressions.nodes import Call

RANDOM_LENGTH_MAX = 256
_DIGITS = "0123456789"
_SPECIALS = "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CLASSES = (_DIGITS, _SPECIALS, _CAPITALS, _CAPITALS.lower())
"""The classes of the Windows password rules, in the order of the parameters."""

_CLASS_NAMES = ("digits", "special characters", "capital letters", "small letters")


def _explain(length: int, minima: tuple[int, ...], avoided: str) -> str:
    """Why no such text can be made; empty when it can."""
    if not 0 <= length <= RANDOM_LENGTH_MAX:
        return f"the length is 0 to {RANDOM_LENGTH_MAX}, not {length}."
    if any(minimum < 0 for minimum in minima):
        return "a minimum is less than 0."
    if sum(minima) > length:
        return f"the minima add up to {sum(minima)}, more than the length {length}."
    for minimum, letters, name in zip(minima, _CLASSES, _CLASS_NAMES, strict=True):
        if minimum and not set(letters) - set(avoided):
            return f"all {name} are to be avoided, and {minimum} are asked for."
    if length and not set("".join(_CLASSES)) - set(avoided):
        return "all characters are to be avoided."
    return ""


def _build_random_string(arguments: Arguments) -> Evaluate:
    readers = [arguments.integer(index) for index in range(5)]
    read_avoided = arguments.text(5)

    def evaluate(context: Context) -> str:
        length, *minima = [read(context) or 0 for read in readers]
        avoided = read_avoided(context) or ""
        if problem := _explain(length, tuple(minima), avoided):
            fail(f"RandomString: {problem}")
        classes = ["".join(char for char in letters if char not in avoided) for letters in _CLASSES]
        every = "".join(classes)
        sources = [letters for letters, minimum in zip(classes, minima, strict=True) for _ in range(minimum)]
        sources += [every] * (length - len(sources))
        chars = [letters[context.random(len(letters))] for letters in sources]
        for last in range(len(chars) - 1, 0, -1):
            other = context.random(last + 1)
            chars[last], chars[other] = chars[other], chars[last]
        return "".join(chars)

    return evaluate


def _check_random_string(call: Call) -> Iterator[Fault]:
    numbers = [constant_integer(call, index) for index in range(5)]
    known = [number for number in numbers if number is not None]
    avoided = constant(call, 5)
    if len(known) == 5 and (problem := _explain(known[0], tuple(known[1:]), str(avoided or ""))):
        yield Fault(place(call, 0), f"`RandomString` cannot be made: {problem}")


def _warn_chance(call: Call) -> str:
    return f"{call.name} gives another value each time: apply this mapping only during object creation."


def _build_guid(_arguments: Arguments) -> Evaluate:
    return lambda context: context.new_guid().lower()


def _build_default_domain(_arguments: Arguments) -> Evaluate:
    return lambda context: context.default_domain or None


_INTEGER = ValueType.INTEGER

FUNCTIONS = (
    Function(
        "Guid",
        "A new random identifier, in small letters.",
        (),
        Example("Guid()", None),
        _build_guid,
        is_pure=False,
        warn=_warn_chance,
    ),
    Function(
        "RandomString",
        "A random text of a length, with at least so many digits, special characters, capital and small letters.",
        (
            Parameter("length", _INTEGER),
            Parameter("minimumNumbers", _INTEGER),
            Parameter("minimumSpecialCharacters", _INTEGER),
            Parameter("minimumCapital", _INTEGER),
            Parameter("minimumLowerCase", _INTEGER),
            Parameter("charactersToAvoid", is_required=False),
        ),
        Example('RandomString(12, 2, 2, 2, 2, "Il1O0")', None),
        _build_random_string,
        check=_check_random_string,
        is_pure=False,
        warn=_warn_chance,
    ),
    Function(
        "DefaultDomain",
        "The default domain of the directory; null where it has none.",
        (),
        Example('Join("@", "ada", DefaultDomain())', "ada@example.com"),
        _build_default_domain,
        is_pure=False,
    ),
)
