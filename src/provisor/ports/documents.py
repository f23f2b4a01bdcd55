"""JSON documents in named collections: the store of a part that keeps its own state in memory.

The owner reads every collection once when it starts and writes through afterwards. There are no queries here;
a part that needs them has tables of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One document put in place (`body`) or removed (`body` is None)."""

    collection: str
    document_id: str
    body: Document | None


class DocumentStore(Protocol):
    """Documents by collection and id. One owner at a time; what it writes is JSON and nothing else."""

    async def load_all(self, collection: str) -> dict[str, dict[str, Any]]:
        """Every document of a collection by its id; empty for a collection nobody wrote to."""
        ...

    async def write(self, changes: Sequence[DocumentChange]) -> None:
        """Put and remove, all or none; returns once it is durable.

        Of two changes to one document the later wins. Calls started in an order become durable in that order.
        """
        ...
