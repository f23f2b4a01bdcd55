"""One incoming value held against its attribute's definition (RFC 7643 §2).

The result is in canonical attribute case, without nulls, empty lists, empty objects and readOnly parts. Leniently,
text is read as the boolean or number it writes, empty text unassigns, one value stands for a list of one (and the
other way round), and a bare id stands for `{"value": id}`; strictly, each of these is refused.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.grammar.literals import (
    INTEGER_MAX,
    fold,
    is_base64,
    is_mere_date,
    is_unassigned,
    is_uri_reference,
    read_boolean,
    read_instant,
)
from provisor.scim.grammar.tokens import excerpt
from provisor.scim.schema import Attribute, AttributeType, Mutability

JsonObject = dict[str, Any]

_NOUNS = {
    AttributeType.BOOLEAN: "true or false",
    AttributeType.INTEGER: "a whole number",
    AttributeType.DECIMAL: "a number",
    AttributeType.DATE_TIME: "an instant such as 2026-11-23T18:00:00Z",
    AttributeType.BINARY: "bytes in base64",
    AttributeType.REFERENCE: "a URI",
    AttributeType.COMPLEX: "an object",
}


def conform(value: Any, attribute: Attribute, *, strict: bool, where: str = "") -> Any:
    """The value as it is to be stored, or None when it assigns nothing. Raises Reject (`invalidValue`)."""
    where = where or attribute.name
    if value is None:
        return None
    if not attribute.is_multivalued:
        if attribute.type is AttributeType.STRING and value and _is_plain(value):
            return value  # most values, without a detour
        if isinstance(value, list) and attribute.type is not AttributeType.ANY:
            value = _only_element(value, strict, where)
        return conform_one(value, attribute, strict=strict, where=where)
    if not isinstance(value, list):
        if strict:
            raise invalid_value(f"'{where}' takes a list.")
        value = [value]
    elements = [conform_one(each, attribute, strict=strict, where=where) for each in value]
    return without_duplicates([each for each in elements if each is not None], attribute, where) or None


def conform_one(value: Any, attribute: Attribute, *, strict: bool, where: str) -> Any:
    """As `conform`, for one element of a list or a single value."""
    if is_unassigned(value) or (value == "" and (not strict or attribute.is_required)):
        return None
    if attribute.is_complex:
        return _conform_complex(value, attribute, strict, where)
    if attribute.type is AttributeType.ANY:
        return _conform_any(value, where)
    conformed = _conform_simple(value, attribute.type, strict)
    if conformed is None:
        noun = _NOUNS.get(attribute.type, "text")
        raise invalid_value(f"'{where}' takes {noun}, not {excerpt(repr(value))}.")
    return conformed


def invalid_value(sentence: str) -> Reject:
    """A Reject with scimType `invalidValue`."""
    return Reject(sentence, code="invalidValue")


def _only_element(value: list[Any], strict: bool, where: str) -> Any:
    if strict or len(value) > 1:
        raise invalid_value(f"'{where}' takes one value, not a list.")
    return value[0] if value else None


def _conform_complex(value: Any, attribute: Attribute, strict: bool, where: str) -> JsonObject | None:
    if type(value) is not dict and not isinstance(value, Mapping):  # asking what a dict is takes longer
        bare = attribute.sub("value") if isinstance(value, str | int) and not isinstance(value, bool) else None
        if strict or bare is None or attribute.is_open:
            raise invalid_value(f"'{where}' takes an object, not {excerpt(repr(value))}.")
        value = {"value": value}
    result: JsonObject = {}
    for key, inner in value.items():
        sub = attribute.sub(str(key))
        if sub is None:
            if strict and not names_own_schema(str(key), attribute):
                raise Reject(f"'{where}' has no sub-attribute '{excerpt(str(key))}'.", code="invalidSyntax")
            continue
        if sub.mutability is Mutability.READ_ONLY:
            continue
        if not sub.is_multivalued and (
            isinstance(inner, bool)
            if sub.type is AttributeType.BOOLEAN
            else sub.type is AttributeType.STRING and inner and _is_plain(inner)
        ):
            result[sub.name] = inner  # most values, without a detour
            continue
        conformed = conform(inner, sub, strict=strict, where=f"{where}.{sub.name}")
        if conformed is not None:
            result[_present_key(result, sub)] = conformed
    return result or None


def names_own_schema(key: str, attribute: Attribute) -> bool:
    """Whether this is `schemas` within an extension: every SCIM object may say what it is (RFC 7643 §3.1)."""
    return ":" in attribute.name and key.lower() == "schemas"


def _present_key(holder: JsonObject, sub: Attribute) -> str:
    """The key under which an attribute stands already; undeclared names keep the case in which they first came."""
    return present_key(holder, sub) if sub.type is AttributeType.ANY else sub.name


def present_key(holder: Mapping[str, Any], attribute: Attribute) -> str:
    """The key of an attribute in an object, in the case in which it stands there, else in its own."""
    if attribute.type is not AttributeType.ANY or attribute.name in holder:
        return attribute.name
    folded = attribute.name.lower()
    return next((key for key in holder if key.lower() == folded), attribute.name)


def _conform_simple(value: Any, kind: AttributeType, strict: bool) -> Any:
    match kind:
        case AttributeType.BOOLEAN:
            return value if isinstance(value, bool) else (None if strict else read_boolean(value))
        case AttributeType.INTEGER | AttributeType.DECIMAL:
            return _conform_number(value, kind, strict)
        case AttributeType.DATE_TIME:
            return value if read_instant(value) is not None and not (strict and is_mere_date(value)) else None
        case AttributeType.BINARY:
            return value if isinstance(value, str) and is_base64(value, strict=strict) else None
        case AttributeType.REFERENCE:
            text = _conform_text(value, strict)
            return text if text is None or not strict or is_uri_reference(text) else None
        case _:
            return _conform_text(value, strict)


def _conform_number(value: Any, kind: AttributeType, strict: bool) -> int | float | None:
    if isinstance(value, str) and not strict:
        try:
            value = int(value) if kind is AttributeType.INTEGER else float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    is_whole = -INTEGER_MAX <= value <= INTEGER_MAX
    if kind is AttributeType.INTEGER:
        return int(value) if is_whole and value == int(value) else None
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if is_whole else None


def _conform_text(value: Any, strict: bool) -> str | None:
    if isinstance(value, str):
        return value if _is_storable(value) else None
    if strict or not isinstance(value, bool | int | float):
        return None
    return str(value)  # True becomes "True", as clients that send booleans as text write it


def _is_plain(value: Any) -> bool:
    """Whether a value is a text of ASCII characters without a zero among them."""
    return isinstance(value, str) and value.isascii() and "\0" not in value


def _is_storable(text: str) -> bool:
    """Whether a text can be encoded, and holds no zero character, which databases refuse."""
    if _is_plain(text):
        return True
    if "\0" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _conform_any(value: Any, where: str) -> Any:
    """A value of an open schema, as it is, once every text in it is known to be storable."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, Mapping):
            pending += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            pending += each
        elif (isinstance(each, str) and not _is_storable(each)) or (isinstance(each, float) and not isfinite(each)):
            raise invalid_value(f"'{where}' holds a text or a number that cannot be stored.")
    return value


