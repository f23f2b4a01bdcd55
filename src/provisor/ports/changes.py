"""What a write did to a resource, and what has to be stored together with it: the log's row, and events.

A backend that keeps the resources itself stores both in the transaction of the change, so neither can be there
without the other. What the row and the event say is decided by whoever wrote the request down, not by the backend.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from provisor.ports.request_log import LoggedRequest

JsonObject = Mapping[str, Any]


class Action(StrEnum):
    """The four writes of RFC 7644 §3."""

    CREATE = "create"
    REPLACE = "put"
    PATCH = "patch"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """One resource before and after, without what is joined to it at read (members, groups); None where there is none.

    `members_changed` says what `before` and `after` cannot. `is_consequence` marks a change to another resource than
    the one that was written, such as a report's manager who was deleted: an event tells of it, the log does not.
    """

    action: Action
    kind: str
    resource_id: str
    before: JsonObject | None
    after: JsonObject | None
    members_changed: bool = False
    is_consequence: bool = False

    @property
    def changes_anything(self) -> bool:
        """Whether the resource is now different."""
        return self.members_changed or self.before is not self.after


class Journal(Protocol):
    """One request, as it wants to be remembered beside what it changes. Called in the writer's thread."""

    def logged(self, change: Change) -> LoggedRequest:
        """The row of the request log."""
        ...

    def event(self, change: Change, *, is_full: bool) -> JsonObject:
        """The claims of the event, but for its audience; with the values of a change where it is full (RFC 9967)."""
        ...


class ChangeRecords(Protocol):
    """Stores what belongs to a change whose resource lies elsewhere."""

    async def store(self, tenant: str, change: Change, journal: Journal) -> None:
        """Store the row of the log and the events; returns once they are durable."""
        ...
