"""`/healthz`, `/readyz` and `/metrics`: for whoever watches the process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from threading import Thread

import pytest
from asgi import AsgiClient, Heard
from prometheus_client.parser import text_string_to_metric_families
from scim_world import ScimWorld, scim_world
from starlette.applications import Starlette

from provisor.bootstrap.home import Home
from provisor.bootstrap.web import open_scim_site
from provisor.config import read_settings
from provisor.model.errors import Transient
from provisor.server import monitoring
from provisor.server.monitoring import Check, monitoring_routes
from provisor.server.mounting import answer_stopping
from provisor.server.operating.client_address import read_networks
from provisor.server.operating.journal import FLOOD_ROWS_MAX


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


def watcher(world: ScimWorld, *checks: Check, proxies: str | None = None) -> AsgiClient:
    """Somebody on this machine who asks."""
    routes = monitoring_routes(checks, world.app.metrics, world.tokens, read_networks(proxies))
    return AsgiClient(Starlette(routes=routes))


def numbers(heard: Heard) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(heard.body.decode())
        for sample in family.samples
    }


async def works() -> None:
    """A check that passes."""


async def fails() -> None:
    """A check that does not."""
    raise Transient("postgresql://user:secret@host is down")


async def hangs() -> None:
    """A check that nobody has the patience for."""
    await asyncio.Event().wait()


async def test_a_process_that_works_is_healthy_and_ready(world: ScimWorld) -> None:
    """Both answer 200 when every check passes."""
    client = watcher(world, Check("database", "It does not answer.", works))
    for target in ("/healthz", "/readyz"):
        heard = await client("GET", target)
        assert (heard.status, heard.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("broken", [fails, hangs])
async def test_a_process_that_cannot_work_lives_but_is_not_ready(
    world: ScimWorld, broken: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with what fails and why, and nothing that a stranger should not read; a check that hangs has failed."""
    monkeypatch.setattr(monitoring, "CHECK_SECONDS_MAX", 0.05)
    client = watcher(world, Check("database", "It does not answer.", broken), Check("disk", "It is full.", works))
    assert (await client("GET", "/healthz")).status == 200
    heard = await client("GET", "/readyz")
    reasons = {"database": "It does not answer."}
    assert (heard.status, heard.json) == (503, {"status": "unavailable", "failed": ["database"], "reasons": reasons})


async def test_a_process_that_stops_lives_but_is_not_ready() -> None:
    """Whoever sends it requests hears that it is stopping, in the form that belongs to the path."""
    client = AsgiClient(answer_stopping)
    assert (await client("GET", "/healthz")).status == 200
    ready = await client("GET", "/readyz")
    assert (ready.status, ready.json["failed"]) == (503, ["stopping"])
    scim = await client("GET", "/scim/v2/Users")
    assert (scim.status, scim.json["status"], scim.headers["retry-after"]) == (503, "503", "1")


async def test_requests_are_counted_by_method_kind_of_path_and_status(world: ScimWorld) -> None:
    """Whatever a client makes up is counted as other, so that nobody makes endless series or writes into them."""
    client = await world.client()
    ada = await client.user("ada")
    for target in (f"/Users/{ada['id']}", "/Users/nobody", "/Users", "/secret-name", "/Users/a/b/c", "/.search"):
        await client("GET", target)
    await client("BREW", "/Users")
    await world.stranger()("GET", "/Users")
    heard = await watcher(world)("GET", "/metrics")
    assert heard.headers["content-type"].startswith("text/plain")
    found = numbers(heard)
    total = "provisor_scim_requests_total"
    assert {key[1:]: value for key, value in found.items() if key[0] == total} == {
        ("POST", "/Users", "201"): 1,
        ("GET", "/Users/{id}", "200"): 1,
        ("GET", "/Users/{id}", "404"): 1,
        ("GET", "/Users", "200"): 1,
        ("GET", "/Users", "401"): 1,
        ("GET", "other", "404"): 2,
        ("GET", "/.search", "405"): 1,
        ("other", "/Users", "405"): 1,
    }
    assert found["provisor_scim_request_seconds_count", "GET", "/Users/{id}"] == 2
    assert found["provisor_scim_request_seconds_bucket", "+Inf", "GET", "/Users/{id}"] == 2
    for personal in ("ada", "secret-name", "BREW", "contoso"):
        assert personal.encode() not in heard.body


async def test_numbers_that_are_asked_for_are_there_and_one_that_fails_spoils_no_other(world: ScimWorld) -> None:
    """A database that is down is when the others are wanted most."""

    async def two() -> float:
        return 2

    async def broken() -> float:
        raise OSError("down")

    world.app.metrics.watch("good", "Good.", two)
    world.app.metrics.watch("bad", "Bad.", broken)
    world.app.metrics.watch("lost", "Lost.", two, is_counter=True)
    for _ in range(3):
        world.app.metrics.count("attempts", "outcome", "failed", "Attempts.")
    found = numbers(await watcher(world)("GET", "/metrics"))
    assert found["provisor_good",] == 2
    assert found["provisor_lost_total",] == 2
    assert found["provisor_attempts_total", "failed"] == 3
    assert ("provisor_bad",) not in found
    assert ("process_resident_memory_bytes",) in found


async def test_metrics_are_for_this_machine_and_for_who_may_read_reports(world: ScimWorld) -> None:
    """A proxy on this machine speaks for strangers; a client's own token is not enough."""
    _, reader = await world.tokens.create(tenant="", backend="embedded", role="reports-reader")
    _, scim = await world.tokens.create(tenant="contoso", backend="embedded")
    local, behind = watcher(world), watcher(world, proxies="127.0.0.1")
    assert (await local("GET", "/metrics")).status == 200
    for client, headers in ((behind, {}), (local, {"x-forwarded-for": "203.0.113.9"}), (local, {"forwarded": "for=x"})):
        refused = await client("GET", "/metrics", headers=headers)
        assert (refused.status, "www-authenticate" in refused.headers) == (401, True)
        for token, status in ((reader, 200), (scim, 403), ("made-up", 401)):
            answer = await client("GET", "/metrics", headers={**headers, "authorization": f"Bearer {token}"})
            assert answer.status == status


async def test_a_flood_of_strangers_does_not_fill_the_log(world: ScimWorld) -> None:
    """Some rows a second tell of them; the others are counted, and those of clients are all there."""
    client, stranger = await world.client(), world.stranger()
    for _ in range(FLOOD_ROWS_MAX + 10):
        await stranger("GET", "/Users")
    await client("GET", "/Users")
    world.clock.passed += 1
    await stranger("GET", "/Users")
    statuses = [row.status for row in await world.logged()]
    assert (statuses.count(401), statuses.count(200)) == (FLOOD_ROWS_MAX + 1, 1)
    assert world.app.journals.skipped == 10


async def test_the_service_is_ready_when_its_database_can_be_read_and_written(tmp_path: Path) -> None:
    """Tables of another version and a writer that has ended are each told by name."""
    home = Home(read_settings(tmp_path, {}))
    try:
        async with open_scim_site(home, None) as site:
            client = AsgiClient(site)
            assert (await client("GET", "/readyz")).status == 200
            database = home.database("scim")
            await database.write(lambda connection: connection.exec_driver_sql("DELETE FROM provisor_version_scim"))
            assert (await client("GET", "/readyz")).json["failed"] == ["scim-tables"]
            database._jobs.put(None)
            database._writer.join()
            assert (await client("GET", "/readyz")).json["failed"] == ["scim-tables", "scim-writer"]
    finally:
        database._writer = Thread(target=database._write_forever, daemon=True)
        database._writer.start()
        await home.close()
