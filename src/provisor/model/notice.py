"""A notice: something about a job that a person should know without looking (CONTRACT, "Mail and webhook")."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about."""

    REMOVALS_HELD = "removals-held"
    SOURCE_REFUSED = "source-refused"
    NEW_FAILURES = "new-failures"
    QUARANTINE = "quarantine"
    TEST = "test"
    """Sent by hand, to see whether it arrives."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. `key` tells apart what it is about, so that the same thing is not told twice.

    `lines` are whole sentences; names of people are among them only where somebody has to decide about a person.
    """

    kind: NoticeKind
    key: str
    app_id: str
    app_name: str
    subject: str
    lines: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What was last told of one kind, and when."""

    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """Who is told. `is_enabled` is the tutorial's *Send an email notification when a failure occurs*."""

    mails: tuple[str, ...] = ()
    is_enabled: bool = True
    webhook_url: str = ""
    has_webhook_secret: bool = False
    problem: str = ""
    """Why the last message could not be delivered; empty when it could."""

    @property
    def reaches_somebody(self) -> bool:
        """Whether there is anybody to tell."""
        return self.is_enabled and bool(self.mails or self.webhook_url)
