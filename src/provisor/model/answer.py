"""What a target answered to one write, whatever the protocol said."""

from dataclasses import dataclass
from enum import StrEnum

from provisor.model.resource import Attributes


class AnswerKind(StrEnum):
    """What an answer means to the engine, whatever the protocol said."""

    DONE = "done"
    CONFLICT = "conflict"
    """A unique value is taken: look it up and adopt, or escrow."""
    GONE = "gone"
    """The linked resource is not there."""
    REFUSED = "refused"
    """This resource cannot go as it is."""


@dataclass(frozen=True, slots=True)
class TargetAnswer:
    """The answer to one write. `attributes` holds the mapped attributes of the target's answer, None without a body.

    For a refusal `error_code` is a code of engine spec §4.2 and `message` a sentence with what the target said,
    bounded in length and without secrets.
    """

    kind: AnswerKind
    target_id: str | None = None
    attributes: Attributes | None = None
    error_code: str = ""
    message: str = ""
