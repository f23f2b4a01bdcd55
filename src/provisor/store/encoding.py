"""How values stand in columns: times as ISO text in UTC, everything else as JSON text."""

from datetime import UTC, datetime
from typing import Any

import msgspec

_OFFSET_CHARACTERS = len("+00:00")


def to_text(value: Any) -> str:
    """JSON text of any value of the model."""
    return msgspec.json.encode(value).decode()


def from_text(text: str) -> Any:
    """The plain value of JSON text."""
    return msgspec.json.decode(text)


def time_text(moment: datetime) -> str:
    """`2026-11-23T18:00:00.123Z`: text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-_OFFSET_CHARACTERS] + "Z"


def text_time(text: str) -> datetime:
    """The moment that `time_text` wrote."""
    return datetime.fromisoformat(text)


def optional_time(text: str | None) -> datetime | None:
    """The same for a column that may be null."""
    return text_time(text) if text else None
