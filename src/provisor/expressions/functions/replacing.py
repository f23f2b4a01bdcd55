"""Replace, in its five modes (mapping spec §3.2). Which mode it is follows from the arguments that are supplied.

An empty text for an unused pattern, group, attribute, template or old value counts as not supplied, as published
configurations have it; an empty replacement is a real one.
"""

from collections.abc import Callable, Iterator

from provisor.expressions.calls.arguments import Arguments, Term, Text
from provisor.expressions.calls.coercion import check_length
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, argument, constant, place
from provisor.expressions.choices import REPLACE_OF_NULL_YIELDS_NULL
from provisor.expressions.dotnet.applying import find_group, replace_group, replace_matches
from provisor.expressions.dotnet.patterns import CompiledPattern, PatternFault, compile_pattern
from provisor.expressions.faults import Fault, fail
from provisor.expressions.nodes import Call, Constant

_SOURCE, _OLD, _PATTERN, _GROUP, _NEW, _OTHER, _TEMPLATE = range(7)
_Convert = Callable[[str, Context], str]
_Pattern = Callable[[Context], CompiledPattern]


def choose_mode(supplied: frozenset[int]) -> int:
    """The mode, 1 to 5, of the supplied arguments; 0 where they make none. With too many, the most specific wins."""
    modes = (
        (5, {_PATTERN, _GROUP, _OTHER}),
        (4, {_PATTERN, _GROUP, _NEW}),
        (3, {_PATTERN, _NEW}),
        (2, {_OLD, _TEMPLATE}),
        (1, {_OLD, _NEW}),
    )
    return next((mode for mode, needed in modes if needed <= supplied), 0)


def _check(call: Call) -> Iterator[Fault]:
    supplied = frozenset(
        index
        for index in range(1, 7)
        if argument(call, index) is not None and (index == _NEW or constant(call, index) != "")
    )
    mode = choose_mode(supplied)
    if not mode:
        yield Fault(call.position, _explain_mode(supplied))
    pattern: CompiledPattern | None = None
    if mode >= 3 and (text := constant(call, _PATTERN)) is not None:
        try:
            pattern = compile_pattern(str(text))
        except PatternFault as fault:
            yield Fault(place(call, _PATTERN), f"the regexPattern of `Replace` cannot be used: {fault}")
    group = constant(call, _GROUP)
    if mode >= 4 and pattern and group is not None and pattern.group(str(group)) is None:
        known = ", ".join(pattern.names) or "none"
        yield Fault(place(call, _GROUP), f"the pattern has no group `{group}`; its named groups are: {known}.")
    other = argument(call, _OTHER)
    if mode == 5 and isinstance(other, Constant):
        message = f"replacementAttributeName of `Replace` is an attribute: write [{other.value}], without quotes."
        yield Fault(other.position, message)


def _explain_mode(supplied: frozenset[int]) -> str:
    names = [_PARAMETERS[index].name for index in sorted(supplied)]
    given = f"only {' and '.join(names)}" if names else "nothing of that"
    return (
        "`Replace` needs oldValue and replacementValue, or oldValue and template, or regexPattern and "
        "replacementValue, or regexPattern, regexGroupName and replacementAttributeName; "
        f"{given} is given. Count the commas: replacementValue is the fifth argument."
    )


def _is_supplied(index: int, term: Term) -> bool:
    return index == _NEW or not (term.is_constant and term.value == "")


def _build(arguments: Arguments) -> Evaluate:
    supplied = frozenset(
        index for index in range(1, 7) if arguments.has(index) and _is_supplied(index, arguments.term(index))
    )
    match choose_mode(supplied):
        case 5:
            return _build_fallback(arguments)
        case 4:
            return _over_source(arguments, _by_group(arguments))
        case 3:
            return _over_source(arguments, _by_pattern(arguments))
        case 2:
            return _over_source(arguments, _by_template(arguments))
        case _:
            return _over_source(arguments, _by_text(arguments))


