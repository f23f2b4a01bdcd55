"""Applications with their jobs: settings, rules, credentials, and the lease that keeps cycles from overlapping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from provisor.model.job import Application, GuardSettings, Quarantine, ScopeSetting


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run cycles of one application, held until `until` and renewed by its owner."""

    app_id: str
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

    async def set_schema(self, app_id: str, schema: Mapping[str, Any]) -> None:
        """Replace the schema; everybody is evaluated again in the next cycle."""
        ...

    async def set_credentials(self, app_id: str, tenant_url: str, sealed_token: bytes | None) -> None:
        """Store the Tenant URL and the sealed Secret Token. A new origin forgets a token that is not given anew."""
        ...

    async def sealed_token(self, app_id: str) -> bytes | None:
        """The sealed Secret Token."""
        ...

    async def set_state(
        self,
        app_id: str,
        *,
        watermark: str | None = None,
        last_cycle_ended: datetime | None = None,
        cycles_failed_in_a_row: int | None = None,
    ) -> None:
        """Change what is given of the job's running state."""
        ...

    async def set_quarantine(self, app_id: str, quarantine: Quarantine | None) -> None:
        """Impose or lift."""
        ...

    async def restart(self, app_id: str) -> None:
        """Forget the watermark, escrows and quarantine: the next cycle evaluates everybody. Links are kept."""
        ...

    async def take_lease(self, lease: Lease, now: datetime) -> Lease | None:
        """Take or renew; None when it was taken, else the lease of whoever holds it."""
        ...

    async def break_lease(self, app_id: str, owner: str) -> None:
        """Give back a lease, one's own or that of a dead process."""
        ...