def without_duplicates(elements: list[Any], attribute: Attribute, where: str = "") -> list[Any]:
    """The elements without repetitions, in order (RFC 7643 §2.4). Raises Reject when more than one is primary.

    Elements with the same `value` and `type` are one, which has what any of them says; the last word counts.
    """
    if len(elements) < 2:
        return elements
    result: dict[Any, Any] = {}
    for element in elements:
        key = _duplicate_key(element, attribute)
        known = result.get(key)
        result[key] = element if known is None or not isinstance(element, dict) else {**known, **element}
    if sum(isinstance(each, dict) and each.get("primary") is True for each in result.values()) > 1:
        raise invalid_value(f"More than one value of '{where or attribute.name}' is primary; at most one may be.")
    return list(result.values())


def _duplicate_key(element: Any, attribute: Attribute) -> Any:
    identity = identity_of(element, attribute)
    if not isinstance(element, dict):
        return identity
    if identity is None:
        return repr(sorted(element.items(), key=lambda item: item[0]))
    kind = element.get("type")
    return identity, fold(kind) if isinstance(kind, str) else None


def identity_of(element: Any, attribute: Attribute) -> str | None:
    """The folded `value` of an element, by which elements are told apart; None for elements without one."""
    if not isinstance(element, dict):
        text = element if isinstance(element, str) else repr(element)
        return text if attribute.is_case_exact else fold(text)
    value = element.get("value")
    if not isinstance(value, str):
        return None
    sub = attribute.sub("value")
    return value if sub is not None and sub.is_case_exact else fold(value)
