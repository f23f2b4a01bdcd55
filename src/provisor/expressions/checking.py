"""Judges a tree before it is compiled: names, numbers of arguments, constant values. All faults are found at once.

What only a value can tell is left to the evaluation.
"""

from collections.abc import Iterator

from provisor.expressions.calls.coercion import read_integer
from provisor.expressions.calls.signature import Function, Parameter, ValueType
from provisor.expressions.catalogue import CATALOGUE
from provisor.expressions.elsewhere import NOT_SUPPORTED_HERE
from provisor.expressions.faults import Fault, suggest
from provisor.expressions.nodes import Attribute, Call, Comparison, Constant, Node, Word, walk
from provisor.expressions.values import IGNORE_ATTRIBUTE, IGNORE_OBJECT, FlowSentinel
from provisor.model.resource import APP_ROLES

FLOW_WORDS: dict[str, FlowSentinel] = {
    "IgnoreAttributeFlow": IGNORE_ATTRIBUTE,
    "IgnoreObjectFlow": IGNORE_OBJECT,
}
COMPARE_WORDS = ("vbTextCompare", "vbBinaryCompare")
NEVER_SUITS = {
    ValueType.INTEGER: (ValueType.BOOLEAN, ValueType.DATETIME),
    ValueType.DATETIME: (ValueType.BOOLEAN, ValueType.INTEGER),
}
"""Types of parameters, and what can never be read as one."""

_SHOWN_MAX = 40
OUTERMOST_ONLY = frozenset({"SelectUniqueValue"})


def check(root: Node) -> list[Fault]:
    """Every fault of the expression; none means that it can be compiled."""
    faults: list[Fault] = []
    judged_words: set[int] = set()
    if isinstance(root, Attribute) and root.name == APP_ROLES:
        message = f"[{APP_ROLES}] cannot flow as it is; use SingleAppRoleAssignment or one of its like."
        faults.append(Fault(root.position, message))
    for node in walk(root):
        if isinstance(node, Call):
            faults += _check_call(node, judged_words)
            if node.name in OUTERMOST_ONLY and node is not root:
                faults.append(Fault(node.position, f"`{node.name}` must be the outermost function."))
    faults += (
        Fault(node.position, _explain_word(node.name))
        for node in walk(root)
        if isinstance(node, Word) and id(node) not in judged_words and node.name not in FLOW_WORDS
    )
    return faults


def warnings(root: Node) -> tuple[str, ...]:
    """Sentences for the administrator about an expression that can be used."""
    found: dict[str, None] = {}
    for node in walk(root):
        if isinstance(node, Call) and (function := CATALOGUE.get(node.name)) and function.warn:
            sentence = function.warn(node)
            if sentence:
                found[sentence] = None
    return tuple(found)


def arrange(function: Function, call: Call) -> Call:
    """The call with its arguments in the present order."""
    return function.arrange(call) if function.arrange else call


def _check_call(call: Call, judged_words: set[int]) -> Iterator[Fault]:
    function = CATALOGUE.get(call.name)
    if function is None:
        yield Fault(call.position, _explain_name(call.name))
        return
    call = arrange(function, call)
    faults = [*_check_count(function, call), *_check_arguments(function, call, judged_words)]
    yield from faults
    if not faults and function.check:
        yield from function.check(call)


def _explain_name(name: str) -> str:
    lowered = name.lower()
    if lowered in ("and", "or"):
        branch = "true" if lowered == "and" else "false"
        return f"there is no function `{name}`; nest a second IIF in the {branch} branch."
    for known, remedy in NOT_SUPPORTED_HERE.items():
        if known.lower() == lowered:
            return f"the function `{known}` is not supported here, {remedy}."
    meant = suggest(name, CATALOGUE)
    question = f", did you mean `{meant}`?" if meant else "."
    return f"unknown function `{name[:_SHOWN_MAX]}`{question}"


def _explain_word(name: str) -> str:
    if name.lower() in ("true", "false"):
        return f'`{name}` is written in quotes, as "{name.capitalize()}".'
    if name.lower() in ("null", "nothing", "none", "nil"):
        return f"there is no word for null; leave the argument empty instead of writing `{name}`."
    if name in COMPARE_WORDS:
        return f"`{name}` only stands as the compareType of InStr."
    if meant := suggest(name, [*FLOW_WORDS, *COMPARE_WORDS]):
        return f"unknown word `{name}`, did you mean `{meant}`?"
    if name in CATALOGUE:
        return f"the function `{name}` needs its brackets: {name}(...)."
    shown = name[:_SHOWN_MAX]
    return f'unknown word `{shown}`; an attribute is written [{shown}], a text "{shown}".'


