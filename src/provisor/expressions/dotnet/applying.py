"""Applies .NET patterns to values under a time limit: replacing matches, replacing groups, reading a group.

Replacement texts follow .NET: `${name}`, `$1`, `$$`, `$&`, `` $` ``, `$'`, `$_`; an unknown group stays as it is
written, a group without a match is empty, a backslash is an ordinary character.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from provisor.expressions.choices import REGEX_TIMEOUT_SECONDS, REPLACE_GROUP_BY_SPAN, TEXT_LENGTH_MAX
from provisor.expressions.dotnet.patterns import CompiledPattern, Match
from provisor.expressions.faults import CODE_REGEX_TIMEOUT, EvaluationFault

Expand = Callable[[Match], str]

_REFERENCE = re.compile(r"\$(?:\{([^{}]*)\}|([0-9]+)|([$&`'_+]))")


def replace_matches(compiled: CompiledPattern, text: str, replacement: str) -> str:
    """Every match replaced. Raises `EvaluationFault` with code `RegexTimeout`."""
    expand = compile_replacement(compiled, replacement)
    made = 0

    def expand_within_bounds(match: Match) -> str:
        nonlocal made
        part = expand(match)
        made += len(part)
        if made > TEXT_LENGTH_MAX:
            raise _too_long()
        return part

    try:
        return compiled.pattern.sub(expand_within_bounds, text, timeout=REGEX_TIMEOUT_SECONDS)
    except TimeoutError as error:
        raise _timeout(compiled) from error


def replace_group(compiled: CompiledPattern, text: str, group: int, replacement: str) -> str:
    """In every match, what the group captured is replaced; what is outside of the group stays."""
    parts: list[str] = []
    done = 0
    try:
        matches = list(compiled.pattern.finditer(text, timeout=REGEX_TIMEOUT_SECONDS))
    except TimeoutError as error:
        raise _timeout(compiled) from error
    if not REPLACE_GROUP_BY_SPAN:
        return _replace_captured(matches, text, group, replacement)
    expand = compile_replacement(compiled, replacement)
    made = 0
    for match in matches:
        start, end = match.span(group)
        if start < done or (start == end == done and parts):
            continue  # no part in this match, or a lookaround that captured what is replaced already
        part = expand(match)
        parts += (text[done:start], part)
        made += len(part)
        if made > TEXT_LENGTH_MAX:
            raise _too_long()
        done = end
    parts.append(text[done:])
    return "".join(parts)


def _replace_captured(matches: list[Match], text: str, group: int, replacement: str) -> str:
    for captured in dict.fromkeys(match.group(group) for match in matches):
        if captured:
            if len(text) + text.count(captured) * len(replacement) > TEXT_LENGTH_MAX:
                raise _too_long()
            text = text.replace(captured, replacement)
    return text


def find_group(compiled: CompiledPattern, text: str, group: int) -> str | None:
    """What the group captured in the first match, None where there is none."""
    try:
        match = compiled.pattern.search(text, timeout=REGEX_TIMEOUT_SECONDS)
    except TimeoutError as error:
        raise _timeout(compiled) from error
    return match.group(group) if match else None


def is_found(compiled: CompiledPattern, text: str) -> bool:
    """Whether the pattern occurs anywhere in the text. Raises `EvaluationFault` with code `RegexTimeout`."""
    try:
        return compiled.pattern.search(text, timeout=REGEX_TIMEOUT_SECONDS) is not None
    except TimeoutError as error:
        raise _timeout(compiled) from error


@lru_cache(maxsize=512)
def compile_replacement(compiled: CompiledPattern, replacement: str) -> Expand:
    """The function that writes the replacement of one match."""
    if "$" not in replacement:
        return lambda _match: replacement
    parts: list[Expand] = []
    done = 0
    for reference in _REFERENCE.finditer(replacement):
        parts.append(_literal(replacement[done : reference.start()]))
        parts.append(_expand(compiled, reference))
        done = reference.end()
    parts.append(_literal(replacement[done:]))
    return lambda match: "".join([part(match) for part in parts])


def _expand(compiled: CompiledPattern, reference: re.Match[str]) -> Expand:
    name, digits, sign = reference.groups()
    if sign is not None:
        return _SIGNS[sign]
    number = compiled.group(name if name is not None else digits)
    return _literal(reference.group()) if number is None else _captured(number)


def _literal(text: str) -> Expand:
    return lambda _match: text


def _captured(number: int) -> Expand:
    return lambda match: match.group(number) or ""


def _last_group(match: Match) -> str:
    return match.group(match.re.groups) or ""


_SIGNS: dict[str, Expand] = {
    "$": _literal("$"),
    "&": _captured(0),
    "`": lambda match: match.string[: match.span()[0]],
    "'": lambda match: match.string[match.span()[1] :],
    "_": lambda match: match.string,
    "+": _last_group,
}


def _too_long() -> EvaluationFault:
    return EvaluationFault(f"Replace: the result would have more than {TEXT_LENGTH_MAX:,} characters.")


def _timeout(compiled: CompiledPattern) -> EvaluationFault:
    return EvaluationFault(
        f"The pattern `{compiled.text[:60]}` took longer than {REGEX_TIMEOUT_SECONDS:g} seconds.",
        code=CODE_REGEX_TIMEOUT,
        remedy="Simplify it: avoid repetitions inside repetitions, such as `(a+)+`.",
    )
