"""What of a resource a client wants to see (RFC 7644 §3.4.2.5), as a function and as what a backend need not load."""

from dataclasses import dataclass

from provisor.scim.characteristics import Projection, compile_projection, shows_all_that_is_kept
from provisor.scim.grammar.attribute_path import read_attribute_path
from provisor.scim.schema import ResourceType

COSTLY = frozenset({"members", "groups"})
"""Attributes that a backend joins to a resource, and need not when nobody asked for them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a resource the client wants to see: as a function, and as what a backend need not load.

    `is_whole` says that everything that a backend loads then is shown.
    """

    project: Projection
    excluded: frozenset[str]
    is_whole: bool = False


_PLAIN_MAX = 256
_plain: dict[int, tuple[ResourceType, Shown]] = {}


def read_shown(type_: ResourceType, attributes: tuple[str, ...], excluded: tuple[str, ...]) -> Shown:
    """The projection that was asked for. Raises `Reject` when both lists were given."""
    if not attributes and not excluded:
        return _everything(type_)
    project = compile_projection(type_, attributes, excluded)
    if attributes:
        named = {_top_name(each, type_) for each in attributes}
        return Shown(project, COSTLY - named)
    whole = frozenset(each.strip().lower().rpartition(":")[2] for each in excluded)
    return Shown(project, COSTLY & whole, is_whole=_everything(type_).is_whole and whole <= COSTLY)


def _top_name(name: str, type_: ResourceType) -> str:
    path = read_attribute_path(name.strip().partition("[")[0], type_.schema_ids)
    return "" if path is None else path.attribute.lower()


def _everything(type_: ResourceType) -> Shown:
    """What is shown without any wish, compiled once for each resource type."""
    known = _plain.get(id(type_))
    if known is None:
        if len(_plain) >= _PLAIN_MAX:
            _plain.clear()
        shown = Shown(compile_projection(type_), frozenset(), is_whole=shows_all_that_is_kept(type_))
        known = _plain[id(type_)] = (type_, shown)
    return known[1]
