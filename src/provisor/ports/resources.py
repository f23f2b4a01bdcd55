"""Where the SCIM service provider keeps the resources of one tenant: the embedded store, or the Freshservice bridge.

A backend instance speaks for one tenant; nothing it returns belongs to another. Resources are SCIM JSON objects in
canonical attribute case, with `schemas`, `id` and `meta` (`resourceType`, `created`, `lastModified`, `version`);
`meta.location` is added by the server, which alone knows its URL. Validation of shape and characteristics happens
before a backend is called.

Errors: `NotFound`, `Conflict` (uniqueness), `PreconditionFailed`, `Reject` (with a scimType), `Transient`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from provisor.scim.filter import Filter
from provisor.scim.patch import PatchOperation

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """One page of resources of one type. Limits were applied by the server: `count` is bounded."""

    filter: Filter | None = None
    sort_by: str | None = None
    descending: bool = False
    start_index: int = 1
    count: int = 100
    cursor: str | None = None
    """None pages by index; empty is the first page; else the `next_cursor` of the page before."""
    excluded: frozenset[str] = frozenset()
    """Attributes (lower case) that need not be loaded at all, such as `members`."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a query found: `total` matches in all, of which `resources` are shown."""

    resources: tuple[JsonObject, ...]
    total: int
    start_index: int = 1
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceText:
    """A resource as JSON text, whole and with every address in it."""

    id: str
    version: str
    text: str


@dataclass(frozen=True, slots=True)
class TextPage:
    """A `Page` of texts."""

    resources: tuple[ResourceText, ...]
    total: int
    next_cursor: str | None = None


class ResourceTexts(Protocol):
    """The same reads as a backend's, for whoever wants whole resources as JSON text.

    `urls` says where resources are, by the names of their types: it becomes `meta.location`, and `$ref` beside ids.
    """

    async def get(
        self, kind: str, resource_id: str, urls: Mapping[str, str], *, excluded: frozenset[str] = frozenset()
    ) -> ResourceText:
        """One resource. Raises `NotFound`."""
        ...

    async def query(self, kind: str, query: Query, urls: Mapping[str, str]) -> TextPage:
        """One page."""
        ...


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Some members of a group, as they stand in its `members`; `following` is where the next page begins."""

    members: tuple[JsonObject, ...]
    following: str | None = None


class MemberReads(Protocol):
    """The members of groups, read a page at a time. A group that is gone, or is another tenant's, has none."""

    async def first(self, ids: Sequence[str], limit: int) -> Mapping[str, MemberPage]:
        """The first page of each of these groups, by id; groups without members may be missing.

        Where a group has no more than `limit` members, they are all there.
        """
        ...

    async def after(self, group_id: str, following: str, limit: int) -> MemberPage:
        """A further page of one group."""
        ...


class ResourceBackend(Protocol):
    """The resources of one tenant. `kind` is the resource type's name, such as `User` or `Group`.

    `expected` is the list of versions of an `If-Match` header, or None; a mismatch raises `PreconditionFailed`.
    A write that changes nothing keeps the version and `lastModified`.
    """

    def texts(self, kind: str) -> ResourceTexts | None:
        """Resources of a kind as text; None from a backend that does not keep them so."""
        ...

    def members(self, kind: str) -> MemberReads | None:
        """The members of resources of a kind; None where they are not kept apart."""
        ...

    async def get(self, kind: str, resource_id: str, *, excluded: frozenset[str] = frozenset()) -> JsonObject:
        """One resource. Raises `NotFound`."""
        ...

    async def query(self, kind: str, query: Query) -> Page:
        """One page."""
        ...

    async def create(self, kind: str, resource: JsonObject) -> JsonObject:
        """Store a new resource and give it its id and meta. Raises `Conflict`."""
        ...

    async def replace(
        self, kind: str, resource_id: str, resource: JsonObject, expected: Sequence[str] | None
    ) -> JsonObject:
        """Put a whole resource in the place of another."""
        ...

    async def patch(
        self,
        kind: str,
        resource_id: str,
        operations: Sequence[PatchOperation],
        expected: Sequence[str] | None,
        *,
        lenient: bool = True,
        excluded: frozenset[str] = frozenset(),
    ) -> JsonObject:
        """Apply the operations in order, all or none.

        `lenient` is what `apply_patch` means by it; `excluded` names attributes that the answer will not show.
        """
        ...

    async def delete(self, kind: str, resource_id: str, expected: Sequence[str] | None) -> None:
        """Remove it; afterwards it is `NotFound`."""
        ...
