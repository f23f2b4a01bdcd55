"""Builders for the stages' tests."""

from datetime import UTC, datetime
from typing import Any

from provisor.expressions.compiler import Context
from provisor.model.rules import (
    AttributeDefinition,
    AttributeMapping,
    AttributeType,
    FlowType,
    ObjectMapping,
    Rules,
    SourceKind,
)
from provisor.stages.rules.compiled import CompiledRules, compile_rules

MANAGER = "manager"
URN = "urn:user"


def definition(name: str, **more: Any) -> AttributeDefinition:
    """An attribute of the target."""
    return AttributeDefinition(name, **more)


def direct(target: str, source: str, **more: Any) -> AttributeMapping:
    """A direct mapping."""
    return AttributeMapping(target, SourceKind.ATTRIBUTE, source, **more)


def expression(target: str, text: str, **more: Any) -> AttributeMapping:
    """An expression mapping."""
    return AttributeMapping(target, SourceKind.EXPRESSION, text, **more)


def rules(
    *mappings: AttributeMapping, definitions: dict[str, AttributeDefinition] | None = None, **actions: bool
) -> Rules:
    """Rules with userName as matching attribute and the given mappings."""
    every = (direct("userName", "userPrincipalName", matching_priority=1), *mappings)
    known = {
        "userName": definition("userName", is_required=True),
        "active": definition("active", type=AttributeType.BOOLEAN),
        MANAGER: definition(MANAGER, type=AttributeType.REFERENCE),
        "title": definition("title", is_case_exact=True),
        "level": definition("level", type=AttributeType.INTEGER),
        "tags": definition("tags", is_multivalued=True),
        "isAgent": definition("isAgent", access_value="True"),
    } | (definitions or {})
    return Rules((ObjectMapping("users", "User", URN, every, **actions),), {}, {URN: known})


def compiled(*mappings: AttributeMapping, **more: Any) -> CompiledRules:
    """The same, compiled."""
    return compile_rules(rules(*mappings, **more))


def context(**source: Any) -> Context:
    """What expressions see."""
    attributes = {"userPrincipalName": "ada@contoso.example", **source}
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Context(source=attributes, now=now, random=lambda below: 0, new_guid=lambda: "guid")


ACTIVE = expression("active", 'Switch([IsSoftDeleted], , "False", "True", "True", "False")')
ADD_ONLY = FlowType.OBJECT_ADD_ONLY
