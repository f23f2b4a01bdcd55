"""What a schema may be built from, in Graph's shape: functions, filter operators, and `parseExpression`.

Pure functions for the management API (management spec §1.2, §1.8; mapping spec §7.4 to §7.6) and for whoever wants to
try an expression before it is saved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provisor.expressions.catalogue import describe_functions
from provisor.expressions.compiler import Compiled, Context, compile_expression
from provisor.expressions.faults import ExpressionFault, suggest
from provisor.expressions.values import FlowSentinel, canonical_text
from provisor.gallery.synchronization.place import Findings, Place, show
from provisor.gallery.synchronization.reading import read_definition
from provisor.gallery.synchronization.trees import Tree, build_tree
from provisor.model.errors import Reject, ResourceFailed
from provisor.model.operation import Reference
from provisor.stages.clauses.catalogue import describe_operators
from provisor.stages.rules.conforming import converter, is_empty

REDACTED = "[Redact]"
"""What is shown of a value that is not to be shown."""


def functions() -> list[dict[str, Any]]:
    """Every function as an `attributeMappingFunctionSchema`, by name."""
    return [{"id": one["name"], **one} for one in describe_functions()]


def filter_operators() -> list[dict[str, Any]]:
    """Every operator as a `filterOperatorSchema`; those that Entra does not have are among them."""
    return [{"id": one["name"], **one} for one in describe_operators()]


@dataclass(frozen=True, slots=True)
class TrialObject:
    """The object that an expression is tried on; `known` are its attributes, None where any are accepted."""

    properties: Mapping[str, Any]
    known: frozenset[str] | None = None


def parse_expression(request: Any, world: Context) -> dict[str, Any]:
    """A `parseExpressionResponse`: the parsed tree, and the result for a test object where one is given.

    `request` is the body: `expression`, `testInputObject`, `targetAttributeDefinition`. `world` gives the time, chance
    and what is taken; its source is not looked at. A fault of the expression is an answer; raises `Reject` only for a
    request that cannot be read.
    """
    findings = Findings()
    place = Place(request, "", findings)
    if not isinstance(request, Mapping):
        place.fault(f"An object is expected, not {show(request)}.")
    text = place.text("expression")
    given = _read_input(place.member("testInputObject"))
    target = place.member("targetAttributeDefinition")
    definition = read_definition(target) if isinstance(target.value, Mapping) else None
    if findings.faults:
        raise Reject(
            "The request cannot be read.", reasons=[str(fault) for fault in findings.faults], code="BadRequest"
        )
    try:
        compiled = compile_expression(text)
    except ExpressionFault as fault:
        return _response(error=_parse_error(fault))
    tree = {**build_tree(compiled.node), "expression": text}
    if given is None:
        return _response(tree)
    if error := _unknown_attributes(compiled, given):
        return _response(tree, error=error)
    try:
        value = compiled.evaluate(replace(world, source=given.properties))
        if definition is not None and not isinstance(value, FlowSentinel) and not is_empty(value):
            value = converter(definition)(value)
    except ResourceFailed as fault:
        return _response(tree, error=_error(fault.code, f"{fault.message} {fault.remedy}".strip()))
    return _response(tree, result=[REDACTED] if compiled.is_redacted else _texts(value))


def _read_input(place: Place) -> TrialObject | None:
    if place.value is None:
        return None
    if not isinstance(place.value, Mapping):
        place.fault(f"an object is expected, not {show(place.value)}.")
        return None
    properties = {item.text("key"): item.value.get("value") for item in place.items("properties")}
    definition = place.member("definition")
    if not isinstance(definition.value, Mapping) or not definition.value.get("attributes"):
        return TrialObject(properties)
    known = frozenset(item.text("name") for item in definition.items("attributes"))
    return TrialObject(properties, known)


def _unknown_attributes(compiled: Compiled, given: TrialObject) -> dict[str, Any] | None:
    unknown = sorted(compiled.references - given.known) if given.known is not None else []
    if not unknown:
        return None
    sentences = []
    for name in unknown:
        meant = suggest(name, given.known or ())
        sentences.append(f"The source has no attribute [{name}]{f'; did you mean [{meant}]?' if meant else '.'}")
    return _error("SchemaInvalid", " ".join(sentences), [("SchemaInvalid", one, None) for one in sentences])


def _texts(value: Any) -> list[str]:
    """The result as Graph gives results: a list of texts. What does not flow is none."""
    if value is None or isinstance(value, FlowSentinel):
        return []
    items = value if isinstance(value, list | tuple) else [value]
    return [item.source_id if isinstance(item, Reference) else canonical_text(item) for item in items]


def _response(
    tree: Tree | None = None, *, result: list[str] | None = None, error: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "parsingSucceeded": tree is not None,
        "parsedExpression": tree,
        "evaluationSucceeded": result is not None,
        "evaluationResult": result or [],
        "error": error,
    }


def _parse_error(fault: ExpressionFault) -> dict[str, Any]:
    details = [("InvalidExpression", one.text, f"expression[{one.position}]") for one in fault.faults]
    return _error(fault.code, "\n".join((fault.message, *fault.reasons)), details)


def _error(code: str, message: str, details: Sequence[tuple[str, str, str | None]] = ()) -> dict[str, Any]:
    """A `publicError`; `target` of a detail counts characters of the expression from 0."""
    return {
        "code": code,
        "message": message,
        "target": "expression",
        "innerError": None,
        "details": [{"code": one, "message": text, "target": place} for one, text, place in details],
    }
