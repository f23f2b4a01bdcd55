"""Writes the reference pages of functions and filter operators from their catalogues; a test holds them current.

Every result on the pages is evaluated while they are written, and examples that come from the tests' corpus are
compared with what the corpus says.
"""

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisor.expressions.calls.signature import Function, Parameter
from provisor.expressions.catalogue import CATALOGUE, ROOMS
from provisor.expressions.compiler import Context, compile_expression
from provisor.expressions.elsewhere import NOT_SUPPORTED_HERE
from provisor.expressions.faults import EvaluationFault, ExpressionFault
from provisor.expressions.nodes import Attribute, Call, Comparison, Node, walk
from provisor.expressions.parser import parse
from provisor.expressions.printing import print_expression
from provisor.expressions.values import as_printed
from provisor.model.job import ScopeSetting
from provisor.model.resource import ObjectType, SourceResource
from provisor.model.rules import Clause, FilterGroup
from provisor.stages.clauses.catalogue import OPERATORS, UNDEFINED
from provisor.stages.clauses.operator import NullRule, Operator
from provisor.stages.scoping import compile_scope, judge_scope

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
CORPUS = ROOT / "tests" / "corpus"
FUNCTIONS_PAGE = REFERENCE / "expression-functions.md"
FILTERS_PAGE = REFERENCE / "scoping-filters.md"

NOW = datetime(2025, 7, 30, tzinfo=UTC)
DEFAULT_NOW = "2025-07-30T00:00:00Z"
EXAMPLES_MAX = 5
LENGTH_MAX = 110
"""Characters of an example from the corpus."""

ABSENT = "absent"
MAIN_PARAMETERS = ("source", "string", "attribute", "expression", "dateTime", "date2", "value", "value1", "condition")

ROOM_TITLES = {
    "text": "Text",
    "letters": "Letters",
    "encoding": "Encoding",
    "replacing": "Replacing",
    "dates": "Dates",
    "formatting": "Dates in other forms",
    "logic": "Tests and numbers",
    "choosing": "Choosing",
    "lists": "Lists",
    "roles": "App roles",
    "chance": "Chance and the present",
    "additions": "Ours",
}

FUNCTIONS_HEAD = """# Functions of the mapping language

Made by `tools/make_mapping_pages.py` from the functions themselves; every result is evaluated.

An expression is a function with its arguments, an attribute in square brackets, or a text in double quotes:
`Join(" ", [givenName], [surname])`. Functions nest. Inside a text, `\\"` is a quote and `\\\\` a backslash. Nothing
between two commas means that the argument is not given. Conditions compare two values with `=`, `<>`, `>`, `>=`, `<` or
`<=`; there is no *and* and no *or*: nest a second `IIF`. Names of functions and attributes are case-sensitive.

An attribute that a person does not have is null; in the examples `[absent]` is one. Results are shown as they are
written to a text attribute: `True` and `False`, whole numbers as digits, dates as `M/d/yyyy h:mm:ss tt` in UTC.
`IgnoreAttributeFlow` as a result leaves the attribute out of the change, `IgnoreObjectFlow` the whole person.

Try one, here with the attributes of a person as JSON:

```sh
provisor expression eval 'ToLower(Left([givenName], 3))' --source '{"givenName": "Grace"}'
```

What Entra's documentation leaves open is decided in `expressions/choices.py`, one named choice each.
"""

FILTERS_HEAD = """# Scoping filters

Made by `tools/make_mapping_pages.py` from the operators themselves; every verdict is judged.

A scoping filter is a set of groups, and a group a set of clauses. Somebody is in scope when **all** clauses of **one**
group hold; without any group everybody is. Filters come on top of the scope setting: whoever is not assigned stays out.
Leaving a scoping filter disables the account; an *input filter* (`inputFilterGroups`) only says who is looked at at
all, and nobody loses anything by it.

A clause names an attribute, an operator and its values. Of several values one is enough. Text is compared as it is,
letter case included. **A clause about an attribute without a value does not hold**, but where the table says
otherwise: `NOT EQUALS` leaves out people without a value; add a group with `IS NULL` for them. Regular expressions are
those of .NET, are found anywhere in the value unless `^` and `$` bind them, and ignore case after `(?i)`. Names of
operators are read in any case, with blanks or underscores.

An attribute with several values satisfies an operator when all its values do. Around an operator may stand words of
ours, which Entra does not understand: `ANY` before it, when one value is enough; `IGNORE CASE` behind it; and
`OR NULL`, which lets people without a value in. `manager.` before an attribute asks for the manager's; when the manager
changes, so does who passes. `memberOf` are the groups that somebody is an immediate member of, named by id or name.

A value that cannot be judged takes no account away: a date that is none, or a pattern that takes longer than 0.2
seconds, holds this one person for retry. After five such people the clause is not tried again in that cycle.

## Dates

A value is a date, such as `2026-12-01` or `2026-12-01T08:00:00+01:00`, or counts from the present: `now`, `now+7d`,
`today-1m`. `today` is midnight in UTC. The units are those of DateAdd: `yyyy`, `m` months, `ww` weeks, `d`, `h`,
`n` minutes, `s`.

`employeeHireDate ON_OR_BEFORE now+7d` together with `employeeLeaveDateTime AFTER OR NULL now` gives people their
account a week before their first day and takes it away after their last. Nobody has to change anything for that: the
moment at which the answer changes is computed for each person, and a cycle begins when it comes (in the profile
`strict-entra`, with the next interval).
"""

