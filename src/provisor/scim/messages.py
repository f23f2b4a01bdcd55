"""The messages around resources: lists, searches and bulk requests (RFC 7644 §3.4.2, §3.4.3, §3.7; RFC 9865).

Limits are applied here, so that what comes out can be used as it is. PATCH bodies are read in patch.py, errors in
errors.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.errors import TOO_LARGE
from provisor.scim.filter import Filter, parse_filter
from provisor.scim.grammar.attribute_path import STANDARD_SCHEMAS
from provisor.scim.grammar.tokens import excerpt

LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK_REQUEST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000
START_INDEX_MAX = 2**31 - 1

_BULK_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query with its limits applied. `cursor` is None for index paging and empty for the first page by cursor."""

    filter: Filter | None = None
    sort_by: str | None = None
    descending: bool = False
    start_index: int = 1
    count: int = PAGE_SIZE_DEFAULT
    cursor: str | None = None
    attributes: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """What the service provider allows in a query."""

    count_default: int = PAGE_SIZE_DEFAULT
    count_max: int = PAGE_SIZE_MAX
    is_lenient: bool = True
    schemas: frozenset[str] = field(default=STANDARD_SCHEMAS)
    """Known schema ids in lower case, as `ResourceType.schema_ids` gives them."""


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation of a bulk request. `method` is upper-case; `data` is what the request's body would be."""

    method: str
    path: str
    bulk_id: str | None = None
    version: str | None = None
    data: Any = None


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """`errors_max` is `failOnErrors`: None for no limit."""

    operations: tuple[BulkOperation, ...]
    errors_max: int | None = None


def list_response(
    resources: Sequence[Any],
    total: int | None,
    *,
    start_index: int | None = 1,
    next_cursor: str | None = None,
) -> dict[str, Any]:
    """A ListResponse. `resources` are JSON objects, or anything that is written as such.

    `start_index` is None when paging by cursor, `total` None when it is not known.
    """
    body: dict[str, Any] = {"schemas": [LIST_SCHEMA]}
    if total is not None:
        body["totalResults"] = total
    if start_index is not None:
        body["startIndex"] = start_index
    body["itemsPerPage"] = len(resources)
    if next_cursor is not None:
        body["nextCursor"] = next_cursor
    body["Resources"] = list(resources)
    return body


def read_search_parameters(parameters: Mapping[str, str], limits: SearchLimits = SearchLimits()) -> SearchRequest:
    """A query from URL parameters. Their names are read in any case, unknown ones are ignored. Raises Reject."""
    folded: dict[str, Any] = {name.lower(): value for name, value in parameters.items()}
    for name in ("attributes", "excludedattributes"):
        if name in folded:
            folded[name] = _names(folded[name])
    return _read_search(folded, limits)


def read_search_body(body: Any, limits: SearchLimits = SearchLimits()) -> SearchRequest:
    """A query from the body of a POST to `/.search`. Raises Reject."""
    members = _members(body, "The search request", SEARCH_SCHEMA)
    for name in ("attributes", "excludedattributes"):
        value = members.get(name)
        if isinstance(value, str):
            members[name] = _names(value)
        elif value is not None and (not isinstance(value, list) or not all(isinstance(each, str) for each in value)):
            raise _syntax(f"`{name}` of the search request is not a list of names.")
    return _read_search(members, limits)


def _names(text: str) -> list[str]:
    """Names between commas."""
    return [name for each in text.split(",") if (name := each.strip())]


def _read_search(members: Mapping[str, Any], limits: SearchLimits) -> SearchRequest:
    attributes, excluded = members.get("attributes") or (), members.get("excludedattributes") or ()
    if attributes and excluded:
        raise Reject("`attributes` and `excludedAttributes` exclude each other; name one of them.", code="invalidValue")
    text = _text(members, "filter")
    cursor = _cursor(members)
    count = _number(members, "count", code="invalidValue" if cursor is None else "invalidCount")
    if cursor is not None and count is not None and not 1 <= count <= limits.count_max:
        raise Reject(
            f"`count` is {count}; a page by cursor has 1 to {limits.count_max} resources (RFC 9865 §2).",
            code="invalidCount",
        )
    start = _number(members, "startIndex")
    if cursor is not None and start is not None:
        raise Reject("`cursor` and `startIndex` exclude each other; name one of them.", code="invalidValue")
    return SearchRequest(
        filter=parse_filter(text, lenient=limits.is_lenient, schemas=limits.schemas) if text else None,
        sort_by=_text(members, "sortBy"),
        descending=_is_descending(members),
        start_index=min(max(1, start or 1), START_INDEX_MAX),
        count=limits.count_default if count is None else max(0, min(count, limits.count_max)),
        cursor=cursor,
        attributes=tuple(attributes),
        excluded=tuple(excluded),
    )


