"""Schemas, resource types and the characteristics of attributes (RFC 7643 §2, §6, §7).

An extension appears in a resource type as one complex attribute named by its URN, which is just what it is in JSON.
Names are compared without regard to case. What the characteristics demand is done in characteristics.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from provisor.scim.grammar.attribute_path import AttributePath, is_name


class AttributeType(StrEnum):
    """Data types (RFC 7643 §2.3)."""

    STRING = "string"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE_TIME = "dateTime"
    BINARY = "binary"
    REFERENCE = "reference"
    COMPLEX = "complex"
    ANY = "any"
    """Ours, for undeclared attributes of an open schema: kept as given. Never written into a schema document."""


class Mutability(StrEnum):
    """Who may write, and when."""

    READ_ONLY = "readOnly"
    """The service provider alone. Ignored in POST and PUT, refused as the target of a PATCH operation."""
    READ_WRITE = "readWrite"
    IMMUTABLE = "immutable"
    """Once, while there is no value."""
    WRITE_ONLY = "writeOnly"
    """Accepted, never shown."""


class Returned(StrEnum):
    """When an attribute is shown."""

    ALWAYS = "always"
    """Cannot be excluded."""
    DEFAULT = "default"
    """Unless excluded, or unless others were asked for."""
    REQUEST = "request"
    """Only when asked for by name."""
    NEVER = "never"
    """Nor can it be filtered by."""


class Uniqueness(StrEnum):
    """Among which resources a value is unique."""

    NONE = "none"
    SERVER = "server"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute or sub-attribute with its characteristics; the defaults are those of RFC 7643 §2.2."""

    name: str
    type: AttributeType = AttributeType.STRING
    is_multivalued: bool = False
    description: str = ""
    is_required: bool = False
    is_case_exact: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    returned: Returned = Returned.DEFAULT
    uniqueness: Uniqueness = Uniqueness.NONE
    canonical_values: tuple[str, ...] = ()
    """Suggestions: other values are accepted."""
    reference_types: tuple[str, ...] = ()
    sub_attributes: tuple["Attribute", ...] = ()
    is_open: bool = False
    """Of an extension: undeclared sub-attributes are accepted."""
    _by_name: dict[str, "Attribute"] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the sub-attributes by lower-case name."""
        object.__setattr__(self, "_by_name", {sub.name.lower(): sub for sub in self.sub_attributes})

    def sub(self, name: str) -> "Attribute | None":
        """The sub-attribute of that name in any case; in an open schema any well-formed name has one."""
        found = self._by_name.get(name) or self._by_name.get(name.lower())
        if found is None and self.is_open and is_name(name):
            return Attribute(name, AttributeType.ANY)
        return found

    @property
    def is_complex(self) -> bool:
        """Whether values are objects with sub-attributes."""
        return self.type is AttributeType.COMPLEX


@dataclass(frozen=True, slots=True)
class Schema:
    """A named collection of attributes. `is_open`: undeclared attributes are kept as given, caseExact false."""

    id: str
    name: str
    description: str = ""
    attributes: tuple[Attribute, ...] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """A schema that extends a resource type."""

    schema: Schema
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attribute path leads: `container` is the key of the extension's object, None for the resource itself."""

    container: str | None
    attribute: Attribute
    sub_attribute: Attribute | None = None

    @property
    def leaf(self) -> Attribute:
        """The attribute at the end of the path."""
        return self.sub_attribute or self.attribute


