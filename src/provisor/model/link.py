"""A link: the recorded join of one source resource to one target resource, with what we last knew of the target."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """`known` is the shadow: the flat attributes as we last wrote or read them.

    `is_managed` ends when somebody has left the scope and was disabled: a later deletion in the source then sends
    nothing (engine spec §1.4). Coming back into scope makes the link managed again.
    """

    source_id: str
    target_id: str
    person: str
    object_type: str = "User"
    known: Mapping[str, Any] = field(default_factory=dict)
    is_managed: bool = True
