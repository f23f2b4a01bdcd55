"""Which attributes of a resource are shown (RFC 7644 §3.9, characteristic `returned` of RFC 7643 §2.2).

A projection is compiled once per request and applied to every resource of a list. Stored resources are not copied
deeper than needed and never changed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.grammar.attribute_path import read_attribute_path
from provisor.scim.schema import Attribute, ResourceType, Returned

JsonObject = dict[str, Any]
Projection = Callable[[Mapping[str, Any]], JsonObject]

PROJECTED_NAMES_MAX = 500
"""Attributes named in one request."""


@dataclass(slots=True)
class _Choice:
    """What was named at one level: whole attributes, and attributes of which only parts were named."""

    whole: set[str]
    parts: dict[str, "_Choice"]

    def add(self, steps: list[str]) -> None:
        first, *rest = steps
        if rest:
            self.parts.setdefault(first, _Choice(set(), {})).add(rest)
        else:
            self.whole.add(first)


def project(
    resource: Mapping[str, Any],
    type_: ResourceType,
    attributes: Iterable[str] = (),
    excluded: Iterable[str] = (),
) -> JsonObject:
    """What is shown of one resource. For a list compile the projection once."""
    return compile_projection(type_, attributes, excluded)(resource)


def compile_projection(type_: ResourceType, attributes: Iterable[str] = (), excluded: Iterable[str] = ()) -> Projection:
    """A function that shows a resource. Names are read in any case; unknown ones are ignored.

    A filter in brackets after a name is ignored too. Raises Reject (`invalidValue`) when both lists are given.
    """
    wanted, unwanted = tuple(attributes), tuple(excluded)
    if wanted and unwanted:
        raise Reject("`attributes` and `excludedAttributes` exclude each other; name one of them.", code="invalidValue")
    if len(wanted) + len(unwanted) > PROJECTED_NAMES_MAX:
        raise Reject(f"More than {PROJECTED_NAMES_MAX} attributes are named.", code="invalidValue")
    if wanted:
        choice = _choose(wanted, type_)
        return lambda resource: _only(resource, type_.attributes, choice)
    hidden = _choose(unwanted, type_)
    plain = not hidden.whole and not hidden.parts
    guarded = frozenset(each.name for each in type_.attributes if _guards(each))
    if plain:
        return lambda resource: (
            dict(resource) if guarded.isdisjoint(resource) else _all_but(resource, type_.attributes, hidden)
        )
    return lambda resource: _all_but(resource, type_.attributes, hidden)


def shows_all_that_is_kept(type_: ResourceType) -> bool:
    """Whether nothing stays hidden when nothing is asked for: what is never returned is not kept in the first place."""
    return not any(_guards(each, frozenset({Returned.REQUEST})) for each in type_.attributes)


def _guards(attribute: Attribute, hidden: frozenset[Returned] = frozenset({Returned.NEVER, Returned.REQUEST})) -> bool:
    """Whether part of the attribute may have to stay hidden even when nothing was excluded."""
    return attribute.returned in hidden or any(_guards(sub, hidden) for sub in attribute.sub_attributes)


def _choose(names: Iterable[str], type_: ResourceType) -> _Choice:
    choice = _Choice(set(), {})
    for name in names:
        path = read_attribute_path(name.strip().partition("[")[0], type_.schema_ids)
        place = type_.find(path) if path is not None else None
        if place is not None:
            steps = [place.container, place.attribute.name, place.sub_attribute and place.sub_attribute.name]
            choice.add([step.lower() for step in steps if step])
    return choice


def _lookup(attributes: Iterable[Attribute]) -> dict[str, Attribute]:
    return {attribute.name: attribute for attribute in attributes}


def _within(value: Any, show: Callable[[Mapping[str, Any]], JsonObject]) -> Any:
    """Apply to an object, or to each of a list; objects of which nothing is left are dropped."""
    if isinstance(value, Mapping):
        return show(value) or None
    if isinstance(value, list):
        shown = (show(each) if isinstance(each, Mapping) else each for each in value)
        return [each for each in shown if each not in ({}, None)] or None
    return value


def _only(holder: Mapping[str, Any], attributes: Iterable[Attribute], choice: _Choice) -> JsonObject:
    """What was named, and what is always shown."""
    known = _lookup(attributes)
    result: JsonObject = {}
    for key, value in holder.items():
        attribute = known.get(key)
        returned = attribute.returned if attribute is not None else Returned.DEFAULT
        folded = key.lower()
        if returned is Returned.NEVER:
            continue
        shown = None
        subs = attribute.sub_attributes if attribute is not None else ()
        if returned is Returned.ALWAYS or folded in choice.whole:
            shown = _whole(value, subs)
        elif folded in choice.parts:
            part = choice.parts[folded]
            shown = _within(value, lambda each, subs=subs, part=part: _only(each, subs, part))  # type: ignore[misc]
        if shown is not None:
            result[key] = shown
    return result


def _whole(value: Any, subs: tuple[Attribute, ...]) -> Any:
    """A whole attribute, without the parts that need asking for."""
    if not any(_guards(sub) for sub in subs):
        return value
    return _within(value, lambda each: _all_but(each, subs, _Choice(set(), {})))


def _all_but(holder: Mapping[str, Any], attributes: Iterable[Attribute], hidden: _Choice) -> JsonObject:
    """Everything but what was excluded and what is not shown by default."""
    known = _lookup(attributes)
    result: JsonObject = {}
    for key, value in holder.items():
        attribute = known.get(key)
        returned = attribute.returned if attribute is not None else Returned.DEFAULT
        folded = key.lower()
        if returned in {Returned.NEVER, Returned.REQUEST}:
            continue
        if folded in hidden.whole and returned is not Returned.ALWAYS:
            continue
        subs = attribute.sub_attributes if attribute is not None else ()
        shown = value
        if folded in hidden.parts or any(_guards(sub) for sub in subs):
            part = hidden.parts.get(folded, _Choice(set(), {}))
            shown = _within(value, lambda each, subs=subs, part=part: _all_but(each, subs, part))  # type: ignore[misc]
        if shown is not None:
            result[key] = shown
    return result
