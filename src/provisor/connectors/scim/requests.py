"""Which request asks for what (RFC 7644 §3, scim-protocol §12): pure building, nothing is sent.

The forms are those that most service providers understand: explicit `eq` filters with JSON literals, one-attribute
PATCH operations (scim/flat.py), index paging, members left out wherever nobody asked for them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from provisor.connectors.scim.tenant_url import TenantUrl
from provisor.model.operation import AttributeChange
from provisor.model.resource import Attributes
from provisor.scim.flat import patch_body, unflatten
from provisor.scim.grammar.attribute_path import GROUP_SCHEMA, USER_SCHEMA

MEDIA_TYPE = "application/scim+json"
ENDPOINTS = {"User": "/Users", "Group": "/Groups"}
SCHEMAS = {"User": USER_SCHEMA, "Group": GROUP_SCHEMA}
WITHOUT_MEMBERS = "excludedAttributes=members"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `is_repeatable` when sending it twice does no more than sending it once."""

    method: str
    url: str
    body: bytes | None = None
    is_repeatable: bool = True


def list_request(
    tenant: TenantUrl, kind: str, paths: Iterable[str], *, count: int, start: int = 1, cursor: str | None = None
) -> Request:
    """One page. The first names neither index nor cursor, so that the target may page as it likes (RFC 9865)."""
    terms = [f"count={count}"]
    if cursor is not None:
        terms.insert(0, f"cursor={quote(cursor, safe='')}")
    elif start > 1:
        terms.insert(0, f"startIndex={start}")
    return _get(tenant, kind, "", [*terms, *_exclusion(kind, paths)])


def count_request(tenant: TenantUrl, kind: str) -> Request:
    """How many there are, without any of them."""
    return _get(tenant, kind, "", ["count=0"])


def find_request(tenant: TenantUrl, kind: str, attribute: str, value: Any, paths: Iterable[str]) -> Request:
    """Those whose attribute equals the value."""
    term = "filter=" + quote(equality(attribute, value), safe="")
    return _get(tenant, kind, "", [term, *_exclusion(kind, paths)])


def get_request(tenant: TenantUrl, kind: str, target_id: str, paths: Iterable[str]) -> Request:
    """One resource by its id."""
    return _get(tenant, kind, _segment(target_id), _exclusion(kind, paths))


def create_request(tenant: TenantUrl, kind: str, attributes: Attributes) -> Request:
    """A new resource: the one request that must not be repeated blindly."""
    body = msgspec.json.encode(unflatten(attributes, schema=SCHEMAS[kind]))
    return Request("POST", tenant.with_path(ENDPOINTS[kind]), body, is_repeatable=False)


def update_request(
    tenant: TenantUrl, kind: str, target_id: str, changes: Sequence[AttributeChange], known: Collection[str] = ()
) -> Request:
    """The differences only.

    It may be repeated: every operation sets a state, or adds an element of which RFC 7644 §3.5.2.1 has a target keep
    one.
    """
    # An addition is an `add` too: it leaves what the target holds besides.
    absent = {change.attribute for change in changes if change.before is None or change.added is not None}
    pairs = [(change.attribute, change.after if change.added is None else list(change.added)) for change in changes]
    content = patch_body(pairs, absent=absent, known=known, schema=SCHEMAS[kind])
    url = tenant.with_path(ENDPOINTS[kind] + _segment(target_id))
    return Request("PATCH", url, msgspec.json.encode(content))


def delete_request(tenant: TenantUrl, kind: str, target_id: str) -> Request:
    """Remove it."""
    return Request("DELETE", tenant.with_path(ENDPOINTS[kind] + _segment(target_id)))


def equality(attribute: str, value: Any) -> str:
    """An `eq` filter. The literal is JSON, so no quote or backslash in a value can end it (RFC 7644 §3.4.2.2)."""
    return f"{attribute} eq {msgspec.json.encode(value).decode()}"


def _get(tenant: TenantUrl, kind: str, segment: str, terms: Sequence[str]) -> Request:
    return Request("GET", tenant.with_path(ENDPOINTS[kind] + segment, "&".join(terms)))


def _exclusion(kind: str, paths: Iterable[str]) -> list[str]:
    """Groups without their members, unless somebody asked for them: there may be a hundred thousand."""
    if kind != "Group" or any(path.lower().startswith("members") for path in paths):
        return []
    return [WITHOUT_MEMBERS]


def _segment(target_id: str) -> str:
    """The id as one path segment, whatever characters the target put into it."""
    if target_id in {".", ".."}:
        return "/" + "%2E" * len(target_id)
    return "/" + quote(target_id, safe="")
