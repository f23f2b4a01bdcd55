"""Checks where a mapping takes its value from: that the attributes exist, and that what comes out suits the target."""

from collections.abc import Iterator

from provisor.expressions.catalogue import CATALOGUE
from provisor.expressions.checking import NEVER_SUITS
from provisor.expressions.compiler import Compiled
from provisor.expressions.faults import Fault, show_fault, suggest
from provisor.expressions.nodes import Attribute, Call, Constant, Node, walk
from provisor.model.errors import ResourceFailed
from provisor.model.resource import APP_ROLES
from provisor.model.rules import AttributeDefinition, AttributeMapping, AttributeType, Definitions
from provisor.stages.rules.conforming import converter
from provisor.stages.rules.findings import Notes
from provisor.stages.rules.leaves import Leaf, leaves

GRAPH_NAMES = {
    "id": "objectId",
    "officelocation": "physicalDeliveryOfficeName",
    "mobilephone": "mobile",
    "businessphones": "telephoneNumber",
    "faxnumber": "facsimileTelephoneNumber",
    "familyname": "surname",
    "lastname": "surname",
    "firstname": "givenName",
    "email": "mail",
}
"""Names of Microsoft Graph and of habit, and what the provisioning engine calls them (mapping spec §8.2)."""

_ROLE_FUNCTIONS = frozenset(
    {"SingleAppRoleAssignment", "AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex", "AppRoleAssignments"}
)
_SUITS_BOOLEAN = frozenset({AttributeType.BOOLEAN, AttributeType.STRING, None})
_SUITS_INTEGER = frozenset({AttributeType.INTEGER, AttributeType.STRING, None})


def explain_unknown(name: str, source: Definitions) -> str:
    """The end of a sentence about an attribute that the source does not have."""
    meant = suggest(name, source) or GRAPH_NAMES.get(name.lower(), "")
    if name.strip() != name:
        return "without the blanks around its name."
    if meant.lower() == name.lower():
        return f"did you mean `{meant}`? Names are case-sensitive."
    if meant:
        return f"did you mean `{meant}`?"
    if name.lower().startswith("extension"):
        return "add the directory extension to the list of source attributes first."
    return "see the list of source attributes in the schema."


def check_attribute(
    mapping: AttributeMapping, source: Definitions, definition: AttributeDefinition | None, notes: Notes
) -> None:
    """A direct mapping."""
    name = mapping.text
    if not name:
        notes.fault(mapping.target, "A direct mapping needs the name of a source attribute.")
        return
    if name == APP_ROLES:
        notes.fault(
            mapping.target, f"{APP_ROLES} cannot flow as it is; use SingleAppRoleAssignment or one of its like."
        )
        return
    if not source:
        return
    known = source.get(name)
    if known is None:
        notes.fault(mapping.target, f"The source has no attribute `{name}`; {explain_unknown(name, source)}")
        return
    if definition is None:
        return
    if definition.type is AttributeType.REFERENCE and known.type is not AttributeType.REFERENCE:
        notes.fault(
            mapping.target, f"It refers to somebody, and `{name}` is no reference but of type {known.type.value}."
        )
    elif known.type is AttributeType.REFERENCE and definition.type is not AttributeType.REFERENCE:
        notes.warn(mapping.target, f"`{name}` is a reference: the id of the other object is written, as text.")
    elif definition.type is AttributeType.BOOLEAN and known.type not in _SUITS_BOOLEAN:
        notes.fault(mapping.target, f"It is a Boolean, and `{name}` is of type {known.type.value}.")
    elif definition.type is AttributeType.INTEGER and known.type not in _SUITS_INTEGER:
        notes.fault(mapping.target, f"It is an Integer, and `{name}` is of type {known.type.value}.")
    if known.is_multivalued and not definition.is_multivalued:
        notes.warn(mapping.target, _explain_list(f"`{name}`"))


