"""The embedded directory as a source (ports/source.py), as one application sees it.

Every attribute is handed out, under both families of names, whatever was asked for: the mirror of the embedded
directory holds all of them, so a mapping that has not been saved yet never needs another read (DESIGN §2.3). Only
memberships are looked up on demand, for filters that ask for them. The watermark is the number of the last change that
was read. A guest's name stays as it stands here.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from provisor.connectors.directory.naming import with_aliases
from provisor.model.errors import JobFailed, NotFound, Reject
from provisor.model.resource import APP_ROLES, MEMBER_OF, ObjectType, Presence, SourceResource
from provisor.ports.directory import AssignedUser, DirectoryStore, PrincipalType
from provisor.ports.source import SourcePage


class DirectorySource:
    """People with their roles in the application `app_id`."""

    def __init__(self, directory: DirectoryStore, app_id: str) -> None:
        self._directory = directory
        self._app_id = app_id

    async def read_all(
        self, attributes: frozenset[str], page_size: int, cursor: str | None = None
    ) -> AsyncIterator[SourcePage]:
        """Everybody, page by page in the order of their ids; `cursor` goes on where an earlier read stopped.

        What changes meanwhile is read again by the next incremental read: the watermark is that of the beginning.
        """
        began, after = _parse_cursor(cursor) if cursor else (await self._directory.last_change(), "")
        is_last = False
        while not is_last:
            people = await self._directory.read_people(self._app_id, after, page_size)
            is_last = len(people) < page_size
            after = people[-1].user.id if people else after
            yield SourcePage(
                resources=await self._resources(people, attributes),
                cursor=f"{began}:{after}",
                watermark=str(began) if is_last else None,
            )

    async def read_changes(
        self, watermark: str, attributes: frozenset[str], page_size: int
    ) -> AsyncIterator[SourcePage]:
        """Whoever changed, each in the present state; those deleted for good are `Presence.GONE`."""
        after = _parse_watermark(watermark)
        if after > await self._directory.last_change():
            raise JobFailed(
                "The directory is older than what this job has already read, so changes could be missed.",
                code="InternalError",
                remedy="Restart provisioning, so that everybody is read again.",
            )
        is_last = False
        while not is_last:
            page = await self._directory.read_feed(self._app_id, after, page_size)
            after, is_last = page.last, page.is_last_page
            gone = tuple(SourceResource(one, ObjectType.USER, presence=Presence.GONE) for one in page.gone)
            yield SourcePage(
                resources=await self._resources(page.people, attributes) + gone,
                cursor=str(after),
                watermark=str(after) if is_last else None,
            )

    async def find_ids(self, reference: str) -> Sequence[str]:
        """Everybody who answers to an id, a UPN, a mail address or an employee id."""
        return [user.id for user in await self._directory.find_users(reference)]

    async def member_ids(self, group: str, limit: int) -> Sequence[str]:
        """People who are immediate members of a group."""
        found = await self._directory.find_groups(group)
        if not found:
            raise NotFound(f"There is no group {group!r} in the directory.")
        if len(found) > 1:
            raise Reject(f"{len(found)} groups answer to {group!r}.", remedy="Use the object id.")
        ids: list[str] = []
        after, page = "", await self._directory.list_members(found[0].id, "", limit)
        while page and len(ids) < limit:
            ids += (one for one, kind in page if kind is PrincipalType.USER)
            after = page[-1][0]
            page = await self._directory.list_members(found[0].id, after, limit)
        return ids[:limit]

    async def read_some(self, source_ids: Sequence[str], attributes: frozenset[str]) -> Sequence[SourceResource]:
        """These people as they are now."""
        people = await self._directory.read_named(self._app_id, source_ids)
        found = {one.id: one for one in await self._resources(people, attributes)}
        gone = SourceResource("", ObjectType.USER, presence=Presence.GONE)
        return [found.get(one) or replace(gone, id=one) for one in source_ids]

    async def _resources(
        self, people: Sequence[AssignedUser], attributes: frozenset[str]
    ) -> tuple[SourceResource, ...]:
        if MEMBER_OF not in attributes:
            return tuple(_resource(person, None) for person in people)
        groups = await self._directory.groups_of([person.user.id for person in people])
        return tuple(_resource(person, groups.get(person.user.id, ())) for person in people)

    async def has_changes(self, watermark: str | None) -> bool:
        """Whether an incremental read would bring anything, or cannot be done."""
        return watermark is None or await self._directory.last_change() != _parse_watermark(watermark)


def _resource(person: AssignedUser, groups: Sequence[tuple[str, str]] | None) -> SourceResource:
    user = person.user
    attributes = with_aliases(user.id, user.attributes)
    attributes["accountEnabled"] = user.is_enabled
    attributes["manager"] = user.manager_id
    attributes[APP_ROLES] = [
        {"id": role.id, "value": role.value, "displayName": role.display_name} for role in person.roles
    ]
    if groups is not None:
        attributes[MEMBER_OF] = [{"id": group_id, "displayName": name} for group_id, name in groups]
    return SourceResource(user.id, ObjectType.USER, attributes, user.presence)


def _parse_watermark(watermark: str) -> int:
    try:
        return int(watermark)
    except ValueError:
        raise JobFailed(
            f"The watermark {watermark!r} was not written by the embedded directory.",
            code="InternalError",
            remedy="Restart provisioning, so that everybody is read again.",
        ) from None


def _parse_cursor(cursor: str) -> tuple[int, str]:
    began, _, after = cursor.partition(":")
    return _parse_watermark(began), after
