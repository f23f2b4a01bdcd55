"""Answering SCIM queries from the index, without a call to the account.

Filters by `id`, `userName`, `externalId` or an address look up one row; every other filter goes through the people in
order of id, a few hundred at a time. The filter itself is always evaluated on the resource as it is shown.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from provisor.freshservice.index import PeopleIndex
from provisor.freshservice.indexing.entry import show_resource
from provisor.freshservice.people import JsonObject, fold
from provisor.model.errors import Reject
from provisor.ports.people_index import IndexedPerson
from provisor.ports.resources import Page, Query
from provisor.scim.filter import And, Comparison, Filter, Operator, ValuePath
from provisor.scim.filter_eval import compile_filter
from provisor.scim.schema import ResourceType
from provisor.scim.sorting import SortKey, sort_key

SCAN_SIZE = 250
"""People shown between two breaths of the event loop."""


async def run_query(index: PeopleIndex, installation_id: str, type_: ResourceType, query: Query) -> Page:
    """One page of people."""
    names = index.names.lookups
    matcher = compile_filter(query.filter, type_) if query.filter is not None else None
    found = await _looked_up(index, installation_id, query.filter) if query.filter is not None else None
    if found is not None:
        shown = [show_resource(entry, names) for entry in found if not entry.is_removed]
        shown = [resource for resource in shown if matcher is None or matcher(resource)]
        return _slice(shown, query, len(shown))
    if matcher is None and query.sort_by is None:
        return await _plain_page(index, installation_id, query)
    return await _scanned_page(index, installation_id, type_, query, matcher)


async def _plain_page(index: PeopleIndex, installation_id: str, query: Query) -> Page:
    total = await index.store.count(installation_id)
    start = _start(query)
    entries = await index.store.page(installation_id, offset=start - 1, limit=query.count) if query.count else ()
    names = index.names.lookups
    return _page([show_resource(entry, names) for entry in entries], query, total)


async def _scanned_page(
    index: PeopleIndex,
    installation_id: str,
    type_: ResourceType,
    query: Query,
    matcher: Callable[[JsonObject], bool] | None,
) -> Page:
    """Count everybody who matches; keep those of the page, or with sorting everybody's key and id."""
    start, total = _start(query), 0
    kept: list[JsonObject] = []
    keys: list[tuple[SortKey, str]] = []
    key_of = sort_key(query.sort_by, type_) if query.sort_by else None
    async for resource in _everybody(index, installation_id):
        if matcher is not None and not matcher(resource):
            continue
        total += 1
        if key_of is not None:
            keys.append((key_of(resource), str(resource["id"])))
        elif start <= total < start + query.count:
            kept.append(resource)
    if key_of is not None:
        keys.sort(key=lambda pair: pair[1])
        keys.sort(key=lambda pair: pair[0], reverse=query.descending)
        ids = [person_id for _, person_id in keys[start - 1 : start - 1 + query.count]]
        entries = await index.store.get_many(installation_id, ids)
        kept = [show_resource(entries[each], index.names.lookups) for each in ids if each in entries]
    return _page(kept, query, total)


async def _everybody(index: PeopleIndex, installation_id: str) -> AsyncIterator[JsonObject]:
    after_id, names = "", index.names.lookups
    while entries := await index.store.page(installation_id, after_id=after_id, limit=SCAN_SIZE):
        for entry in entries:
            yield show_resource(entry, names)
        after_id = entries[-1].id
        await asyncio.sleep(0)


async def _looked_up(index: PeopleIndex, installation_id: str, filter_: Filter) -> list[IndexedPerson] | None:
    """Everybody who can match, where one row lookup tells; None where it cannot."""
    match filter_:
        case And(terms):
            for term in terms:
                if (found := await _looked_up(index, installation_id, term)) is not None:
                    return found
        case ValuePath(path, inner) if path.attribute.lower() == "emails":
            terms = inner.terms if isinstance(inner, And) else (inner,)
            for term in terms:
                if isinstance(term, Comparison) and term.path.attribute.lower() == "value":
                    return await _equal(index, installation_id, "emails", term)
        case Comparison(path):
            name = path.attribute if path.sub_attribute in {None, "value"} else ""
            return await _equal(index, installation_id, name.lower(), filter_)
    return None


async def _equal(
    index: PeopleIndex, installation_id: str, name: str, comparison: Comparison
) -> list[IndexedPerson] | None:
    value: Any = comparison.value
    if comparison.operator is not Operator.EQ or not isinstance(value, str):
        return None
    if name == "id":
        found = await index.get(value)
        return [found] if found is not None else []
    columns = {"username": "user_name", "externalid": "external_id", "emails": "address"}
    if name not in columns:
        return None
    text = value if name == "externalid" else fold(value)
    return list(await index.store.find(installation_id, **{columns[name]: text}))


def _start(query: Query) -> int:
    if not query.cursor:
        return max(1, query.start_index) if query.cursor is None else 1
    if not (query.cursor.isascii() and query.cursor.isdigit()):
        raise Reject("This cursor is not one of ours.", remedy="Begin again without one.", code="invalidCursor")
    return int(query.cursor)


def _slice(shown: list[JsonObject], query: Query, total: int) -> Page:
    start = _start(query)
    return _page(shown[start - 1 : start - 1 + query.count], query, total)


def _page(shown: list[JsonObject], query: Query, total: int) -> Page:
    start = _start(query)
    following = start + len(shown)
    has_more = query.cursor is not None and bool(shown) and following <= total
    return Page(tuple(shown), total, start, str(following) if has_more else None)
