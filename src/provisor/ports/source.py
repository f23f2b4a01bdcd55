"""A source: where people come from. It is read page by page and never written."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from provisor.model.resource import SourceResource


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page of a read.

    `cursor` continues the same read after a crash; `watermark` is set on the last page only and starts the next
    incremental read. A read that ends without a watermark was truncated.
    """

    resources: tuple[SourceResource, ...]
    cursor: str | None = None
    watermark: str | None = None


class Source(Protocol):
    """One directory, as one application sees it (assignments are those of `app_id`)."""

    def read_all(self, attributes: frozenset[str], page_size: int) -> AsyncIterator[SourcePage]:
        """Everything that is present or soft-deleted. Raises `Transient` or `JobFailed`."""
        ...

    def read_changes(self, watermark: str, attributes: frozenset[str], page_size: int) -> AsyncIterator[SourcePage]:
        """What changed since `watermark`, hard deletes included as `Presence.GONE`.

        A change of assignment, or of membership in an assigned group, is a change of the user.
        """
        ...

    async def find_ids(self, reference: str) -> Sequence[str]:
        """The ids of people who answer to an id, a user name, a mail address or an employee id; deleted ones too."""
        ...

    async def member_ids(self, group: str, limit: int) -> Sequence[str]:
        """The ids of people who are immediate members of a group, named by id or name; `limit` of them at most.

        Raises `NotFound` when there is no such group, and `Reject` when several answer to the name.
        """
        ...

    async def read_some(self, source_ids: Sequence[str], attributes: frozenset[str]) -> Sequence[SourceResource]:
        """These people as they are now, in the order given; whoever is not there any more is `Presence.GONE`."""
        ...

    async def has_changes(self, watermark: str | None) -> bool:
        """Whether an incremental read would bring anything; cheap enough to be asked every second."""
        ...
