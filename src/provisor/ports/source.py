"""A source: where people come from. It is read page by page and never written."""

from collections.abc import AsyncIterator
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

    async def has_changes(self, watermark: str | None) -> bool:
        """Whether an incremental read would bring anything; cheap enough to be asked every second."""
        ...
