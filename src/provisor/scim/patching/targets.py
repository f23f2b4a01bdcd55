"""What a PATCH path aims at in a kind of resource, and the element that a filter describes (RFC 7644 §3.5.2).

`emails[type eq "work"].value` of somebody without a work address names an element that could be made: its filter
says `type eq "work"`, so the element begins as `{"type": "work"}`. Filters with `or`, `not` or other operators
describe no single element.
"""

from dataclasses import dataclass
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.checking.conforming import conform
from provisor.scim.filter import And, Comparison, Filter, Operator
from provisor.scim.filter_eval import Matcher, check_element_filter, compile_element_filter
from provisor.scim.path import Path
from provisor.scim.schema import Attribute, Mutability, ResourceType


@dataclass(frozen=True, slots=True)
class Target:
    """`container` is the extension's key or None; `matcher` is None without a filter; `seed` None where none can be."""

    container: str | None
    attribute: Attribute
    sub_attribute: Attribute | None = None
    matcher: Matcher | None = None
    seed: dict[str, Any] | None = None

    @property
    def is_read_only(self) -> bool:
        """Whether no client may write there."""
        sub = self.sub_attribute
        return Mutability.READ_ONLY in (self.attribute.mutability, sub and sub.mutability)


def find_target(path: Path, type_: ResourceType, *, strict: bool) -> Target:
    """Where a path leads. Raises Reject (`invalidPath`, or `invalidFilter` for the filter within)."""
    place = type_.find(path.attribute)
    if place is None:
        raise invalid_path(f"{type_.name} has no attribute '{path.attribute}'.")
    attribute = place.attribute
    if path.filter is None:
        return Target(place.container, attribute, place.sub_attribute)
    if not attribute.is_complex or not attribute.is_multivalued or place.sub_attribute is not None:
        raise invalid_path(f"'{path.attribute}' is no list of objects, so no filter can choose among its elements.")
    check_element_filter(path.filter, attribute, strict)
    sub = None
    if path.sub_attribute is not None:
        sub = attribute.sub(path.sub_attribute)
        if sub is None:
            raise invalid_path(f"'{attribute.name}' has no sub-attribute '{path.sub_attribute}'.")
    matcher = compile_element_filter(path.filter, attribute)
    return Target(place.container, attribute, sub, matcher, seed_of(path.filter, attribute))


def invalid_path(sentence: str) -> Reject:
    """A Reject with scimType `invalidPath`."""
    return Reject(sentence, code="invalidPath")


def seed_of(filter_: Filter, attribute: Attribute) -> dict[str, Any] | None:
    """The element that a filter of `eq` terms describes, None for any other filter."""
    terms = filter_.terms if isinstance(filter_, And) else (filter_,)
    seed: dict[str, Any] = {}
    for term in terms:
        if isinstance(term, And):
            inner = seed_of(term, attribute)
            if inner is None:
                return None
            seed.update(inner)
            continue
        if not isinstance(term, Comparison) or term.operator is not Operator.EQ or term.path.schema is not None:
            return None
        sub = attribute.sub(term.path.attribute) if term.path.sub_attribute is None else None
        if sub is None or sub.mutability is Mutability.READ_ONLY:
            return None
        value = conform(term.value, sub, strict=False)
        if value is None:
            return None
        seed[sub.name] = value
    return seed
