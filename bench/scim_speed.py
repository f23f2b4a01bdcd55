"""The SCIM endpoint with 10,000 users: how fast, of the bare answer's rate and of scim2-server's, and how large.

16 connections, one server process on one core, the load on the other.
"""

import asyncio
import itertools
import os
from collections.abc import Iterable, Iterator

from people import GROUP, external_id, person, resource_id
from rows import Beside, Row
from servers import ROUNDS, Endpoint, Requests, Turns, World, make_token, open_world, query

TITLE = "SCIM endpoint, 10,000 users, 16 connections"
USERS = int(os.environ.get("BENCH_USERS", "10000"))
PAGE = 100
PAGES_BEFORE = 5
DELETES_A_ROUND = 8_000
SMALL_GROUP, LARGE_GROUP = 5_000, 100_000
ADDED_A_ROUND = 5_000
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
GROUP_TENANT, GROUP_TOKEN = "bench-groups", "a-token-for-the-group-benchmark"
MEMORY_MIB = 120.0


def measure() -> Iterator[Row]:
    """All rows."""
    with open_world(USERS, with_peer=True) as world:
        yield from measure_reads(world)
        memory = world.ours.server.memory_mib()
        yield _row("PATCH one attribute", world.take_turns(_patches), 0.12, 4)
        pool = _load_pool(world)
        yield _row("DELETE", world.take_turns(pool, with_peer=False), 0.12)
        yield _row("POST", world.take_turns(_creates), 0.12, 4)
        yield from _measure_groups(world)
        largest = max(memory, world.ours.server.memory_mib())
        yield Row(
            "memory of the serving process (PSS)",
            memory,
            "MiB",
            most=MEMORY_MIB,
            note=f"after the reads; {largest:.0f} MiB at the end of all rows",
        )


def measure_reads(world: World) -> Iterator[Row]:
    """The reads alone."""
    yield _row("GET by id", world.take_turns(_gets), 0.33, 8)
    for attribute in ("userName", "externalId"):
        yield _row(f"{attribute} eq", world.take_turns(_equals(attribute)), 0.28, 10)
    yield _row(f"page of {PAGE} at {USERS // 2 + 1:,}", world.take_turns(_page), 0.025, 90)
    yield _row(f"page of {PAGE} by cursor", world.take_turns(_cursor_page), 0.05, 90)


def _row(work: str, turns: Turns, of_bare: float, of_peer: float | None = None) -> Row:
    return Row(work, _median_rate(turns), "/s", turns.beside(of_bare, of_peer), note=note_of(turns))


