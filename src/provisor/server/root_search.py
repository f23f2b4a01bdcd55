"""Queries over all types of resources at once (RFC 7644 §3.4.2.1): pages of one list, by index or by cursor.

Without `sortBy` the list has one type after the other; sorted, the types are merged, a page of each at a time. A type
that lacks the attribute is sorted like a resource that has no value for it. Nothing is kept between two pages: a
cursor holds where each type stands.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisor.model.errors import Reject
from provisor.ports.resources import JsonObject, Page, Query
from provisor.scim.filter_eval import check_filter
from provisor.scim.messages import SearchRequest
from provisor.scim.schema import ResourceType
from provisor.scim.sorting import find_sort_place, has_sort_place, sort_key
from provisor.server.caller import Caller
from provisor.server.cursors import Cursors
from provisor.server.members import MEMBERS, GroupMembers
from provisor.server.searching import answer_list, read_search, show
from provisor.server.showing import COSTLY, Shown, read_shown
from provisor.server.transport.answers import Answer, Shape
from provisor.server.transport.requests import ScimRequest

ROOT = ""
"""What cursors of this list are sealed for, where others name a type."""
SKIPPED_MAX = 10_000
"""How many resources of a sorted list of several types may stand before a page by index."""
SKIPPED_AT_ONCE = 500

_FIRST = ""


@dataclass(slots=True)
class _Source:
    """One type of the list. `position` None says that it has been read to its end."""

    type_: ResourceType
    shown: Shown
    is_sorted: bool = False
    """Whether the type has the attribute by which is sorted; one that lacks it comes in the order of ids."""
    sort_attribute: str = ""
    position: str | None = _FIRST


_Found = tuple[_Source, JsonObject]


async def search_everything(caller: Caller, request: ScimRequest, cursors: Cursors, *, from_body: bool) -> Answer:
    """One page of all types of resources."""
    known = frozenset().union(*(type_.schema_ids for type_ in caller.types.values()))
    wanted = await read_search(caller, request, known, from_body=from_body)
    sources = [_source(type_, wanted) for type_ in caller.types.values()]
    if wanted.sort_by is not None and not any(each.is_sorted for each in sources):
        find_sort_place(wanted.sort_by, sources[0].type_)  # tells what is wrong with it
    position = cursors.open(caller.grant, ROOT, wanted)
    if position is not None:
        found, total, following = await _page_by_cursor(caller, wanted, sources, position)
        sealed = cursors.seal(caller.grant, ROOT, wanted, following) if following is not None else None
        return answer_list(await _show_all(caller, found), total, start_index=None, next_cursor=sealed)
    if wanted.sort_by is None or len(sources) == 1:
        found, total = await _page_by_index(caller, wanted, sources)
    else:
        found, total = await _sorted_page_by_index(caller, wanted, sources)
    return answer_list(await _show_all(caller, found), total, start_index=wanted.start_index)


def _source(type_: ResourceType, wanted: SearchRequest) -> _Source:
    """What to ask of one type. An attribute that it lacks matches nothing there, whatever the dialect."""
    if wanted.filter is not None:
        check_filter(wanted.filter, type_)
    shown = read_shown(type_, wanted.attributes, wanted.excluded)
    if wanted.sort_by is None or not has_sort_place(wanted.sort_by, type_):
        return _Source(type_, shown)
    return _Source(type_, shown, is_sorted=True, sort_attribute=find_sort_place(wanted.sort_by, type_).attribute.name)


async def _ask(
    caller: Caller, source: _Source, wanted: SearchRequest, *, excluded: frozenset[str] = frozenset(), **page: Any
) -> Page:
    apart = GroupMembers(caller, source.type_, source.shown).excluded
    needed = {source.sort_attribute} if source.is_sorted else set()
    query = Query(
        filter=wanted.filter,
        sort_by=wanted.sort_by if source.is_sorted else "id" if wanted.sort_by else None,
        descending=wanted.descending and source.is_sorted,
        excluded=(apart | excluded) - needed,
        **page,
    )
    return await caller.backend.query(source.type_.name, query)


async def _show_all(caller: Caller, found: Sequence[_Found]) -> Sequence[Shape]:
    """The resources as they are shown, in their order; those of one type are given their members together."""
    shapes: dict[int, Shape] = {}
    for source in {id(of): of for of, _ in found}.values():
        members = GroupMembers(caller, source.type_, source.shown)
        own = [(at, resource) for at, (of, resource) in enumerate(found) if of is source]
        for _, resource in own if members.are_apart else ():
            resource.pop(MEMBERS, None)
        texts = [(resource["id"], show(caller, source.type_, resource, source.shown)) for _, resource in own]
        shapes.update(zip((at for at, _ in own), await members.fill_all(texts), strict=True))
    return [shapes[at] for at in range(len(found))]


async def _page_by_index(caller: Caller, wanted: SearchRequest, sources: Sequence[_Source]) -> tuple[list[_Found], int]:
    found: list[_Found] = []
    total = 0
    for source in sources:
        start, count = max(1, wanted.start_index - total), wanted.count - len(found)
        page = await _ask(caller, source, wanted, start_index=start, count=count)
        total += page.total
        found += [(source, each) for each in page.resources]
    return found, total


async def _sorted_page_by_index(
    caller: Caller, wanted: SearchRequest, sources: Sequence[_Source]
) -> tuple[list[_Found], int]:
    """What stands before the page is read over, some at a time and without what is costly."""
    skipped = wanted.start_index - 1
    if skipped > SKIPPED_MAX:
        raise Reject(
            f"A sorted page of several types begins at most at {SKIPPED_MAX + 1}.",
            remedy="Go on by cursor, or ask at the endpoint of one type.",
            code="tooMany",
        )
    total = await _count(caller, wanted, sources)
    while skipped:
        taken = await _take_merged(caller, wanted, sources, min(skipped, SKIPPED_AT_ONCE), excluded=COSTLY)
        skipped = skipped - len(taken) if taken else 0
    return await _take_merged(caller, wanted, sources, wanted.count) if wanted.count else [], total


def _merge(sources: Sequence[_Source], pages: Sequence[Page], wanted: SearchRequest) -> list[_Found]:
    """The resources of some pages in one order: absent values last, or first when descending; ties by id."""
    every = [(source, each) for source, page in zip(sources, pages, strict=True) for each in page.resources]
    sort_by = wanted.sort_by or "id"
    keys = {id(source): sort_key(sort_by, source.type_) if source.is_sorted else None for source in sources}

    def key(item: _Found) -> tuple[int, int, Any]:
        source, resource = item
        key_of = keys[id(source)]
        is_absent, value = key_of(resource) if key_of is not None else (1, "")
        return is_absent, int(isinstance(value, str)), value

    every.sort(key=lambda item: str(item[1]["id"]))
    every.sort(key=key, reverse=wanted.descending)
    return every


async def _page_by_cursor(
    caller: Caller, wanted: SearchRequest, sources: Sequence[_Source], position: str
) -> tuple[list[_Found], int, str | None]:
    """A page, the total at the beginning of the list, and where the next page begins, None at the end."""
    total = _read_position(sources, position) if position else await _count(caller, wanted, sources)
    if wanted.sort_by is None:
        found = await _take_in_turn(caller, wanted, sources)
    else:
        found = await _take_merged(caller, wanted, sources, wanted.count)
    if all(each.position is None for each in sources):
        return found, total, None
    following = {each.type_.name: each.position for each in sources if each.position != _FIRST}
    return found, total, json.dumps([total, following], separators=(",", ":"))


async def _count(caller: Caller, wanted: SearchRequest, sources: Sequence[_Source]) -> int:
    return sum([(await _ask(caller, each, wanted, count=0)).total for each in sources])


async def _take_in_turn(caller: Caller, wanted: SearchRequest, sources: Sequence[_Source]) -> list[_Found]:
    found: list[_Found] = []
    for source in sources:
        if source.position is None:
            continue
        if len(found) == wanted.count:
            break
        page = await _ask(caller, source, wanted, count=wanted.count - len(found), cursor=source.position)
        source.position = page.next_cursor
        found += [(source, each) for each in page.resources]
    return found


async def _take_merged(
    caller: Caller,
    wanted: SearchRequest,
    sources: Sequence[_Source],
    count: int,
    excluded: frozenset[str] = frozenset(),
) -> list[_Found]:
    """The next of all types in order. Each type then stands behind what was taken of it."""
    open_ones = [each for each in sources if each.position is not None]
    pages = [
        await _ask(caller, each, wanted, count=count, cursor=each.position, excluded=excluded) for each in open_ones
    ]
    taken = _merge(open_ones, pages, wanted)[:count]
    for source, page in zip(open_ones, pages, strict=True):
        own = sum(of is source for of, _ in taken)
        if own == len(page.resources):
            source.position = page.next_cursor
        elif own:
            again = await _ask(caller, source, wanted, count=own, cursor=source.position, excluded=COSTLY)
            source.position = again.next_cursor
    return taken


def _read_position(sources: Sequence[_Source], position: str) -> int:
    """Put every type where the cursor says that it stands; the total."""
    total, following = json.loads(position)
    for source in sources:
        source.position = following.get(source.type_.name, _FIRST)
    return int(total)
