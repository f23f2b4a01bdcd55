"""Names of target attributes (mapping spec §4.6, §4.7): paths, extensions, roles, the pseudo target `objectFilter`."""

import re
from dataclasses import replace

from provisor.model.errors import Reject
from provisor.model.rules import AttributeDefinition, AttributeType, Definitions
from provisor.scim.path import parse_path

EXTENSION_PREFIX = "urn:ietf:params:scim:schemas:extension"
"""What the name of every attribute that an administrator adds begins with."""

OBJECT_FILTER = "objectFilter"
"""No attribute: an expression mapped to it can only say `IgnoreObjectFlow` (mapping spec §3.5)."""

EXTENSION_FORM = "urn:ietf:params:scim:schemas:extension:{Name}:2.0:User:{attribute}"

_EXTENSION = re.compile(
    re.escape(EXTENSION_PREFIX) + r":[A-Za-z0-9._-]+(?::[A-Za-z0-9._-]+)*:[A-Za-z0-9._-]+:[A-Za-z][A-Za-z0-9_-]*\Z"
)
_SOURCE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]*\Z")
_ROLE_PART = re.compile(r"roles\[[^\]]*\]\.(value|display|type)\Z", re.IGNORECASE)


def explain_path(target: str) -> str:
    """Why a target path cannot be read; empty when it can."""
    if target == OBJECT_FILTER:
        return ""
    try:
        parse_path(target)
    except Reject as fault:
        return fault.message
    return ""


def is_extension(target: str) -> bool:
    """Whether this is meant as an extension attribute."""
    return target.lower().startswith(EXTENSION_PREFIX)


def explain_extension(name: str) -> str:
    """Why a name cannot be that of a custom attribute; empty when it can."""
    if not is_extension(name):
        return f"a custom attribute is named {EXTENSION_FORM}."
    if not _EXTENSION.match(name):
        return (
            f"a custom attribute is named {EXTENSION_FORM}, where the name and the attribute are letters, digits, "
            "`-` and `_`, and the attribute begins with a letter."
        )
    return ""


def explain_custom(attribute: AttributeDefinition) -> list[str]:
    """Every reason why an attribute cannot be one that an administrator adds (mapping spec §4.6)."""
    problem = explain_extension(attribute.name)
    reasons = [problem[0].upper() + problem[1:]] if problem else []
    if attribute.type is AttributeType.REFERENCE:
        reasons.append("A custom attribute cannot be a reference.")
    if attribute.is_multivalued:
        reasons.append("A custom attribute takes one value.")
    if attribute.is_anchor:
        reasons.append("A custom attribute cannot be the primary key.")
    return reasons


def add_custom_attribute(definitions: Definitions, attribute: AttributeDefinition) -> dict[str, AttributeDefinition]:
    """The target list with one more attribute (mapping spec §4.6). Raises `Reject` with every reason against it."""
    return _add(definitions, attribute, explain_custom(attribute))


def add_source_attribute(definitions: Definitions, attribute: AttributeDefinition) -> dict[str, AttributeDefinition]:
    """The source list with one more attribute, such as a directory extension (mapping spec §8.2). Raises `Reject`."""
    reasons = []
    if not _SOURCE_NAME.match(attribute.name):
        reasons.append("A source attribute is named by letters, digits, `_`, `-`, `.` and `:`.")
    if attribute.is_multivalued:
        reasons.append("A directory extension takes one value.")
    return _add(definitions, attribute, reasons)


def _add(
    definitions: Definitions, attribute: AttributeDefinition, reasons: list[str]
) -> dict[str, AttributeDefinition]:
    lowered = {known.lower(): known for known in definitions}
    if attribute.name.lower() in lowered:
        reasons.append(f"The list has it already, as {lowered[attribute.name.lower()]}.")
    if reasons:
        raise Reject(f"{attribute.name} cannot be added to the attribute list.", reasons=reasons, code="SchemaInvalid")
    return {**definitions, attribute.name: replace(attribute, is_custom=True)}


def is_role_part(target: str) -> bool:
    """Whether this is a part of one role, as in `roles[primary eq "True"].value`."""
    return _ROLE_PART.match(target) is not None


def role_type_path(target: str) -> str:
    """The path of the type of the same role."""
    return target[: target.rindex(".")] + ".type"