COMMON_ATTRIBUTES = (
    Attribute(
        "schemas",
        AttributeType.REFERENCE,
        is_multivalued=True,
        is_required=True,
        description="Ids of the schemas whose attributes the resource holds.",
        returned=Returned.ALWAYS,
        reference_types=("uri",),
    ),
    Attribute(
        "id",
        description="Identifier given by the service provider.",
        is_case_exact=True,
        mutability=Mutability.READ_ONLY,
        returned=Returned.ALWAYS,
        uniqueness=Uniqueness.SERVER,
    ),
    Attribute("externalId", description="Identifier given by the provisioning client.", is_case_exact=True),
    Attribute(
        "meta",
        AttributeType.COMPLEX,
        description="Metadata of the resource.",
        mutability=Mutability.READ_ONLY,
        sub_attributes=(
            Attribute("resourceType", is_case_exact=True, mutability=Mutability.READ_ONLY),
            Attribute("created", AttributeType.DATE_TIME, mutability=Mutability.READ_ONLY),
            Attribute("lastModified", AttributeType.DATE_TIME, mutability=Mutability.READ_ONLY),
            Attribute(
                "location",
                AttributeType.REFERENCE,
                is_case_exact=True,
                mutability=Mutability.READ_ONLY,
                reference_types=("uri",),
            ),
            Attribute("version", is_case_exact=True, mutability=Mutability.READ_ONLY),
        ),
    ),
)
"""Attributes of every resource, in no schema (RFC 7643 §3.1)."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource and where it lives: `endpoint` is relative, with a leading slash."""

    id: str
    name: str
    endpoint: str
    schema: Schema
    description: str = ""
    extensions: tuple[Extension, ...] = ()
    schema_ids: frozenset[str] = field(init=False, repr=False, compare=False)
    """Ids of the schema and its extensions, in lower case."""
    attributes: tuple[Attribute, ...] = field(init=False, repr=False, compare=False)
    """Everything at the top of a resource: common and core attributes, and each extension as a complex one."""
    required: tuple[Place, ...] = field(init=False, repr=False, compare=False)
    """What a client must give a value: attributes, and parts of attributes where these are given at all."""
    unique: tuple[Place, ...] = field(init=False, repr=False, compare=False)
    """What no two resources may have alike, the id aside."""
    unkept: tuple[Place, ...] = field(init=False, repr=False, compare=False)
    """What is never shown, such as passwords, and therefore never stored."""
    references: tuple[Place, ...] = field(init=False, repr=False, compare=False)
    """Attributes that hold the id of another resource as `value` and its address as `$ref`."""
    _by_name: dict[str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the attributes by lower-case name, and by the characteristics that are rare."""
        extended = tuple(_container(extension) for extension in self.extensions)
        attributes = (*COMMON_ATTRIBUTES, *self.schema.attributes, *extended)
        ids = {self.schema.id.lower(), *(extension.schema.id.lower() for extension in self.extensions)}
        object.__setattr__(self, "attributes", attributes)
        object.__setattr__(self, "schema_ids", frozenset(ids))
        object.__setattr__(self, "_by_name", {attribute.name.lower(): attribute for attribute in attributes})
        places = tuple(self._places())
        own = {each.name for each in COMMON_ATTRIBUTES}
        object.__setattr__(self, "required", tuple(each for each in places if _is_demanded(each)))
        object.__setattr__(
            self,
            "unique",
            tuple(
                each
                for each in places
                if each.leaf.uniqueness is not Uniqueness.NONE and each.attribute.name not in own
            ),
        )
        object.__setattr__(self, "references", tuple(each for each in places if _is_reference(each)))
        object.__setattr__(self, "unkept", tuple(each for each in places if each.leaf.returned is Returned.NEVER))

    def _places(self) -> Iterator[Place]:
        """Every attribute and sub-attribute, at the top and within the extensions."""
        for attribute in self.attributes:
            is_extension = any(each.schema.id == attribute.name for each in self.extensions)
            yield Place(None, attribute)
            container = attribute.name if is_extension else None
            for inner in attribute.sub_attributes:
                if not is_extension:
                    yield Place(None, attribute, inner)
                    continue
                yield Place(container, inner)
                yield from (Place(container, inner, each) for each in inner.sub_attributes)

    def attribute(self, name: str) -> Attribute | None:
        """The attribute at the top of a resource with that name, in any case; a URN names an extension."""
        return self._by_name.get(name.lower())

    def find(self, path: AttributePath) -> Place | None:
        """Where a path leads, or None for an unknown attribute.

        A name without a URN that the core lacks is looked for in the extensions' declared attributes: some clients
        leave the URN out. A path to a whole extension leads to its complex attribute.
        """
        if path.schema is not None:
            return self._find_qualified(path.schema, path)
        found = self._by_name.get(path.attribute.lower())
        if found is not None:
            return _descend(None, found, path)
        for extension in self.extensions:
            container = self._by_name[extension.schema.id.lower()]
            declared = container._by_name.get(path.attribute.lower())  # noqa: SLF001 - not the open names
            if declared is not None:
                return _descend(container.name, declared, path)
        return None

    def _find_qualified(self, schema: str, path: AttributePath) -> Place | None:
        folded = schema.lower()
        if folded == self.schema.id.lower():
            found = self._by_name.get(path.attribute.lower())
            return _descend(None, found, path) if found is not None else None
        container = self._by_name.get(folded)
        if container is None:
            # The last part of an unknown URN was taken for an attribute: perhaps it is an extension's whole id.
            whole = self._by_name.get(str(path).lower())
            return Place(None, whole) if whole is not None and whole.is_complex else None
        if not path.attribute:
            return Place(None, container)
        found = container.sub(path.attribute)
        return _descend(container.name, found, path) if found is not None else None


def _is_demanded(place: Place) -> bool:
    leaf = place.leaf
    return leaf.is_required and leaf.mutability is not Mutability.READ_ONLY and leaf.name != "schemas"


def _is_reference(place: Place) -> bool:
    leaf = place.leaf
    return (
        leaf.is_complex
        and leaf.sub("value") is not None
        and bool((address := leaf.sub("$ref")) and address.reference_types)
    )


def _container(extension: Extension) -> Attribute:
    return Attribute(
        extension.schema.id,
        AttributeType.COMPLEX,
        description=extension.schema.description,
        is_required=extension.is_required,
        sub_attributes=extension.schema.attributes,
        is_open=extension.schema.is_open,
    )


def _descend(container: str | None, attribute: Attribute, path: AttributePath) -> Place | None:
    if path.sub_attribute is None:
        return Place(container, attribute)
    sub = attribute.sub(path.sub_attribute)
    return Place(container, attribute, sub) if sub is not None else None