def check_expression(
    mapping: AttributeMapping,
    compiled: Compiled,
    source: Definitions,
    definition: AttributeDefinition | None,
    notes: Notes,
) -> None:
    """An expression that compiles: the attributes it reads, and the results it can have."""
    for fault in unknown_attributes(compiled.node, source):
        notes.fault(mapping.target, show_fault(mapping.text, fault), fault.position)
    for fault in _unsuitable_sources(compiled, source):
        notes.fault(mapping.target, show_fault(mapping.text, fault), fault.position)
    if definition is None:
        return
    for leaf in leaves(compiled.node, source):
        if problem := _explain_leaf(leaf, definition):
            fault = Fault(leaf.node.position, problem)
            notes.fault(mapping.target, show_fault(mapping.text, fault), fault.position)
        elif leaf.is_list and not definition.is_multivalued:
            notes.warn(mapping.target, _explain_list("what the expression gives"), leaf.node.position)


def _explain_list(what: str) -> str:
    return f"It takes one value, and {what} can be several: such people fail. Pick or join values with Item or Join."


def unknown_attributes(root: Node, source: Definitions) -> Iterator[Fault]:
    """The attributes of an expression that the source does not have, whether or not it compiles."""
    if not source:
        return
    for node in walk(root):
        if isinstance(node, Attribute) and node.name not in source:
            message = f"the source has no attribute `{node.name}`; {explain_unknown(node.name, source)}"
            yield Fault(node.position, message)


def _unsuitable_sources(compiled: Compiled, source: Definitions) -> Iterator[Fault]:
    """Attributes where a function cannot use them: role assignments, and lists or references in Switch."""
    for node in walk(compiled.node):
        if not isinstance(node, Call):
            continue
        for index, argument in enumerate(node.arguments):
            if not isinstance(argument, Attribute):
                continue
            if argument.name == APP_ROLES and node.name not in _ROLE_FUNCTIONS | {"Count"}:
                message = f"[{APP_ROLES}] is only for SingleAppRoleAssignment and its like, not for `{node.name}`."
                yield Fault(argument.position, message)
                continue
            known = source.get(argument.name)
            if known is None:
                continue
            if problem := _explain_argument(node, index, known):
                yield Fault(argument.position, problem)
            if node.name != "Switch" or index != 0:
                continue
            if known.is_multivalued:
                yield Fault(argument.position, f"[{argument.name}] has several values; `Switch` compares one.")
            elif known.type is AttributeType.REFERENCE:
                yield Fault(argument.position, f"[{argument.name}] is a reference, which `Switch` cannot compare.")


def _explain_argument(call: Call, index: int, known: AttributeDefinition) -> str:
    """Why an attribute can never be what a function takes; empty when it can."""
    parameter = CATALOGUE[call.name].parameter(index)
    if parameter is None:
        return ""
    unsuitable = {type_.value for type_ in NEVER_SUITS.get(parameter.type, ())}
    if parameter.type in NEVER_SUITS:
        unsuitable.add(AttributeType.REFERENCE.value)
    if known.type.value not in unsuitable:
        return ""
    return (
        f"{parameter.name} of `{call.name}` is of type {parameter.type.value}; "
        f"[{known.name}] is of type {known.type.value}."
    )


def _explain_leaf(leaf: Leaf, definition: AttributeDefinition) -> str:
    """Why a result does not suit the target; empty when it does, or when only its value can tell."""
    kind = definition.type
    if kind is AttributeType.REFERENCE:
        if leaf.type is not None and leaf.type is not AttributeType.REFERENCE:
            return f"{definition.name} refers to somebody; this gives {leaf.type.value}, which is no reference."
        return ""
    if isinstance(leaf.node, Constant) and leaf.node.value != "":
        try:
            converter(definition)(leaf.node.value)
        except ResourceFailed:
            return f"{definition.name} is of type {kind.value}, which `{leaf.node.value}` is not."
        return ""
    wanted = {AttributeType.BOOLEAN: _SUITS_BOOLEAN, AttributeType.INTEGER: _SUITS_INTEGER}.get(kind)
    if wanted is not None and leaf.type not in wanted:
        given = leaf.type.value if leaf.type else "something else"
        return f"{definition.name} is of type {kind.value}; this gives {given}."
    return ""
