"""What a server says of itself: ServiceProviderConfig, /ResourceTypes, /Schemas, read without trust.

Where a document is missing or cannot be read, the standard's own stands in: whoever says nothing is taken at the RFC's
word, and a check of discovery says that the document is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from provisor.scim.path import parse_path
from provisor.scim.registry import group_type, read_attribute, user_type
from provisor.scim.schema import (
    Attribute,
    AttributeType,
    Extension,
    Mutability,
    ResourceType,
    Returned,
    Schema,
    Uniqueness,
)

USERS = "/Users"
GROUPS = "/Groups"
"""Where clients look, whatever /ResourceTypes says."""
_WORDS: dict[str, dict[str, str]] = {
    name: {str(word).lower(): str(word) for word in words}
    for name, words in (
        ("type", AttributeType),
        ("mutability", Mutability),
        ("returned", Returned),
        ("uniqueness", Uniqueness),
    )
}


@dataclass(frozen=True, slots=True)
class Announced:
    """`config` is the ServiceProviderConfig; `types` are the resource types by name.

    A feature that no document speaks of counts as announced only when the RFC wants it of everybody.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, ResourceType] = field(default_factory=lambda: {"User": user_type(), "Group": group_type()})

    def supports(self, feature: str, *, unless_told: bool = False) -> bool:
        """Whether the config says that a feature such as `patch` is supported."""
        part = self.config.get(feature)
        if isinstance(part, Mapping) and "supported" in part:
            return part["supported"] is True
        return unless_told

    @property
    def has_cursor(self) -> bool:
        """Whether pages by cursor are announced (RFC 9865)."""
        pagination = self.config.get("pagination")
        return isinstance(pagination, Mapping) and pagination.get("cursor") is True

    def limit(self, feature: str, name: str) -> int | None:
        """A number of the config, such as `bulk.maxOperations`."""
        part = self.config.get(feature)
        value = part.get(name) if isinstance(part, Mapping) else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def user(self) -> ResourceType:
        """The resource type of users."""
        return self.types.get("User") or user_type()

    @property
    def group(self) -> ResourceType | None:
        """The resource type of groups, where there is one."""
        return self.types.get("Group")

    def attribute(self, path: str, type_name: str = "User") -> Attribute | None:
        """The definition at the end of a path such as `emails.type`, None where the schemas have none."""
        type_ = self.types.get(type_name)
        if type_ is None:
            return None
        place = type_.find(parse_path(path, schemas=type_.schema_ids).attribute)
        return place.leaf if place is not None else None

    def is_writable(self, path: str, type_name: str = "User") -> bool:
        """Whether a client may write what the path leads to."""
        found = self.attribute(path, type_name)
        return found is not None and found.mutability in {Mutability.READ_WRITE, Mutability.WRITE_ONLY}

    @property
    def has_enterprise(self) -> bool:
        """Whether users have the enterprise extension."""
        return any(each.schema.id.lower() == ENTERPRISE_SCHEMA.lower() for each in self.user.extensions)


def read_announced(config: Any, types: Any, schemas: Any, *, has_groups: bool) -> Announced:
    """From the contents of the three answers; `has_groups` says whether /Groups answers, if /ResourceTypes does not."""
    standard = {"User": user_type(), "Group": group_type()}
    read = {schema.id.lower(): schema for each in _resources(schemas) if (schema := _schema(each)) is not None}
    found: dict[str, ResourceType] = {}
    for document in _resources(types):
        type_ = _type(document, read)
        if type_ is not None:
            found.setdefault(type_.name, type_)
    if not found:
        found = {name: type_ for name, type_ in standard.items() if name == "User" or has_groups}
    found.setdefault("User", standard["User"])
    return Announced(config if isinstance(config, Mapping) else {}, found)


def _resources(content: Any) -> Sequence[Mapping[str, Any]]:
    """The resources of a list; a bare array, which some servers send, is read as well."""
    listed = content.get("Resources") if isinstance(content, Mapping) else content
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _schema(document: Mapping[str, Any]) -> Schema | None:
    identifier = document.get("id")
    if not isinstance(identifier, str):
        return None
    listed = document.get("attributes")
    attributes = tuple(found for each in listed if (found := _attribute(each))) if isinstance(listed, list) else ()
    return Schema(identifier, str(document.get("name", identifier)), attributes=attributes)


def _attribute(document: Any) -> Attribute | None:
    """A definition, or None for one that cannot be read: the check of /Schemas says so."""
    try:
        return read_attribute(_with_known_words(document))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _with_known_words(document: Any) -> Any:
    """The definition with its words in the standard's case, in which a check of /Schemas wants them."""
    if not isinstance(document, Mapping):
        return document
    read = dict(document)
    for name, words in _WORDS.items():
        if isinstance(read.get(name), str):
            read[name] = words.get(read[name].lower(), read[name])
    listed = read.get("subAttributes")
    read["subAttributes"] = [_with_known_words(each) for each in listed] if isinstance(listed, list) else []
    if not isinstance(read.get("canonicalValues", []), list):
        del read["canonicalValues"]
    return read


def _type(document: Mapping[str, Any], schemas: Mapping[str, Schema]) -> ResourceType | None:
    name = document.get("name") or document.get("id")
    main = document.get("schema")
    if not isinstance(name, str) or not isinstance(main, str):
        return None
    fallback = {USER_SCHEMA.lower(): user_type().schema, GROUP_SCHEMA.lower(): group_type().schema}
    fallback[ENTERPRISE_SCHEMA.lower()] = user_type().extensions[0].schema
    schema = schemas.get(main.lower()) or fallback.get(main.lower())
    if schema is None:
        return None
    extensions = []
    listed = document.get("schemaExtensions")
    for each in listed if isinstance(listed, list) else ():
        urn = each.get("schema") if isinstance(each, Mapping) else None
        known = (schemas.get(urn.lower()) or fallback.get(urn.lower())) if isinstance(urn, str) else None
        if known is not None:
            extensions.append(Extension(known, is_required=each.get("required") is True))
    try:
        return ResourceType(
            id=name, name=name, endpoint=str(document.get("endpoint", "")), schema=schema, extensions=tuple(extensions)
        )
    except Reject:
        return None
