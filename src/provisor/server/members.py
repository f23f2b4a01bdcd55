"""Members of groups in answers: however many they are, they pass through in pieces and are never all in memory.

A group is read without its members first, so its version is never newer than what is shown of it; a member who comes
or goes while a long answer is being sent may or may not be in it.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from provisor.ports.resources import JsonObject, MemberPage
from provisor.scim.schema import ResourceType
from provisor.server.caller import Caller
from provisor.server.showing import Shown
from provisor.server.transport.answers import Pieces, Shape, encode_json

MEMBERS = "members"
MEMBERS_AT_ONCE = 1_000
"""Members in one piece of a long answer."""
MEMBERS_IN_LIST = 100
"""Members of each group of a list that are read together with those of the others."""


@dataclass(frozen=True, slots=True)
class GroupMembers:
    """The members of resources of one type, as one request wants to see them."""

    caller: Caller
    type_: ResourceType
    shown: Shown

    @property
    def are_apart(self) -> bool:
        """Whether they are shown, and come apart from their groups."""
        return MEMBERS not in self.shown.excluded and self.caller.backend.members(self.type_.name) is not None

    @property
    def excluded(self) -> frozenset[str]:
        """What the backend need not load with a resource."""
        return self.shown.excluded | {MEMBERS} if self.are_apart else self.shown.excluded

    async def fill(self, resource_id: str, text: bytes) -> Shape:
        """A resource, given as JSON text without its members, with them."""
        return (await self.fill_all([(resource_id, text)], MEMBERS_AT_ONCE))[0]

    async def fill_all(self, found: Sequence[tuple[str, bytes]], limit: int = MEMBERS_IN_LIST) -> list[Shape]:
        """The same for several resources, by id and text."""
        reads = self.caller.backend.members(self.type_.name)
        if reads is None or not self.are_apart or not found:
            return [text for _, text in found]
        pages = await reads.first([resource_id for resource_id, _ in found], limit)
        return [self._join(resource_id, text, pages.get(resource_id)) for resource_id, text in found]

    def _join(self, resource_id: str, text: bytes, page: MemberPage | None) -> Shape:
        if page is None or not page.members:
            return text
        shown = self._show(page.members)
        if page.following is not None:
            return Pieces(text[:-1] + b',"members":[' + shown, self._rest(resource_id, page.following, bool(shown)))
        return text[:-1] + b',"members":[' + shown + b"]}" if shown else text

    async def _rest(self, resource_id: str, following: str | None, has_begun: bool) -> AsyncIterator[bytes]:
        reads = self.caller.backend.members(self.type_.name)
        assert reads is not None
        while following is not None:
            page = await reads.after(resource_id, following, MEMBERS_AT_ONCE)
            shown = self._show(page.members)
            if shown:
                yield b"," + shown if has_begun else shown
                has_begun = True
            following = page.following
        yield b"]}"

    def _show(self, members: Sequence[JsonObject]) -> bytes:
        """Some members as JSON, without the brackets around them."""
        self.caller.locate(members, self.type_, MEMBERS)
        shown: Any = self.shown.project({MEMBERS: list(members)}).get(MEMBERS)
        return encode_json(shown)[1:-1] if shown else b""


def in_one(before: bytes, shapes: Sequence[Shape], after: bytes) -> Shape:
    """Values between two texts, separated by commas; in pieces if one of them is."""
    if all(isinstance(each, bytes) for each in shapes):
        return before + b",".join(each for each in shapes if isinstance(each, bytes)) + after
    return Pieces(before, _in_turn(shapes, after))


async def _in_turn(shapes: Sequence[Shape], after: bytes) -> AsyncIterator[bytes]:
    for at, each in enumerate(shapes):
        comma = b"," if at else b""
        if isinstance(each, bytes):
            yield comma + each
            continue
        yield comma + each.start
        async for piece in each.rest:
            yield piece
    yield after


def list_in_one(body: JsonObject, shapes: Sequence[Shape]) -> Shape:
    """A ListResponse, given without its resources, with them."""
    return in_one(encode_json({**body, "Resources": []})[:-2], shapes, b"]}")
