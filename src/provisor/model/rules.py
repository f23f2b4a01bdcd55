"""Rules: who is provisioned, and which value goes where (mapping spec §4, §5).

Named as in the synchronization schema of Microsoft Graph: a synchronization rule holds object mappings, an object
mapping holds attribute mappings and a scope of filter groups. Frozen values; meaning is given to them in `stages/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AttributeType(StrEnum):
    """Types of the attribute list (mapping spec §4.6)."""

    STRING = "String"
    INTEGER = "Integer"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    REFERENCE = "Reference"
    BINARY = "Binary"


class SourceKind(StrEnum):
    """Where a mapping takes its value from; NONE leaves the target alone."""

    ATTRIBUTE = "Attribute"
    CONSTANT = "Constant"
    EXPRESSION = "Function"
    NONE = "None"


class FlowType(StrEnum):
    """When a mapping applies (mapping spec §4.2)."""

    ALWAYS = "Always"
    OBJECT_ADD_ONLY = "ObjectAddOnly"
    MULTI_VALUE_ADD_ONLY = "MultiValueAddOnly"
    VALUE_ADD_ONLY = "ValueAddOnly"
    ATTRIBUTE_ADD_ONLY = "AttributeAddOnly"


class FlowBehavior(StrEnum):
    """Whether a value is sent when it has not changed, together with others that have (mapping spec §4.2)."""

    FLOW_WHEN_CHANGED = "FlowWhenChanged"
    FLOW_ALWAYS = "FlowAlways"


class Mutability(StrEnum):
    """Who may write an attribute, and when (mapping spec §4.6)."""

    READ_WRITE = "ReadWrite"
    READ_ONLY = "ReadOnly"
    IMMUTABLE = "Immutable"
    WRITE_ONLY = "WriteOnly"


@dataclass(frozen=True, slots=True)
class AttributeDefinition:
    """One attribute of the source or target list (mapping spec §4.6).

    `is_filterable` is the flag *supported for filtering*. `is_custom` marks what an administrator added to the list.
    `access_value` marks an attribute that grants access: leaving this value is a removal (CONTRACT, "A removal").
    """

    name: str
    type: AttributeType = AttributeType.STRING
    is_anchor: bool = False
    is_required: bool = False
    is_multivalued: bool = False
    is_case_exact: bool = False
    is_filterable: bool = False
    is_custom: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    length_max: int | None = None
    """Characters that the target takes; None where it does not say."""
    access_value: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeMapping:
    """One target attribute and its source. `text` is an attribute name, a constant, or an expression."""

    target: str
    kind: SourceKind
    text: str = ""
    default_value: str | None = None
    matching_priority: int = 0
    """0: not a matching attribute; else its precedence, lowest first."""
    flow_type: FlowType = FlowType.ALWAYS
    flow_behavior: FlowBehavior = FlowBehavior.FLOW_WHEN_CHANGED
    clear_when_empty: bool = False
    """Beyond Entra: an emptied source value clears the target."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a scoping filter (mapping spec §5.2)."""

    attribute: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterGroup:
    """Clauses that must all hold. Of several groups one is enough."""

    name: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """How one kind of source object becomes one kind of target resource.

    Leaving `scope` disables the account; `input_scope` only says who is looked at at all (mapping spec §5.1).
    """

    name: str
    source_object: str
    target_object: str
    """The schema URN of the target resource."""
    attribute_mappings: tuple[AttributeMapping, ...]
    scope: tuple[FilterGroup, ...] = ()
    input_scope: tuple[FilterGroup, ...] = ()
    is_enabled: bool = True
    creates: bool = True
    updates: bool = True
    deletes: bool = True


Definitions = Mapping[str, AttributeDefinition]
"""An attribute list, by name."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that an application's job decides by: the object mappings and the attribute lists of their objects.

    The lists are by object name: `User` on the source's side, the schema URN on the target's.
    """

    object_mappings: tuple[ObjectMapping, ...]
    source_objects: Mapping[str, Definitions] = field(default_factory=dict)
    target_objects: Mapping[str, Definitions] = field(default_factory=dict)

    @property
    def users(self) -> ObjectMapping:
        """The mapping of users; every job has one."""
        return next(mapping for mapping in self.object_mappings if mapping.source_object == "User")

    def source_attributes(self, object_mapping: ObjectMapping) -> Definitions:
        """The attribute list of a mapping's source object; empty where the object is not known."""
        return self.source_objects.get(object_mapping.source_object, {})

    def target_attributes(self, object_mapping: ObjectMapping) -> Definitions:
        """The attribute list of a mapping's target object; empty where the object is not known."""
        return self.target_objects.get(object_mapping.target_object, {})