def _text(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name.lower())
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str):
        raise _syntax(f"`{name}` is not a text.")
    return value


def _cursor(members: Mapping[str, Any]) -> str | None:
    value = members.get("cursor")
    if value is not None and not isinstance(value, str):
        raise Reject("`cursor` is not a text.", code="invalidCursor")
    return value


def _is_descending(members: Mapping[str, Any]) -> bool:
    order = (_text(members, "sortOrder") or "ascending").strip().lower()
    if order not in {"ascending", "descending"}:
        raise Reject(f"`sortOrder` is '{excerpt(order)}'; ascending and descending are known.", code="invalidValue")
    return order == "descending"


def _number(members: Mapping[str, Any], name: str, code: str = "invalidValue") -> int | None:
    value = members.get(name.lower())
    if value is None or isinstance(value, bool):
        if value is None:
            return None
    elif isinstance(value, int):
        return value
    elif isinstance(value, str):
        digits = value.strip().removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= len(str(START_INDEX_MAX)) + 1:
            return int(value)
    raise Reject(f"`{name}` is {excerpt(repr(value))}; it takes a whole number.", code=code)


def read_bulk(body: Any, operations_max: int) -> BulkRequest:
    """A bulk request. Raises Reject (`invalidSyntax`, or our `tooLarge` above `operations_max`)."""
    members = _members(body, "The bulk request", BULK_REQUEST_SCHEMA)
    operations = members.get("operations")
    if not isinstance(operations, list) or not operations:
        raise _syntax("The bulk request has no list `Operations` with at least one operation.")
    if len(operations) > operations_max:
        raise Reject(
            f"The bulk request has {len(operations)} operations; maxOperations is {operations_max}.", code=TOO_LARGE
        )
    errors_max = members.get("failonerrors")
    if errors_max is not None and (isinstance(errors_max, bool) or not isinstance(errors_max, int) or errors_max < 1):
        raise _syntax("`failOnErrors` of the bulk request is not a whole number of at least 1.")
    return BulkRequest(tuple(_read_bulk_operation(each) for each in operations), errors_max)


def _read_bulk_operation(data: Any) -> BulkOperation:
    if not isinstance(data, Mapping):
        raise _syntax("An operation of the bulk request is not a JSON object.")
    members = {str(key).lower(): value for key, value in data.items()}
    method, path = members.get("method"), members.get("path")
    if not isinstance(method, str) or method.upper() not in _BULK_METHODS:
        raise _syntax("An operation of the bulk request has no method POST, PUT, PATCH or DELETE.")
    if not isinstance(path, str) or not path.startswith("/"):
        raise _syntax("An operation of the bulk request has no path such as /Users.")
    bulk_id, version = members.get("bulkid"), members.get("version")
    if any(each is not None and not isinstance(each, str) for each in (bulk_id, version)):
        raise _syntax("`bulkId` and `version` of a bulk operation are texts.")
    if method.upper() == "POST" and not bulk_id:
        raise _syntax("A POST in a bulk request needs a `bulkId`.")
    return BulkOperation(method.upper(), path, bulk_id, version, members.get("data"))


def _members(body: Any, what: str, schema: str) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        raise _syntax(f"{what} is not a JSON object.")
    members = {str(key).lower(): value for key, value in body.items()}
    named = members.get("schemas")
    if not isinstance(named, list) or schema.lower() not in (str(each).lower() for each in named):
        raise _syntax(f"{what} does not name its schema {schema}.")
    return members


def _syntax(sentence: str) -> Reject:
    return Reject(sentence, code="invalidSyntax")
