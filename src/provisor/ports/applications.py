"""Applications with their jobs: settings, rules, credentials, and the lease that keeps cycles from overlapping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from provisor.model.job import Application, GuardSettings, Outlook, ScopeSetting


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run cycles of one application, held until `until` and renewed by its owner.

    `id` is another one each time that the right is taken: whoever has lost a lease can never renew it.
    """

    app_id: str
    id: str
    owner: str
    until: datetime


class ApplicationStore(Protocol):
    """The applications of this installation. `reference` is an id or a name; unknown ones raise `NotFound`."""

    async def add(self, application: Application, schema: Mapping[str, Any]) -> None:
        """A new application with its synchronization schema. Raises `Conflict` when the name is taken."""
        ...

    async def get(self, reference: str) -> Application:
        """One application."""
        ...

    async def list_all(self) -> Sequence[Application]:
        """All, by name."""
        ...

    async def delete(self, app_id: str) -> None:
        """The application and everything that belongs to it, logs included."""
        ...

    async def set_settings(
        self,
        app_id: str,
        *,
        scope: ScopeSetting | None = None,
        interval: timedelta | None = None,
        guard: GuardSettings | None = None,
        profile: str | None = None,
        is_scheduled: bool | None = None,
    ) -> None:
        """Change what is given. A change of scope makes everybody be evaluated again."""
        ...

    async def schema(self, app_id: str) -> Mapping[str, Any]:
        """The synchronization schema, in Graph's shape."""
        ...

    async def set_schema(self, app_id: str, schema: Mapping[str, Any], *, over: int | None = None) -> None:
        """Replace the schema; everybody is evaluated again in the next cycle, for which nothing waits any more.

        `over` is the version of the rules that it was decided against; raises `PreconditionFailed` when that is past.
        """
        ...

    async def set_credentials(self, app_id: str, tenant_url: str, sealed_token: bytes | None) -> None:
        """Store the Tenant URL and the sealed Secret Token; a wait after a failure is over.

        A new origin forgets a token that is not given anew.
        """
        ...

    async def sealed_token(self, app_id: str) -> bytes | None:
        """The sealed Secret Token."""
        ...

    async def advance_watermark(self, app_id: str, watermark: str, generation: int) -> bool:
        """Note how far the source was worked; `generation` is the application's when that work began.

        False, and nothing is changed, when the watermark was forgotten meanwhile: by a restart, or by new rules.
        """
        ...

    async def close_cycle(self, app_id: str, began: datetime, ended: datetime, outlook: Outlook) -> None:
        """Note that a cycle has ended, and what follows; a wish for a cycle from before it began is fulfilled."""
        ...

    async def start(self, app_id: str, now: datetime) -> None:
        """Turn the schedule on, lift every wait and quarantine, and want a cycle at once."""
        ...

    async def restart(self, app_id: str) -> None:
        """Forget the watermark, escrows, waits and quarantine: the next cycle evaluates everybody. Links are kept."""
        ...

    async def take_lease(self, lease: Lease, now: datetime) -> Lease | None:
        """Take a lease that nobody holds; None when it was taken, else the lease of whoever holds it."""
        ...

    async def renew_lease(self, lease: Lease) -> bool:
        """Hold it until `lease.until`; False when somebody else has had it since, or has it now."""
        ...

    async def end_lease(self, lease: Lease) -> None:
        """Give back a lease, one's own or that of a dead process."""
        ...
