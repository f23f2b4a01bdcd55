"""Telling people: who is to be told, what was told, and the couriers that carry a notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from provisor.model.notice import Notice, NoticeKind, NoticeSettings, Told


@dataclass(frozen=True, slots=True)
class Recipients:
    """Where a notice goes. `webhook_secret` signs what is posted, None leaves it unsigned."""

    mails: tuple[str, ...] = ()
    webhook_url: str = ""
    webhook_secret: str | None = None


class Courier(Protocol):
    """One way to tell somebody."""

    async def deliver(self, notice: Notice, to: Recipients) -> None:
        """Carry it; nothing to do where `to` names nobody for this way.

        Raises `Reject` for an address that can never work and `Transient` where it is worth another try.
        """
        ...


class NoticeStore(Protocol):
    """Settings and memory of notices, per application."""

    async def settings(self, app_id: str) -> NoticeSettings:
        """Who is told; the default where nothing was set."""
        ...

    async def set_settings(
        self,
        app_id: str,
        *,
        mails: Sequence[str] | None = None,
        is_enabled: bool | None = None,
        webhook_url: str | None = None,
        sealed_webhook_secret: bytes | None = None,
    ) -> None:
        """Change what is given. Another webhook origin forgets a secret that is not given anew."""
        ...

    async def sealed_webhook_secret(self, app_id: str) -> bytes | None:
        """The sealed secret that signs what is posted."""
        ...

    async def told(self, app_id: str) -> Mapping[NoticeKind, Told]:
        """What was last told, by kind."""
        ...

    async def remember(self, notice: Notice) -> None:
        """It went out."""
        ...

    async def set_problem(self, app_id: str, problem: str) -> None:
        """Why the last message could not be delivered, for the status; an empty text when it could."""
        ...

    async def settle(self, app_id: str, kinds: Sequence[NoticeKind]) -> None:
        """These are over: the next occurrence is news."""
        ...
