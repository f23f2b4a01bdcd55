"""Processes and load for the benchmarks: servers in their own processes, load from this one."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

HERE = Path(__file__).parent
CONNECTIONS = 16
START_SECONDS = 20


def free_port() -> int:
    """A port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(arguments: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    """Run a server until the block ends."""
    running = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(10)


async def requests_per_second(
    session: aiohttp.ClientSession, urls: list[str], seconds: float, headers: dict[str, str]
) -> float:
    """GETs over 16 connections for a while."""
    count = 0
    end = time.monotonic() + seconds

    async def work(start: int) -> None:
        nonlocal count
        position = start
        while time.monotonic() < end:
            async with session.get(urls[position % len(urls)], headers=headers) as response:
                await response.read()
                if response.status != 200:
                    raise RuntimeError(f"{response.status} at {urls[position % len(urls)]}")
            position += CONNECTIONS
            count += 1

    began = time.monotonic()
    await asyncio.gather(*(work(number) for number in range(CONNECTIONS)))
    return count / (time.monotonic() - began)
