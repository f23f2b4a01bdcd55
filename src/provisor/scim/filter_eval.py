"""What a filter means for a resource (RFC 7644 §3.4.2.2), by the characteristics of the attributes it names.

Resources are read in canonical attribute case. A filter is compiled once to a closure and then asked many times.
Where the RFC is open: an absent attribute equals nothing but null, `ne` is the opposite of `eq` (so it holds for an
absent attribute), every other comparison with an absent attribute fails, and so does every comparison with an unknown
attribute or with one that is never returned.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.checking.comparing import comparable_literal, make_test
from provisor.scim.filter import And, Comparison, Filter, Not, Operator, Or, Present, ValuePath
from provisor.scim.grammar.attribute_path import AttributePath
from provisor.scim.grammar.literals import is_unassigned
from provisor.scim.schema import Attribute, AttributeType, Place, ResourceType, Returned

Matcher = Callable[[Mapping[str, Any]], bool]
Find = Callable[[AttributePath], Place | None]

_ORDERING = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE})
_SUBSTRING = frozenset({Operator.CO, Operator.SW, Operator.EW})
_TEXTS = frozenset({AttributeType.STRING, AttributeType.REFERENCE, AttributeType.ANY})
_UNORDERED = frozenset({AttributeType.BOOLEAN, AttributeType.BINARY})


def matches(filter_: Filter, resource: Mapping[str, Any], type_: ResourceType) -> bool:
    """Whether the filter holds for one resource. For many resources compile the filter once."""
    return compile_filter(filter_, type_)(resource)


def compile_filter(filter_: Filter, type_: ResourceType) -> Matcher:
    """The filter as a function of a resource."""
    return _compile(filter_, type_.find)


def compile_element_filter(filter_: Filter, attribute: Attribute) -> Matcher:
    """The filter inside brackets as a function of one element of a complex attribute."""
    return _compile(filter_, _finder_within(attribute))


def check_filter(filter_: Filter, type_: ResourceType, strict: bool = False) -> None:
    """Raise Reject (`invalidFilter`) where an operator or a value does not fit its attribute's type.

    Unknown attributes, and numbers or booleans compared with text, are refused only when `strict`. An attribute that
    is never returned cannot be filtered by in either mode, or its value could be guessed letter by letter.
    """
    _check(filter_, type_.find, strict)


def check_element_filter(filter_: Filter, attribute: Attribute, strict: bool = False) -> None:
    """As `check_filter`, for the filter inside brackets."""
    _check(filter_, _finder_within(attribute), strict)


def _finder_within(attribute: Attribute) -> Find:
    def find(path: AttributePath) -> Place | None:
        sub = attribute.sub(path.attribute) if path.schema is None and path.sub_attribute is None else None
        return Place(None, sub) if sub is not None else None

    return find


def _never(_: Mapping[str, Any]) -> bool:
    return False


def _compile(filter_: Filter, find: Find) -> Matcher:
    match filter_:
        case Comparison():
            return _compile_comparison(filter_, find)
        case Present(path):
            return _compile_present(find(path))
        case And(terms):
            every = [_compile(term, find) for term in terms]
            return lambda resource: all(matcher(resource) for matcher in every)
        case Or(terms):
            some = [_compile(term, find) for term in terms]
            return lambda resource: any(matcher(resource) for matcher in some)
        case Not(term):
            opposite = _compile(term, find)
            return lambda resource: not opposite(resource)
        case ValuePath(path, inner):
            place = find(path)
            if place is None or not place.attribute.is_complex or place.sub_attribute is not None:
                return _never
            element_matcher = compile_element_filter(inner, place.attribute)
            return lambda resource: any(
                element_matcher(element) for element in values_at(resource, place) if isinstance(element, Mapping)
            )


def _is_hidden(place: Place) -> bool:
    return Returned.NEVER in (place.attribute.returned, place.leaf.returned)


def comparable_place(place: Place) -> Place | None:
    """Where the compared value stands: a complex attribute is compared by its `value`; None where it has none."""
    if not place.leaf.is_complex:
        return place
    value = place.attribute.sub("value") if place.sub_attribute is None else None
    return Place(place.container, place.attribute, value) if value is not None else None


def _compile_comparison(comparison: Comparison, find: Find) -> Matcher:
    found = find(comparison.path)
    place = comparable_place(found) if found is not None else None
    if place is None or _is_hidden(place):
        return _never
    operator, literal = comparison.operator, comparison.value
    if literal is None:
        present = _compile_present(place)
        if operator is Operator.NE:
            return present
        return (lambda resource: not present(resource)) if operator is Operator.EQ else _never
    test = make_test(place.leaf, Operator.EQ if operator is Operator.NE else operator, literal)
    if operator is Operator.NE:
        return lambda resource: not any(map(test, values_at(resource, place)))
    if place.container is None and place.sub_attribute is None and not place.attribute.is_multivalued:
        name = place.attribute.name
        if place.attribute.type is not AttributeType.ANY:
            return lambda resource: (value := resource.get(name)) is not None and test(value)
    return lambda resource: any(map(test, values_at(resource, place)))


def _compile_present(place: Place | None) -> Matcher:
    if place is None or _is_hidden(place):
        return _never
    return lambda resource: any(map(_has_content, values_at(resource, place)))


def _has_content(value: Any) -> bool:
    """Whether a value counts for `pr`: not empty, and for an object at least one part that is not."""
    if isinstance(value, Mapping):
        return any(map(_has_content, value.values()))
    if isinstance(value, list):
        return any(map(_has_content, value))
    return value != "" and not is_unassigned(value)


def _get(holder: Mapping[str, Any], attribute: Attribute) -> Any:
    value = holder.get(attribute.name)
    if value is None and attribute.type is AttributeType.ANY:
        folded = attribute.name.lower()  # undeclared names keep the case in which they first came
        value = next((each for key, each in holder.items() if key.lower() == folded), None)
    return value


def values_at(resource: Mapping[str, Any], place: Place) -> Iterator[Any]:
    """Every value at that place: the elements of a list one by one, null never."""
    holder: Any = resource if place.container is None else resource.get(place.container)
    value = _get(holder, place.attribute) if isinstance(holder, Mapping) else None
    for element in value if isinstance(value, list) else (value,):
        if place.sub_attribute is None:
            inner = element
        else:
            inner = _get(element, place.sub_attribute) if isinstance(element, Mapping) else None
        if inner is not None:
            yield inner


def _refuse(sentence: str) -> Reject:
    return Reject(sentence, code="invalidFilter")


def _check(filter_: Filter, find: Find, strict: bool) -> None:
    match filter_:
        case And(terms) | Or(terms):
            for term in terms:
                _check(term, find, strict)
        case Not(term):
            _check(term, find, strict)
        case Present(path):
            _check_known(path, find, strict)
        case ValuePath(path, inner):
            place = _check_known(path, find, strict)
            if place is None:
                return
            if not place.leaf.is_complex or place.sub_attribute is not None:
                raise _refuse(f"'{path}' has no sub-attributes to filter by.")
            _check(inner, _finder_within(place.attribute), strict)
        case Comparison():
            _check_comparison(filter_, find, strict)


def _check_known(path: AttributePath, find: Find, strict: bool) -> Place | None:
    place = find(path)
    if place is None:
        if strict:
            raise _refuse(f"'{path}' is not an attribute that this filter can use.")
        return None
    if _is_hidden(place):
        raise _refuse(f"'{path}' is never shown and cannot be filtered by.")
    return place


def _check_comparison(comparison: Comparison, find: Find, strict: bool) -> None:
    path, operator, literal = comparison.path, comparison.operator, comparison.value
    found = _check_known(path, find, strict)
    if found is None:
        return
    place = comparable_place(found)
    if place is None:
        raise _refuse(f"'{path}' is complex and has no `value`: name the sub-attribute to compare.")
    kind = place.leaf.type
    if operator in _ORDERING and kind in _UNORDERED:
        raise _refuse(f"'{path}' is {kind}; values of this type have no order, so `{operator}` cannot be used.")
    if operator in _SUBSTRING and kind not in _TEXTS:
        raise _refuse(f"'{path}' is {kind}; `{operator}` compares text only.")
    if literal is None:
        if operator not in {Operator.EQ, Operator.NE}:
            raise _refuse(f"'{path}' is compared with null by `{operator}`; null has no order and no text.")
        return
    if operator in _ORDERING | _SUBSTRING and isinstance(literal, bool):
        raise _refuse(f"'{path}' is compared with a boolean by `{operator}`; use `eq` or `ne`.")
    is_text = kind in _TEXTS or kind is AttributeType.BINARY
    if comparable_literal(place.leaf, literal) is None or (
        strict and is_text and kind is not AttributeType.ANY and not isinstance(literal, str)
    ):
        raise _refuse(f"'{path}' is {kind} and cannot be compared with {literal!r}.")