def _over_source(arguments: Arguments, convert: _Convert) -> Evaluate:
    read = arguments.text(_SOURCE)

    def evaluate(context: Context) -> str | None:
        text = read(context)
        if text is None:
            if REPLACE_OF_NULL_YIELDS_NULL:
                return None
            text = ""
        return convert(text, context)

    return evaluate


def _by_text(arguments: Arguments) -> _Convert:
    read_old, read_new = arguments.text(_OLD), arguments.text(_NEW)

    def convert(text: str, context: Context) -> str:
        return _replace_text(text, read_old(context), read_new(context) or "")

    return convert


def _replace_text(text: str, old: str | None, new: str) -> str:
    if not old:
        return text
    if len(new) > len(old):
        check_length(len(text) + text.count(old) * len(new), "Replace")
    return text.replace(old, new)


def _by_template(arguments: Arguments) -> _Convert:
    read_old, read_template = arguments.text(_OLD), arguments.text(_TEMPLATE)

    def convert(text: str, context: Context) -> str:
        return _replace_text(read_template(context) or "", read_old(context), text)

    return convert


def _by_pattern(arguments: Arguments) -> _Convert:
    read_pattern, read_new = _pattern(arguments), arguments.text(_NEW)
    return lambda text, context: replace_matches(read_pattern(context), text, read_new(context) or "")


def _by_group(arguments: Arguments) -> _Convert:
    read_pattern, read_group, read_new = _pattern(arguments), arguments.text(_GROUP), arguments.text(_NEW)

    def convert(text: str, context: Context) -> str:
        pattern = read_pattern(context)
        return replace_group(pattern, text, _group(pattern, read_group, context), read_new(context) or "")

    return convert


def _build_fallback(arguments: Arguments) -> Evaluate:
    read, read_other = arguments.text(_SOURCE), arguments.text(_OTHER)
    read_pattern, read_group = _pattern(arguments), arguments.text(_GROUP)

    def evaluate(context: Context) -> str | None:
        text = read(context)
        if text:
            return text
        other = read_other(context)
        if other is None:
            return None
        pattern = read_pattern(context)
        return find_group(pattern, other, _group(pattern, read_group, context))

    return evaluate


def _pattern(arguments: Arguments) -> _Pattern:
    """The pattern, compiled now where it is constant; compiled patterns are kept for a while where it is not."""
    term = arguments.term(_PATTERN)
    if term.is_constant:
        compiled = compile_pattern(str(term.value))
        return lambda _context: compiled
    read = arguments.text(_PATTERN)

    def compile_now(context: Context) -> CompiledPattern:
        try:
            return compile_pattern(read(context) or "")
        except PatternFault as fault:
            fail(f"Replace: the regexPattern cannot be used: {fault}")

    return compile_now


def _group(pattern: CompiledPattern, read_group: Text, context: Context) -> int:
    name = read_group(context) or ""
    number = pattern.group(name)
    if number is None:
        fail(f"Replace: the pattern has no group `{name[:40]}`.")
    return number


_PARAMETERS = (
    Parameter("source"),
    Parameter("oldValue", is_required=False, key="Find"),
    Parameter("regexPattern", is_required=False, key="RegularExpression"),
    Parameter("regexGroupName", is_required=False, key="RegularExpressionGroupName"),
    Parameter("replacementValue", is_required=False, key="Replacement"),
    Parameter("replacementAttributeName", is_required=False, key="ReplacementPropertyName"),
    Parameter("template", is_required=False, key="Template"),
)

FUNCTIONS = (
    Function(
        "Replace",
        "Replaces text, what a regular expression matches, or one group of it; or fills a template; "
        "or falls back to a part of another attribute.",
        _PARAMETERS,
        Example('Replace([mail], , "@.*$", , "@example.org", , )', "ada@example.org", {"mail": "ada@example.com"}),
        _build,
        check=_check,
    ),
)
