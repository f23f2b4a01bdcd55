"""Checking the definition of attributes in a schema document (RFC 7643 §2.2, §7)."""

from provisor.scim.definitions.spots import Spot
from provisor.scim.grammar.attribute_path import is_name
from provisor.scim.schema import COMMON_ATTRIBUTES, AttributeType, Mutability, Returned, Uniqueness

ATTRIBUTES_MAX = 500
"""In one schema, sub-attributes not counted."""
NAME_CHARACTERS_MAX = 100

_MEMBERS = frozenset(
    {
        "name",
        "type",
        "multiValued",
        "description",
        "required",
        "canonicalValues",
        "caseExact",
        "mutability",
        "returned",
        "uniqueness",
        "referenceTypes",
        "subAttributes",
    }
)
_TYPES = tuple(each.value for each in AttributeType if each is not AttributeType.ANY)
_COMMON = frozenset(each.name.lower() for each in COMMON_ATTRIBUTES)


def check_attributes(spot: Spot, *, is_inner: bool = False) -> None:
    """Note every fault in a list of attributes or sub-attributes."""
    if not isinstance(spot.value, list):
        spot.fault(f"is {'missing' if spot.value is None else 'no list'}.", "Write a list of attributes in brackets.")
        return
    if len(spot.value) > ATTRIBUTES_MAX:
        spot.fault(f"has {len(spot.value)} attributes.", f"At most {ATTRIBUTES_MAX} are read.")
        return
    seen: set[str] = set()
    for each in spot.items():
        if each.check_members(_MEMBERS):
            _check_name(each, seen, is_inner=is_inner)
            _check_attribute(each, is_inner=is_inner)


def _check_name(spot: Spot, seen: set[str], *, is_inner: bool) -> None:
    name = spot.read_text("name", is_required=True)
    if not name:
        return
    where = spot.member("name")
    if not is_name(name) or len(name) > NAME_CHARACTERS_MAX or (name.startswith("$") and not is_inner):
        where.fault(f"'{name[:NAME_CHARACTERS_MAX]}' cannot be a name.", "Use letters, digits, - and _, letter first.")
    elif name.lower() in _COMMON and not is_inner:
        where.fault(f"every resource has '{name}' already.", "Choose another name.")
    elif name.lower() in seen:
        where.fault(f"there are two attributes '{name}'.", "Names are the same in any case; rename one.")
    seen.add(name.lower())


def _check_attribute(spot: Spot, *, is_inner: bool) -> None:
    kind = spot.read_choice("type", _TYPES, AttributeType.STRING)
    spot.read_flag("multiValued")
    is_required, is_exact = spot.read_flag("required"), spot.read_flag("caseExact")
    mutability = spot.read_choice("mutability", tuple(Mutability), Mutability.READ_WRITE)
    returned = spot.read_choice("returned", tuple(Returned), Returned.DEFAULT)
    uniqueness = spot.read_choice("uniqueness", tuple(Uniqueness), Uniqueness.NONE)
    if spot.member("description").value not in (None, ""):
        spot.read_text("description")
    for name in ("canonicalValues", "referenceTypes"):
        spot.check_texts(name)
    if kind == AttributeType.COMPLEX:
        _check_complex(spot, uniqueness, is_inner=is_inner, is_exact=is_exact)
    elif spot.member("subAttributes").value is not None:
        spot.member("subAttributes").fault(f"an attribute of type {kind} has no parts.", "Make its type complex.")
    if kind == AttributeType.REFERENCE and not spot.member("referenceTypes").value:
        spot.fault("is a reference without 'referenceTypes'.", "Name resource types, or write external or uri.")
    if is_required and mutability == Mutability.READ_ONLY:
        spot.member("required").fault("nobody could ever set it, because it is readOnly.", "Drop one of the two.")
    if mutability == Mutability.WRITE_ONLY and returned != Returned.NEVER:
        spot.member("returned").fault("what is writeOnly is never shown.", "Write 'returned': 'never'.")
    if is_required and returned == Returned.NEVER:
        spot.member("required").fault("what is never shown is not kept, and would be missing.", "Drop one of the two.")
    if returned == Returned.NEVER and uniqueness != Uniqueness.NONE:
        spot.member("uniqueness").fault("what is never shown is not kept, and cannot be compared.", "Write 'none'.")


def _check_complex(spot: Spot, uniqueness: str, *, is_inner: bool, is_exact: bool) -> None:
    if is_inner:
        spot.member("type").fault("a part of a complex attribute cannot be complex.", "RFC 7643 §2.3.8 forbids it.")
        return
    if uniqueness != Uniqueness.NONE:
        spot.member("uniqueness").fault("a complex attribute has none.", "Put it on a sub-attribute.")
    if is_exact:
        spot.member("caseExact").fault("a complex attribute has none.", "Put it on a sub-attribute.")
    parts = spot.member("subAttributes")
    if not parts.value:
        parts.fault("is empty.", "A complex attribute has at least one sub-attribute.")
    else:
        check_attributes(parts, is_inner=True)
