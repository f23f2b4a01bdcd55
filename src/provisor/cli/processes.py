"""Child processes of a supervising command: started, watched, stopped, and never left behind.

A child reads a pipe from its parent; when the parent is gone, however it died, the pipe ends and the child stops.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Mapping, Sequence
from typing import NoReturn

from provisor.cli.printing import err
from provisor.model.errors import Transient
from provisor.ports.clock import Clock

SUPERVISED = "PROVISOR_SUPERVISED"
STOP_SECONDS = 10.0
RESTARTS_MAX = 5
"""A process that dies more often, one time after the other, has a fault that a restart does not mend."""
SETTLED_SECONDS = 60.0
"""Whoever has lived so long has started well; its death is the first of a new row."""
RESTART_AFTER_SECONDS = 1.0


class Child:
    """One process of ours, running `provisor` with the given arguments."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._arguments = list(arguments)
        self._environment = {**os.environ, **(environment or {}), SUPERVISED: "1"}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "provisor",
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            env=self._environment,
            start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops its children in order
        )

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.returncode is None

    async def wait(self) -> str:
        """How it ended, once it has: `exit code 1`, `killed by SIGKILL`."""
        assert self._process is not None
        code = await self._process.wait()
        if code >= 0:
            return f"exit code {code}"
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
        return f"killed by signal {-code}"

    async def stop(self) -> None:
        """Ask it to finish; end it when it does not."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


class Family:
    """Children that are of no use without each other: the first one that ends is noticed."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._watching: list[asyncio.Task[None]] = []
        self.first_end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """A sentence on whom and how, once one has ended."""

    async def start(self, child: Child) -> None:
        """Start it, and watch it."""
        self._children.append(child)
        await child.start()
        self._watching.append(asyncio.create_task(self._watch(child)))

    async def stop(self) -> None:
        """Stop all, the last one started first."""
        await self.stop_watching()
        for child in reversed(self._children):
            await child.stop()

    async def stop_watching(self) -> None:
        """From now on somebody else does."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    async def _watch(self, child: Child) -> None:
        how = await child.wait()
        if not self.first_end.done():
            self.first_end.set_result(f"The {child.name} process has ended ({how}).")


def stop_with_parent() -> None:
    """In a child: stop when the parent's end of the pipe closes."""
    if os.environ.pop(SUPERVISED, None) != "1":
        return

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 64):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


async def stop_requested() -> None:
    """Return when the process is asked to stop: Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


async def supervise(children: Sequence[Child], clock: Clock, stopping: Awaitable[None]) -> None:
    """Keep the children running until `stopping` ends, then stop them; one that dies is started again.

    Raises `Transient` when one keeps dying.
    """
    asked = asyncio.ensure_future(stopping)
    keeping = [asyncio.create_task(_keep(child, clock)) for child in children]
    try:
        await asyncio.wait({asked, *keeping}, return_when=asyncio.FIRST_COMPLETED)
        for one in keeping:
            if one.done():
                await one
    finally:
        for task in (asked, *keeping):
            task.cancel()
        await asyncio.gather(asked, *keeping, return_exceptions=True)
        for child in children:
            await child.stop()


async def _keep(child: Child, clock: Clock) -> NoReturn:
    """Start it, unless it runs, and start it again whenever it ends."""
    deaths = 0
    while True:
        began = clock.monotonic()
        if not child.is_running:
            await child.start()
        how = await child.wait()
        deaths = 1 if clock.monotonic() - began > SETTLED_SECONDS else deaths + 1
        if deaths > RESTARTS_MAX:
            raise Transient(
                f"The {child.name} process has ended {deaths} times in a row, the last time with {how}.",
                remedy="Its messages stand above.",
            )
        err.print(f"The {child.name} process has ended ({how}); it is started again.", style="yellow", markup=False)
        await clock.sleep(RESTART_AFTER_SECONDS)
