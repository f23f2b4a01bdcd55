"""Reading everything page by page, although the list may shift under us (RFC 7644 §3.4.2.4, RFC 9865).

Index paging counts on what really came, not on what was asked for. When the total has shrunk since the page before,
everybody behind a removed resource has moved up, so the page is read again from as much earlier; who is seen twice
is dropped, as far as the last pages remember. A target that names a `nextCursor` is followed by cursor from then on.
Who still slips through is found by the conflict when he is created.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from provisor.connectors.scim.answers import ListPage
from provisor.model.errors import JobFailed

REMEMBERED_PAGES = 4
STALE_PAGES_MAX = 3
INCOMPATIBLE = "SystemForCrossDomainIdentityManagementServiceIncompatible"


class Listing:
    """Where a listing stands: what to ask next, and what of an answer is new. Holds a few pages of ids at most."""

    def __init__(self) -> None:
        self.start = 1
        self.cursor: str | None = None
        self.is_finished = False
        self._total: int | None = None
        self._recent: deque[frozenset[str]] = deque(maxlen=REMEMBERED_PAGES)
        self._cursors: deque[str] = deque(maxlen=REMEMBERED_PAGES)
        self._stale_pages = 0

    def accept(self, page: ListPage) -> Sequence[dict[str, Any]]:
        """The resources of this page that were not seen just before. Raises `JobFailed` when it circles."""
        ids = frozenset(resource["id"] for resource in page.resources)
        fresh: dict[str, dict[str, Any]] = {}
        for resource in page.resources:
            if not any(resource["id"] in seen for seen in self._recent):
                fresh[resource["id"]] = resource
        self._stale_pages = 0 if fresh or not ids else self._stale_pages + 1
        if self._stale_pages >= STALE_PAGES_MAX:
            raise _circle("the same page again and again")
        self._recent.append(ids)
        self._advance(page, has_fresh=bool(fresh))
        return tuple(fresh.values())

    def _advance(self, page: ListPage, *, has_fresh: bool) -> None:
        if page.next_cursor:
            if page.next_cursor in self._cursors:
                raise _circle("the same cursor again")
            self._cursors.append(page.next_cursor)
            self.cursor = page.next_cursor
            return
        if self.cursor is not None or not page.resources:
            self.is_finished = True
            return
        began = self.start
        self.start += len(page.resources)
        if page.total is None:  # then the end is where nothing new comes
            self.is_finished = not has_fresh
            return
        if self._total is not None and page.total < self._total:
            self.start = max(1, began - (self._total - page.total))
        self._total = page.total
        self.is_finished = self.start > page.total


def _circle(what: str) -> JobFailed:
    return JobFailed(
        f"The target's list does not come to an end: it answers {what}.",
        remedy="Its paging is broken (RFC 7644 §3.4.2.4): report this to whoever runs it.",
        code=INCOMPATIBLE,
    )
