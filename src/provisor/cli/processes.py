"""Child processes of a supervising command: started, watched, stopped, and never left behind.

A child reads a pipe from its parent; when the parent is gone, however it died, the pipe ends and the child stops.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence

SUPERVISED = "PROVISOR_SUPERVISED"
STOP_SECONDS = 10.0


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

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        assert self._process is not None
        return await self._process.wait()

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
