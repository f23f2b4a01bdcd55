"""A target: the application that people are provisioned into. Attributes are flat, one key per mapped target path."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, Protocol

from provisor.model.answer import TargetAnswer
from provisor.model.operation import AttributeChange
from provisor.model.resource import Attributes, TargetResource


class Target(Protocol):
    """One application. `kind` is the object type on the target's side: `User` or `Group`.

    Every call raises `JobFailed` when the credentials are refused or the endpoint does not speak the protocol, and
    `Transient` when the target is down or throttles for longer than the client waits by itself.
    """

    async def test_connection(self, matching_attribute: str) -> None:
        """Look for somebody who does not exist (engine spec §8.2); returns when the answer is as it should be."""
        ...

    async def count(self, kind: str) -> int | None:
        """How many resources there are, asked without reading them; None when the target does not tell."""
        ...

    def list_all(self, kind: str, paths: frozenset[str]) -> AsyncIterator[Sequence[TargetResource]]:
        """Everything, page by page, with the named target paths."""
        ...

    async def find(self, kind: str, attribute: str, value: Any, paths: frozenset[str]) -> Sequence[TargetResource]:
        """Those whose attribute equals the value. Raises `ResourceFailed` when the target cannot search by it."""
        ...

    async def get(self, kind: str, target_id: str, paths: frozenset[str]) -> TargetResource | None:
        """One resource, None when it is not there."""
        ...

    async def create(self, kind: str, attributes: Attributes) -> TargetAnswer:
        """Send a new resource. References are target ids.

        Raises `AmbiguousWrite` when its answer was lost: look it up before sending it again.
        """
        ...

    async def update(
        self, kind: str, target_id: str, changes: Sequence[AttributeChange], known: Collection[str] = ()
    ) -> TargetAnswer:
        """Send the differences only. `known` names every mapped attribute of which the target has a value."""
        ...

    async def delete(self, kind: str, target_id: str) -> TargetAnswer:
        """Remove it; somebody already gone counts as done."""
        ...

    @property
    def requests(self) -> int:
        """Requests sent so far, retries included."""
        ...
