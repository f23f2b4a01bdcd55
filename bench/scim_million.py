"""The same reads with 1,000,000 users, loaded in bulk, beside the reads with 10,000, taken in turn."""

import contextlib
import os
from collections.abc import Iterator

from rows import Row, compare
from scim_speed import READS, USERS, note_of
from servers import Turns, World, open_world

TITLE = "SCIM endpoint, 1,000,000 users, 16 connections"
MANY = int(os.environ.get("BENCH_MANY_USERS", "1000000"))
WANTED = 0.8


def measure() -> Iterator[Row]:
    """Each read of the larger, as a part of the same read of the smaller."""
    with contextlib.ExitStack() as stack:
        few = stack.enter_context(open_world(USERS, with_peer=False))
        many = stack.enter_context(open_world(MANY, with_peer=False))
        for work, requests in READS:
            smaller, larger = few.take_turns(requests), many.take_turns(requests)
            yield _row(f"{work}, {MANY:,} users", smaller, larger)
        yield Row("memory of the serving process (PSS)", _memory(many), "MiB", note=f"{MANY:,} users, after the reads")


def _row(work: str, smaller: Turns, larger: Turns) -> Row:
    ours, theirs = ([each.rate for each in turns.ours] for turns in (larger, smaller))
    beside = compare(f"with {USERS:,} users /s", ours, theirs, WANTED)
    return Row(work, sorted(ours)[len(ours) // 2], "/s", (beside,), note=note_of(larger))


def _memory(world: World) -> float:
    return world.ours.server.memory_mib()
