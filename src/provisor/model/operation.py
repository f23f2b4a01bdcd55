"""Operations: what is to be done to one target resource, decided before anything is sent, and what came of it.

An operation is inert. Dry run, plan, preview, log and export all read the same value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What an operation does to the target resource; the words of the provisioning log (engine spec §7.1)."""

    CREATE = "create"
    UPDATE = "update"
    DISABLE = "disable"
    DELETE = "delete"
    OTHER = "other"
    """Nothing is sent: a skip."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A desired value that is another resource: the source id it names, and its target id once known."""

    source_id: str
    target_id: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute before and after. `after` None means that the attribute is cleared.

    `added` names the values to be added to an attribute whose other values stay; None replaces the whole.
    """

    attribute: str
    before: Any
    after: Any
    added: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One write to one target resource, or a skip.

    `attributes` is the whole desired state (flat target paths); `changes` what differs from what is known. `deferred`
    names references that wait for somebody who has no target id yet. `removes_access` is judged by effect, whatever
    mapping caused it (CONTRACT, "A removal").
    """

    action: Action
    source_id: str
    person: str
    object_type: str = "User"
    target_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[AttributeChange, ...] = ()
    deferred: tuple[str, ...] = ()
    removes_access: bool = False
    reason: str = ""

    @property
    def is_write(self) -> bool:
        """Whether something is sent."""
        return self.action is not Action.OTHER


class OutcomeStatus(StrEnum):
    """How a write ended."""

    SUCCEEDED = "success"
    FAILED = "failure"
    """The target refused this resource: it becomes an escrow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a write.

    `error_code` is a code of engine spec §4.2; `attributes` is the target's own answer (flat), None without a body.
    """

    status: OutcomeStatus
    target_id: str | None = None
    attributes: Mapping[str, Any] | None = None
    error_code: str = ""
    message: str = ""
    requests: int = 1
