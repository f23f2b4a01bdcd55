"""The brake of a cycle: why it is to end at the next safe point, if it is.

A safe point lies before anything is sent for a person. What is under way there goes on to its answer and is stored,
so a cycle that is stopped leaves no request whose outcome it does not know.
"""

from collections.abc import Awaitable, Callable

from provisor.model.errors import ProvisorError


class Stopped(Exception):
    """The brake is on: leave this person as they are."""


class CycleInterrupted(ProvisorError):
    """This process was asked to stop. Everybody who was not worked stays marked; the next cycle goes on from there."""


class Brake:
    """Asked before every request. `ensure` raises a `ProvisorError` when this process may no longer go on at all."""

    def __init__(self, ensure: Callable[[], Awaitable[None]]) -> None:
        self._ensure = ensure
        self._fault: ProvisorError | None = None

    @property
    def is_on(self) -> bool:
        """Whether the cycle is to end."""
        return self._fault is not None

    def pull(self, fault: ProvisorError) -> None:
        """Let the cycle end; the first reason counts."""
        self._fault = self._fault or fault

    async def check(self) -> None:
        """Return at a safe point at which the cycle goes on. Raises `Stopped`."""
        if self._fault is None:
            try:
                await self._ensure()
            except ProvisorError as fault:
                self.pull(fault)
        if self._fault is not None:
            raise Stopped

    def release(self) -> None:
        """Once everything under way has ended: raises the fault for which the brake was pulled, if it was."""
        if self._fault is not None:
            raise self._fault