def _check_count(function: Function, call: Call) -> Iterator[Fault]:
    names = [parameter.name for parameter in function.parameters]
    count, most = len(call.arguments), len(names)
    repeating = function.repeating
    if not repeating and count > most:
        takes = f"takes at most {most} arguments ({', '.join(names)})" if most else "takes no arguments"
        extra = call.arguments[most]
        position = call.position if extra is None else extra.position
        yield Fault(position, f"`{call.name}` {takes}, {count} {'is' if count == 1 else 'are'} given.")
    if not repeating:
        return
    fixed = most - len(repeating)
    extra_count = max(0, count - fixed)
    groups = " and ".join(parameter.name for parameter in repeating)
    # Fixed arguments that are missing and required have their own fault; optional ones do not.
    is_told = any(parameter.is_required for parameter in function.parameters[count:fixed])
    if extra_count < function.repeats_min * len(repeating) and not is_told:
        yield Fault(call.position, f"`{call.name}` needs at least {function.repeats_min} {groups}.")
    elif extra_count % len(repeating):
        last = repeating[-1].name
        yield Fault(
            call.position,
            f"the last {repeating[0].name} of `{call.name}` has no {last}: after {', '.join(names[:fixed])} "
            f"come pairs of {groups}. An empty {names[fixed - 1]} still needs its comma.",
        )


def _check_arguments(function: Function, call: Call, judged_words: set[int]) -> Iterator[Fault]:
    fixed = len(function.parameters) - len(function.repeating)
    missing: list[tuple[int, str]] = []
    for index in range(max(len(call.arguments), fixed)):
        parameter = function.parameter(index)
        if parameter is None:
            break
        node = call.arguments[index] if index < len(call.arguments) else None
        if node is None:
            if parameter.is_required:
                missing.append((index, parameter.name))
        elif isinstance(node, Constant):
            yield from _check_constant(call, parameter, node)
        elif isinstance(node, Call | Comparison):
            yield from _check_result(call, parameter, node)
        elif isinstance(node, Word) and parameter.words:
            judged_words.add(id(node))
            if node.name not in parameter.words:
                listed = ", ".join(parameter.words)
                message = f"{parameter.name} of `{call.name}` is one of {listed}, not `{node.name[:_SHOWN_MAX]}`."
                yield Fault(node.position, message)
    if missing:
        yield Fault(call.position, _explain_missing(function, missing))


def _explain_missing(function: Function, missing: list[tuple[int, str]]) -> str:
    names = ", ".join(known.name for known in function.parameters)
    wanted = " and ".join(f"{name} (argument {index + 1})" for index, name in missing)
    return f"`{function.name}` takes ({names}); missing: {wanted}."


def _check_result(call: Call, parameter: Parameter, node: Call | Comparison) -> Iterator[Fault]:
    """What an inner function always gives must be something that the outer one can take."""
    inner = CATALOGUE.get(node.name) if isinstance(node, Call) else None
    given = ValueType.BOOLEAN if isinstance(node, Comparison) else inner and inner.returns
    if given is not None and given in NEVER_SUITS.get(parameter.type, ()):
        what = "a comparison" if isinstance(node, Comparison) else f"`{node.name}`"
        place = node.left.position if isinstance(node, Comparison) else node.position
        message = f"{parameter.name} of `{call.name}` is of type {parameter.type.value}; {what} gives {given.value}."
        yield Fault(place, message)


def _check_constant(call: Call, parameter: Parameter, node: Constant) -> Iterator[Fault]:
    value = str(node.value)
    if not value and not parameter.is_required:
        return
    if parameter.type is ValueType.INTEGER and read_integer(value) is None:
        yield Fault(node.position, f"{parameter.name} of `{call.name}` is a whole number, not `{value[:_SHOWN_MAX]}`.")
    if parameter.type is ValueType.DATETIME and isinstance(node.value, int):
        # A text that is no date fails where it is met: it may stand in a branch that is never taken.
        yield Fault(node.position, f"{parameter.name} of `{call.name}` is a date, not the number {value}.")
    if parameter.words and value not in parameter.words:
        listed = ", ".join(parameter.words)
        yield Fault(node.position, f"{parameter.name} of `{call.name}` is one of {listed}, not `{value[:_SHOWN_MAX]}`.")
