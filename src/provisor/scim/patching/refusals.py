"""Refusing changes that an attribute's mutability forbids (RFC 7643 §2.2, RFC 7644 §3.5.2)."""

from collections.abc import Mapping
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.schema import Attribute, Mutability


def refuse_change(name: str, why: str) -> Reject:
    """A Reject with scimType `mutability`."""
    return Reject(f"'{name}' {why}.", code="mutability")


def guard_immutable(attribute: Attribute, present: Any, wanted: Any) -> None:
    """Raise Reject when an immutable attribute that has a value would get another or none."""
    if attribute.mutability is Mutability.IMMUTABLE and present is not None and present != wanted:
        raise refuse_change(attribute.name, "cannot be changed once it has a value")


def guard_element(attribute: Attribute, present: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """The same for every part of one element of a list."""
    for sub in attribute.sub_attributes:
        guard_immutable(sub, present.get(sub.name), wanted.get(sub.name))
