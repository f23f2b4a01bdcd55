"""The filter of the provisioning log, as it stands in an address: `/?status=failure&person=ada&since=24h`.

Values that the form does not offer are left out rather than refused: they come from edited addresses only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from provisor.console.wording import ACTIONS, SPANS, STATUSES
from provisor.ports.records import LogQuery

PAGE_SIZE = 50
PAGE_MAX = 10_000
TEXT_LENGTH_MAX = 200
DEFAULT_SPAN = "7d"
SPAN_LENGTHS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the reader asked for; empty texts leave a condition out. `page` counts from 1."""

    app_id: str = ""
    status: str = ""
    action: str = ""
    person: str = ""
    cycle_id: str = ""
    since: str = DEFAULT_SPAN
    shows_skipped: bool = False
    page: int = 1

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the page differs from what is shown at first."""
        return replace(self, page=1) != LogFilter()

    @property
    def hides_skipped(self) -> bool:
        """Skipped entries are shown when asked for, one way or the other."""
        return not self.shows_skipped and not self.status

    def query(self, now: datetime) -> LogQuery:
        """The question to the store: one entry more than a page, which tells whether another page follows."""
        length = SPAN_LENGTHS.get(self.since)
        return LogQuery(
            app_id=self.app_id or None,
            status=self.status or None,
            action=self.action or None,
            person=self.person or None,
            cycle_id=self.cycle_id or None,
            since=now - length if length else None,
            hides_skipped=self.hides_skipped,
            limit=PAGE_SIZE + 1,
            offset=(self.page - 1) * PAGE_SIZE,
        )

    def address(self, **changes: object) -> str:
        """The address of the same filter with some of it changed."""
        wanted = replace(self, **changes)  # type: ignore[arg-type]
        values = {
            "app": wanted.app_id,
            "status": wanted.status,
            "action": wanted.action,
            "person": wanted.person,
            "cycle": wanted.cycle_id,
            "since": "" if wanted.since == DEFAULT_SPAN else wanted.since,
            "skipped": "show" if wanted.shows_skipped else "",
            "page": str(wanted.page) if wanted.page > 1 else "",
        }
        return "/?" + urlencode({name: value for name, value in values.items() if value}) + "#log"


def read_filter(values: Mapping[str, str]) -> LogFilter:
    """The filter of an address."""
    return LogFilter(
        app_id=_text(values, "app"),
        status=_one_of(values.get("status"), STATUSES),
        action=_one_of(values.get("action"), ACTIONS),
        person=_text(values, "person"),
        cycle_id=_text(values, "cycle"),
        since=_one_of(values.get("since"), SPANS) or DEFAULT_SPAN,
        shows_skipped=values.get("skipped") == "show",
        page=_page(values.get("page", "")),
    )


def _text(values: Mapping[str, str], name: str) -> str:
    # PostgreSQL takes no NUL, and a lone surrogate is no UTF-8.
    text = values.get(name, "").replace("\0", "").encode("utf-8", "replace").decode()
    return text.strip()[:TEXT_LENGTH_MAX]


def _one_of(value: str | None, known: Mapping[str, str]) -> str:
    return value if value is not None and value in known else ""


def _page(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(PAGE_MAX))
    return min(max(int(text), 1), PAGE_MAX) if is_number else 1
