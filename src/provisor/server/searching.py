"""Queries: from URL parameters or a search request to a page of resources (RFC 7644 §3.4.2, §3.4.3)."""

from collections.abc import Sequence
from dataclasses import replace

from provisor.ports.resources import JsonObject, Page, Query, TextPage
from provisor.scim.filter import named_attributes
from provisor.scim.filter_eval import check_filter, matches
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
from provisor.server.members import MEMBERS, GroupMembers, list_in_one
from provisor.server.showing import Shown, read_shown
from provisor.server.transport.answers import Answer, Shape, encode_json, shaped_answer
from provisor.server.transport.requests import ScimRequest


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
    found, page = await find_shown(caller, type_, query, shown)
    if position is None:
        return answer_list(found, page.total, start_index=wanted.start_index)
    next_cursor = None
    if page.next_cursor is not None:
        next_cursor = cursors.seal(caller.grant, type_.name, wanted, page.next_cursor)
    return answer_list(found, page.total, start_index=None, next_cursor=next_cursor)


def answer_list(
    found: Sequence[Shape], total: int, *, start_index: int | None, next_cursor: str | None = None
) -> Answer:
    """A ListResponse."""
    body = list_response((), total, start_index=start_index, next_cursor=next_cursor)
    body["itemsPerPage"] = len(found)
    return shaped_answer(list_in_one(body, found), note=f"found {total}, shown {len(found)}")


async def find_shown(
    caller: Caller, type_: ResourceType, query: Query, shown: Shown
) -> tuple[Sequence[Shape], Page | TextPage]:
    """A page: its resources as they are shown, and what else is known of it."""
    members = GroupMembers(caller, type_, shown)
    query = replace(query, excluded=query.excluded | members.excluded)
    texts = caller.backend.texts(type_.name) if shown.is_whole else None
    if texts is not None:
        rendered = await texts.query(type_.name, query, caller.urls)
        return await members.fill_all([(each.id, each.text.encode()) for each in rendered.resources]), rendered
    page = await caller.backend.query(type_.name, query)
    return await members.fill_all([(each["id"], show(caller, type_, each, shown)) for each in page.resources]), page


def show(caller: Caller, type_: ResourceType, resource: JsonObject, shown: Shown) -> bytes:
    """A resource as it is shown, as JSON text."""
    return encode_json(shown.project(caller.located(resource, type_)))


async def search_one(
    caller: Caller, type_: ResourceType, resource_id: str, request: ScimRequest, *, from_body: bool
) -> Answer:
    """A query of one resource (RFC 7644 §3.4.2.1): a list that holds it, or nobody when the filter says no."""
    wanted = await read_search(caller, request, type_.schema_ids, from_body=from_body)
    shown = read_shown(type_, wanted.attributes, wanted.excluded)
    _check(wanted, type_, is_strict=caller.dialect.is_strict)
    members = GroupMembers(caller, type_, shown)
    needed = named_attributes(wanted.filter) if wanted.filter is not None else set()
    resource = await caller.backend.get(type_.name, resource_id, excluded=members.excluded - needed)
    caller.located(resource, type_)
    is_found = wanted.filter is None or matches(wanted.filter, resource, type_)
    if members.are_apart:
        resource.pop(MEMBERS, None)
    is_shown = is_found and wanted.start_index == 1 and wanted.count > 0
    found = [await members.fill(resource_id, encode_json(shown.project(resource)))] if is_shown else []
    return answer_list(found, int(is_found), start_index=wanted.start_index if wanted.cursor is None else None)


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
