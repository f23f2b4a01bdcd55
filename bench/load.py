"""The load: requests over kept-open connections, written and read as bytes, from a process on the second core.

Our own generator, because every row can then be driven alike and nothing has to be installed. On two cores it was as
fast as `wrk` against the bare answer (15,000 requests/s) with half of its core idle; each result says how busy the
generator was, so that a row that it holds back can be seen.
"""

import multiprocessing
import os
import selectors
import socket
import time
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from processes import LOAD_CORE, Running, pin

CONNECTIONS = 16
READ_BYTES = 256 * 1024
_HEADER_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. Times in milliseconds; CPU of the server in microseconds per request."""

    count: int
    seconds: float
    p50: float
    p99: float
    refused: int
    """Answers whose status was not 2xx."""
    generator_share: float
    """Of one core."""
    server_cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.count / self.seconds


def drive(server: Running, requests: Iterable[bytes], seconds: float, connections: int = CONNECTIONS) -> Load:
    """Send requests, each connection one after the other, for a while or until there are none left.

    What is under way at the end is waited for, and counts. Raises `RuntimeError` where an answer was no success.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    before = server.cpu_seconds()
    child = context.Process(target=_work, args=(sender, server.port, requests, seconds, connections))
    child.start()
    sender.close()
    try:
        found = receiver.recv()
    except EOFError as error:
        raise RuntimeError("The load ended early; what happened is said above.") from error
    finally:
        child.join()
    cpu = (server.cpu_seconds() - before) / found.count * 1e6
    return Load(found.count, found.seconds, found.p50, found.p99, found.refused, found.generator_share, cpu)


def _work(sender: Connection, port: int, requests: Iterable[bytes], seconds: float, connections: int) -> None:
    pin(LOAD_CORE)
    sender.send(_Driving(port, iter(requests)).run(seconds, connections))


class _Driving:
    """The connections of one drive."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.port = port
        self.requests = requests
        self.times = array("d")
        self.refused = 0
        self.first_refusal = b""

    def run(self, seconds: float, connections: int) -> Load:
        clock, times = time.perf_counter, self.times
        selector = selectors.DefaultSelector()
        sockets = [self._connect() for _ in range(connections)]
        used = sum(os.times()[:2])
        began = clock()
        end = began + seconds
        active = 0
        for each in sockets:
            request = next(self.requests, None)
            if request is not None:
                selector.register(each, selectors.EVENT_READ, [each, b"", clock()])
                each.sendall(request)
                active += 1
        while active:
            for key, _ in selector.select():
                state = key.data
                connection, waiting, sent = state
                part = connection.recv(READ_BYTES)
                data = waiting + part if waiting else part
                if not part:
                    raise RuntimeError(f"the server closed a connection after {len(times)} answers")
                if not _is_whole(data):
                    state[1] = data
                    continue
                now = clock()
                times.append(now - sent)
                if data[9:10] != b"2":
                    self.refused += 1
                    self.first_refusal = self.first_refusal or data[:600]
                request = next(self.requests, None) if now < end else None
                if request is None:
                    active -= 1
                    continue
                state[1:] = (b"", now)
                connection.sendall(request)
        lasted = clock() - began
        used = sum(os.times()[:2]) - used
        for each in sockets:
            each.close()
        if self.refused:
            raise RuntimeError(f"{self.refused} of {len(times)} answers were refusals, such as {self.first_refusal!r}")
        ordered = sorted(times)
        middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        return Load(len(ordered), lasted, middle * 1e3, late * 1e3, self.refused, used / lasted)

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def _is_whole(data: bytes) -> bool:
    """Whether this is a whole answer: with a length, in chunks, or without a body."""
    head = data.find(_HEADER_END)
    if head < 0:
        return False
    at = data.find(_LENGTH, 0, head)
    if at < 0:
        if data.find(b"transfer-encoding: chunked", 0, head) >= 0:
            return data.endswith(b"0\r\n\r\n")
        return True
    length = int(data[at + len(_LENGTH) : data.index(b"\r", at)])
    return len(data) >= head + len(_HEADER_END) + length
