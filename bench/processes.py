"""Servers in processes of their own, on the first core; the load takes the second (load.py)."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
START_SECONDS = 20
SERVER_CORE = 0
LOAD_CORE = 1
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs. Figures of the kernel are zero where it gives none (other systems than Linux)."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """CPU time that the process has used."""
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / _TICKS
        return 0.0

    def memory_mib(self) -> float:
        """Its share of memory (PSS)."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
        return 0.0


def pin(core: int) -> None:
    """Keep this process on one core, where the system can and has as many."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(0, {core})


def free_port() -> int:
    """A port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(
    arguments: list[str], port: int, environment: dict[str, str] | None = None, core: int | None = SERVER_CORE
) -> Iterator[Running]:
    """Run a server until the block ends; `core` None leaves it to the system. Raises `RuntimeError` if it is not up."""
    running = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        preexec_fn=None if core is None else lambda: pin(core),  # noqa: PLW1509 - no threads here
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(arguments)} did not come up")
            time.sleep(0.05)
        yield Running(running.pid, port)
    finally:
        running.terminate()
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