def _median_rate(turns: Turns) -> float:
    return sorted(each.rate for each in turns.ours)[len(turns.ours) // 2]


def note_of(turns: Turns) -> str:
    """What else is worth knowing: the slowest answers, and CPU per request, which noise touches least."""
    best = sorted(turns.ours, key=lambda each: each.server_cpu)[len(turns.ours) // 2]
    bare = sorted(each.server_cpu for each in turns.bare)[len(turns.bare) // 2]
    share = max(each.generator_share for each in (*turns.ours, *turns.bare))
    return (
        f"p99 {best.p99:.1f} ms; CPU {best.server_cpu:,.0f} µs, bare {bare:,.0f} µs"
        f" ({bare / best.server_cpu if best.server_cpu else 0:.1%}); generator {share:.0%}"
    )


def spread(number: int) -> int:
    """A walk over all users that jumps about."""
    return number * 7919 % USERS


def _gets(endpoint: Endpoint, _round: int) -> Iterable[bytes]:
    return (endpoint.request("GET", f"/Users/{resource_id(spread(number))}") for number in itertools.count())


def _equals(attribute: str) -> Requests:
    def requests(endpoint: Endpoint, _round: int) -> Iterable[bytes]:
        for number in itertools.count():
            user = spread(number)
            value = external_id(user) if attribute == "externalId" else f"person{user}@contoso.example"
            yield endpoint.request("GET", "/Users" + query(filter=f'{attribute} eq "{value}"'))

    return requests


def _page(endpoint: Endpoint, _round: int) -> Iterable[bytes]:
    return itertools.repeat(endpoint.request("GET", "/Users" + query(startIndex=USERS // 2 + 1, count=PAGE)))


def _cursor_page(endpoint: Endpoint, _round: int) -> Iterable[bytes]:
    cursor = ""
    for _ in range(PAGES_BEFORE):
        cursor = endpoint.ask("GET", "/Users" + query(cursor=cursor, count=PAGE))["nextCursor"]
    return itertools.repeat(endpoint.request("GET", "/Users" + query(cursor=cursor, count=PAGE)))


def _patches(endpoint: Endpoint, round_: int) -> Iterable[bytes]:
    """Each changes something: no title is the one before."""
    for number in itertools.count():
        title = f"Title {round_} {number // USERS}"
        body = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "title", "value": title}]}
        yield endpoint.request("PATCH", f"/Users/{resource_id(spread(number))}", body)


def _creates(endpoint: Endpoint, round_: int) -> Iterable[bytes]:
    first = 10_000_000 + (round_ + 1) * 1_000_000
    return (endpoint.request("POST", "/Users", person(number)) for number in itertools.count(first))


def _load_pool(world: World) -> Requests:
    """Users to be deleted, so many that they last for every round."""
    first = 5_000_000
    world.load("User", map(person, range(first, first + DELETES_A_ROUND * (ROUNDS + 1))), first)

    def requests(endpoint: Endpoint, round_: int) -> Iterable[bytes]:
        start = first + (round_ + 1) * DELETES_A_ROUND
        numbers = range(start, start + DELETES_A_ROUND)
        return (endpoint.request("DELETE", f"/Users/{resource_id(number)}") for number in numbers)

    return requests


READS = (
    ("GET by id", _gets),
    ("userName eq", _equals("userName")),
    ("externalId eq", _equals("externalId")),
    (f"page of {PAGE} at {USERS // 2 + 1:,}", _page),
    (f"page of {PAGE} by cursor", _cursor_page),
)


def _measure_groups(world: World) -> Iterator[Row]:
    """Adding one member, as Entra does it (204 as the answer); in a tenant of 125,000 users."""
    asyncio.run(make_token(world.data, GROUP_TENANT, "entra", GROUP_TOKEN))
    first = 20_000_000
    people = LARGE_GROUP + ADDED_A_ROUND * (ROUNDS + 1)
    world.load("User", map(person, range(first, first + people)), first, GROUP_TENANT)
    small = [_group(f"Small {number}", first, SMALL_GROUP) for number in range(ROUNDS + 1)]
    world.load("Group", [*small, _group("Large", first, LARGE_GROUP)], first + people, GROUP_TENANT)
    ours = world.with_token(GROUP_TOKEN)
    if world.peer is not None:
        peer_group = world.peer.ask("POST", "/Groups", _group("Small", 0, SMALL_GROUP))["id"]

    def to_small(endpoint: Endpoint, round_: int) -> Iterable[bytes]:
        if endpoint is world.peer:
            return _adds(endpoint, peer_group, range(SMALL_GROUP + (round_ + 1) * 100, USERS))
        numbers = range(first + SMALL_GROUP, first + people)
        return _adds(ours, resource_id(first + people + round_ + 1), numbers)

    def to_large(_endpoint: Endpoint, round_: int) -> Iterable[bytes]:
        start = first + LARGE_GROUP + (round_ + 1) * ADDED_A_ROUND
        return _adds(ours, resource_id(first + people + ROUNDS + 1), range(start, start + ADDED_A_ROUND))

    turns = world.take_turns(to_small)
    yield _row(f"add one member to a group of {SMALL_GROUP:,}", turns, 0.08, 600)
    large = world.take_turns(to_large, with_peer=False)
    ratio = _median_rate(large) / _median_rate(turns)
    beside = Beside(f"with {SMALL_GROUP:,} /s", _median_rate(turns), ratio, 0.8)
    yield Row(
        f"add one member to a group of {LARGE_GROUP:,}", _median_rate(large), "/s", (beside,), note=note_of(large)
    )


def _group(name: str, first: int, count: int) -> dict[str, object]:
    members = [{"value": resource_id(number), "type": "User"} for number in range(first, first + count)]
    return {"schemas": [GROUP], "displayName": name, "members": members}


def _adds(endpoint: Endpoint, group_id: str, numbers: Iterable[int]) -> Iterable[bytes]:
    for number in numbers:
        operation = {"op": "add", "path": "members", "value": [{"value": resource_id(number)}]}
        yield endpoint.request("PATCH", f"/Groups/{group_id}", {"schemas": [PATCH_OP], "Operations": [operation]})
