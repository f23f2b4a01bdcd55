"""Queries: from URL parameters or a search request to a page of resources (RFC 7644 §3.4.2, §3.4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from provisor.ports.resources import JsonObject, Query
from provisor.scim.characteristics import Projection, compile_projection, shows_all_that_is_kept
from provisor.scim.filter_eval import check_filter, matches
from provisor.scim.grammar.attribute_path import read_attribute_path
from provisor.scim.messages import (
    SearchLimits,
    SearchRequest,
    list_response,
    read_search_body,
    read_search_parameters,
)
from provisor.scim.schema import ResourceType
from provisor.scim.sorting import find_sort_place
from provisor.server.caller import Caller
from provisor.server.cursors import Cursors
from provisor.server.transport.answers import Answer, json_answer
from provisor.server.transport.requests import ScimRequest

COSTLY = frozenset({"members", "groups"})
"""Attributes that a backend joins to a resource, and need not when nobody asked for them."""


class ShownPage(NamedTuple):
    """A page as it is shown: JSON, to be written or written already."""

    resources: Sequence[JsonObject | msgspec.Raw]
    total: int
    next_cursor: str | None


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


async def search(
    caller: Caller, type_: ResourceType, request: ScimRequest, cursors: Cursors, *, from_body: bool
) -> Answer:
    """One page of one type of resources."""
    wanted = await read_search(caller, request, type_.schema_ids, from_body=from_body)
    shown = read_shown(type_, wanted.attributes, wanted.excluded)
    _check(wanted, type_, is_strict=caller.dialect.is_strict)
    position = cursors.open(caller.grant, type_.name, wanted)
    query = Query(
        filter=wanted.filter,
        sort_by=wanted.sort_by,
        descending=wanted.descending,
        start_index=wanted.start_index,
        count=wanted.count,
        cursor=position,
        excluded=shown.excluded,
    )
    page = await _find(caller, type_, query, shown)
    resources = page.resources
    note = f"found {page.total}, shown {len(resources)}"
    if position is None:
        return json_answer(list_response(resources, page.total, start_index=wanted.start_index), note=note)
    next_cursor = None
    if page.next_cursor is not None:
        next_cursor = cursors.seal(caller.grant, type_.name, wanted, page.next_cursor)
    return json_answer(list_response(resources, page.total, start_index=None, next_cursor=next_cursor), note=note)


async def _find(caller: Caller, type_: ResourceType, query: Query, shown: Shown) -> ShownPage:
    """A page as it is shown."""
    texts = caller.backend.texts(type_.name) if shown.is_whole else None
    if texts is not None:
        rendered = await texts.query(type_.name, query, caller.urls)
        return ShownPage([msgspec.Raw(each.text) for each in rendered.resources], rendered.total, rendered.next_cursor)
    page = await caller.backend.query(type_.name, query)
    resources = [shown.project(caller.located(each, type_)) for each in page.resources]
    return ShownPage(resources, page.total, page.next_cursor)


async def search_one(
    caller: Caller, type_: ResourceType, resource_id: str, request: ScimRequest, *, from_body: bool
) -> Answer:
    """A query of one resource (RFC 7644 §3.4.2.1): a list that holds it, or nobody when the filter says no."""
    wanted = await read_search(caller, request, type_.schema_ids, from_body=from_body)
    shown = read_shown(type_, wanted.attributes, wanted.excluded)
    _check(wanted, type_, is_strict=caller.dialect.is_strict)
    resource = caller.located(await caller.backend.get(type_.name, resource_id), type_)
    is_found = wanted.filter is None or matches(wanted.filter, resource, type_)
    is_shown = is_found and wanted.start_index == 1 and wanted.count > 0
    resources = [shown.project(resource)] if is_shown else []
    body = list_response(resources, int(is_found), start_index=wanted.start_index if wanted.cursor is None else None)
    return json_answer(body, note=f"found {int(is_found)}, shown {len(resources)}")


async def read_search(
    caller: Caller, request: ScimRequest, schemas: frozenset[str], *, from_body: bool
) -> SearchRequest:
    """What is asked, by URL parameters or by the body of a search request. Raises `Reject`."""
    limits = SearchLimits(is_lenient=not caller.dialect.is_strict, schemas=schemas)
    if from_body:
        return read_search_body(await request.json(), limits)
    return read_search_parameters(request.parameters(), limits)


def _check(wanted: SearchRequest, type_: ResourceType, *, is_strict: bool) -> None:
    if wanted.filter is not None:
        check_filter(wanted.filter, type_, strict=is_strict)
    if wanted.sort_by is not None:
        find_sort_place(wanted.sort_by, type_)


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