_OPERATORS_HEAD = """
## Operators

| operator | attribute types | holds when | without a value | Entra |
|---|---|---|---|---|
"""
_NOT_HERE_HEAD = """
## Not here

Functions of neighbouring languages, and what to write instead.

| function | instead |
|---|---|
"""


def render_functions() -> str:
    """The page of functions."""
    vectors = _vectors_by_function()
    parts = [FUNCTIONS_HEAD, "\n## By subject\n\n"]
    for room, functions in ROOMS.items():
        links = ", ".join(f"[{one.name}](#{one.name.lower()})" for one in functions)
        parts.append(f"* **{ROOM_TITLES[room]}**: {links}\n")
    parts += ["".join(_function(one, vectors.get(one.name, []))) for one in CATALOGUE.values()]
    parts += [_NOT_HERE_HEAD, *(f"| `{name}` | {_escape(remedy)} |\n" for name, remedy in NOT_SUPPORTED_HERE.items())]
    return "".join(parts)


def render_filters() -> str:
    """The page of operators."""
    lines = [FILTERS_HEAD, _OPERATORS_HEAD, *(_operator(one) for one in OPERATORS.values())]
    listed = ", ".join(f"`{one.name}`" for one in OPERATORS.values() if one.can_ignore_case)
    lines.append(f"\n`IGNORE CASE` goes with {listed}.\n")
    lines += [f"\n`{name}` is refused: {reason}.\n" for name, reason in UNDEFINED.items()]
    lines += ["\n## Examples\n\nThe first ones are those of Entra's documentation.\n", *_verdicts()]
    return "".join(lines)


def _function(function: Function, vectors: list[dict[str, Any]]) -> Iterator[str]:
    yield f"\n## {function.name}\n\n{function.description}\n\n"
    yield f"`{_signature(function)}`{' → ' + function.returns.value if function.returns else ''}\n"
    if function.parameters:
        yield "\n| parameter | type | |\n|---|---|---|\n"
        yield from (_parameter(one, function) for one in function.parameters)
    yield "\n| example | with | result |\n|---|---|---|\n"
    example = function.example
    if example.result is None and not function.is_pure:
        yield f"| {_code(example.expression)} |  | another one each time |\n"
    else:
        yield _row(example.expression, dict(example.source), example.result)
    for vector in _choose([one for one in vectors if one["expression"] != example.expression]):
        yield _row(vector["expression"], vector["source"], vector["result"], vector)
    if without := _without_value(function):
        yield _row(without, {}, ...)


def _choose(vectors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A few that differ: first one for each set of arguments that is given, then the shortest of the others."""
    by_arguments: dict[tuple[bool, ...], dict[str, Any]] = {}
    for vector in vectors:
        call = parse(vector["expression"])
        assert isinstance(call, Call)
        by_arguments.setdefault(tuple(one is not None for one in call.arguments), vector)
    first = list(by_arguments.values())
    others = [vector for vector in vectors if vector not in first]
    return (first + others)[:EXAMPLES_MAX]


def _signature(function: Function) -> str:
    names = [one.name for one in function.parameters]
    return f"{function.name}({', '.join([*names, '…'] if function.repeating else names)})"


def _parameter(parameter: Parameter, function: Function) -> str:
    words = "required" if parameter.is_required else "may be left empty"
    if parameter.repeats:
        least = function.repeats_min
        words = f"repeats{f', at least {least} times' if least > 1 else ''}"
    if parameter.words:
        words += f"; one of {', '.join(f'`{word}`' for word in parameter.words)}"
    if parameter.key and parameter.key != parameter.name:
        words += f"; `{parameter.key}` in the synchronization schema"
    return f"| `{parameter.name}` | {parameter.type.value} | {words} |\n"


def _without_value(function: Function) -> str:
    """The function's example with its main argument absent; nothing where it has no argument."""
    call = parse(function.example.expression)
    if not function.parameters or not isinstance(call, Call) or call.name != function.name:
        return f"{function.name}([{ABSENT}])" if len(function.parameters) == 1 else ""
    names = [parameter.name for parameter in function.parameters]
    index = next((names.index(name) for name in MAIN_PARAMETERS if name in names), 0)
    arguments = list(call.arguments)
    if index >= len(arguments):
        return ""
    old = arguments[index]
    arguments[index] = (
        Comparison(Attribute(ABSENT), old.operator, old.right) if isinstance(old, Comparison) else Attribute(ABSENT)
    )
    text = print_expression(Call(call.name, tuple(arguments)))
    try:
        compile_expression(text)
    except ExpressionFault:
        return ""
    return text


def _row(expression: str, source: dict[str, Any], expected: Any, world: dict[str, Any] | None = None) -> str:
    result = _evaluate(expression, source, world or {})
    if expected is not ... and result != expected:
        raise ValueError(f"{expression} gives {result!r}, not {expected!r}")
    if isinstance(result, dict) and "$error" in result:
        shown = f"fails: {_escape(result['$error'])}"
    else:
        shown = "null" if result is None else _code(json.dumps(result, ensure_ascii=False))
    read = {part.name for part in walk(parse(expression)) if isinstance(part, Attribute)}
    used = {name: value for name, value in source.items() if name in read}
    return f"| {_code(expression)} | {_given(used, world)} | {shown} |\n"


def _evaluate(expression: str, source: dict[str, Any], world: dict[str, Any]) -> Any:
    context = Context(
        source=source,
        now=datetime.fromisoformat(world.get("now", DEFAULT_NOW)).astimezone(UTC),
        random=random.Random(7).randrange,
        new_guid=lambda: "00000000-0000-4000-8000-000000000000",
        is_taken=set(world.get("taken", ())).__contains__,
        default_domain="example.com",
    )
    try:
        return as_printed(compile_expression(expression).evaluate(context))
    except EvaluationFault as fault:
        return {"$error": fault.message}


def _given(source: Any, world: dict[str, Any] | None = None) -> str:
    parts = [f"{name} = {_code(json.dumps(value, ensure_ascii=False))}" for name, value in source.items()]
    parts += [f"{key}: {_code(json.dumps(world[key]))}" for key in ("now", "taken") if world and key in world]
    return ", ".join(parts)


def _vectors_by_function() -> dict[str, list[dict[str, Any]]]:
    """Short examples of the corpus by their outermost function, the shortest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for vector in json.loads((CORPUS / "expressions.json").read_text(encoding="utf-8")):
        text = vector["expression"]
        node: Node = parse(text)
        if isinstance(node, Call) and len(text) <= LENGTH_MAX and "\n" not in text and _shows(node, vector):
            found.setdefault(node.name, []).append(vector)
    return {name: sorted(some, key=lambda one: len(one["expression"])) for name, some in found.items()}


def _shows(node: Call, vector: dict[str, Any]) -> bool:
    """Whether an example says what it is about: its attributes are given."""
    names = {part.name for part in walk(node) if isinstance(part, Attribute)}
    return len(json.dumps(vector["source"])) <= LENGTH_MAX and (not names or bool(vector["source"]))


def _operator(operator: Operator) -> str:
    types = ", ".join(one.value for one in operator.types) if len(operator.types) < len(ATTRIBUTE_TYPES) else "any"
    names = " or ".join(f"`{one}`" for one in (operator.name, *operator.aliases))
    without = {NullRule.FAILS: "does not hold", NullRule.HOLDS: "holds", NullRule.TESTED: "is what it asks"}
    ours = "ours" if operator.is_ours else "yes"
    return f"| {names} | {types} | {_escape(operator.description)} | {without[operator.null_rule]} | {ours} |\n"


def _verdicts() -> Iterator[str]:
    yield "\n| filter | person | in scope | |\n|---|---|---|---|\n"
    for name in ("scoping_filters.json", "scoping_filters_beyond.json"):
        for vector in json.loads((CORPUS / name).read_text(encoding="utf-8")):
            yield _verdict(vector)


def _verdict(vector: dict[str, Any]) -> str:
    groups = tuple(
        FilterGroup(str(number), tuple(Clause(one[0], one[1], tuple(one[2:])) for one in clauses))
        for number, clauses in enumerate(vector["groups"])
    )
    now = datetime.fromisoformat(vector["now"]) if "now" in vector else NOW
    person = SourceResource("x", ObjectType.USER, vector["object"])
    is_in = judge_scope(person, ScopeSetting.ALL, compile_scope(groups), now).is_in
    if is_in is not vector["in"]:
        raise ValueError(f"{vector['why']} is {is_in}")
    shown = " **or** ".join(" and ".join(_clause(one) for one in clauses) for clauses in vector["groups"])
    why = vector["why"]
    return f"| {shown or 'none'} | {_given(vector['object'], vector)} | {'yes' if is_in else 'no'} | {_escape(why)} |\n"


def _clause(clause: list[str]) -> str:
    return " ".join([clause[0], f"`{clause[1]}`", *(_code(value) for value in clause[2:])])


def _code(text: str) -> str:
    """Code in a table: a fence that is longer than any in the text, and no bare bars."""
    fence = "``" if "`" in text else "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{_escape(text)}{pad}{fence}"


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


ATTRIBUTE_TYPES = ("String", "Integer", "Boolean", "DateTime", "Reference", "Binary")

PAGES = {FUNCTIONS_PAGE: render_functions, FILTERS_PAGE: render_filters}

if __name__ == "__main__":
    for page, render in PAGES.items():
        page.write_text(render(), encoding="utf-8")
        sys.stdout.write(f"{page.name} written\n")
