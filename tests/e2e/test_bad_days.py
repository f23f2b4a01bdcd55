"""Bad days with real processes: a network full of mishaps, a target that goes away, cycles started at the same time."""

import asyncio
import csv
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from main_job import DEADLINE_SECONDS, free_ports, is_listening, provisor, running, wait_until
from scim_process import FIRST_TOKEN

from provisor.bootstrap.home import Home, new_id
from provisor.config import read_settings
from provisor.connectors.directory.csv_file import CsvFile
from provisor.connectors.directory.importing import ImportOptions, import_people
from provisor.engine import control
from provisor.engine.running import run_now
from provisor.model.credentials import BearerToken
from provisor.model.job import Application, CycleState, JobStatus, ScopeSetting
from provisor.model.removal import Decision

pytestmark = pytest.mark.e2e

ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PEOPLE = 30
CYCLES_MAX = 8
LOOK_EVERY_SECONDS = 0.2
UNDER_20 = {"manager": "p20@contoso.example"}


def upn(number: int) -> str:
    """A person's user name."""
    return f"p{number:02d}@contoso.example"


def write_people(file: Path, **changes: dict[str, str]) -> Path:
    """The people file: each managed by one before; `changes` by number as `p07={...}`."""
    with file.open("w", newline="") as text:
        columns = ("userPrincipalName", "displayName", "jobTitle", "accountEnabled", "manager")
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        for number in range(PEOPLE):
            boss = upn(number // 4) if number else ""
            row = {"userPrincipalName": upn(number), "displayName": f"Person {number}", "jobTitle": "Clerk"}
            row |= {"accountEnabled": "True", "manager": boss, **changes.get(f"p{number:02d}", {})}
            writer.writerow(row)
    return file


@contextmanager
def target(data: Path, port: int) -> Iterator[None]:
    """A SCIM service provider."""
    arguments = ("scim", "serve", "--port", str(port), "--token-env", "FIRST_TOKEN")
    with running(data, *arguments, environment={"FIRST_TOKEN": FIRST_TOKEN}):
        wait_until(lambda: is_listening(port), "the target answers")
        yield


@contextmanager
def network(port: int, target_port: int, seed: int) -> Iterator[None]:
    """A network between the two that can have a bad day."""
    script = Path(__file__).with_name("bad_network.py")
    process = subprocess.Popen([sys.executable, script, str(port), str(target_port), str(seed)])
    try:
        wait_until(lambda: is_listening(port), "the network answers")
        yield
    finally:
        process.kill()
        process.wait()


def mishaps(port: int, share: float) -> None:
    """How much goes wrong from now on."""
    urlopen(Request(f"http://127.0.0.1:{port}/mishaps", str(share).encode(), method="PUT")).close()


def accounts(port: int) -> dict[str, dict[str, Any]]:
    """Everybody at the target, by user name; nobody is there twice."""
    request = Request(
        f"http://127.0.0.1:{port}/scim/v2/Users?count=200", headers={"Authorization": f"Bearer {FIRST_TOKEN}"}
    )
    with urlopen(request) as answer:
        found = json.load(answer)["Resources"]
    by_name = {one["userName"]: one for one in found}
    assert len(by_name) == len(found), "somebody is there twice"
    return by_name


async def connect(home: Home, port: int, people: Path) -> Application:
    """An application for the target, with everybody in scope, looked at every few seconds."""
    await load(home, people)
    app = await home.create_application("scim", "Desk")
    await home.applications.set_settings(app.id, scope=ScopeSetting.ALL, interval=timedelta(seconds=2))
    await home.set_credentials(app, f"http://127.0.0.1:{port}/scim/v2", BearerToken(FIRST_TOKEN))
    return app


async def load(home: Home, people: Path) -> None:
    """Import the people file."""
    await import_people(home.directory, CsvFile(people), ImportOptions(), now=home.clock.now(), new_id=new_id)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    """The engine's data folder, opened."""
    home = Home(read_settings(tmp_path / "data", {}))
    yield home
    await home.close()


async def run_until_done(home: Home) -> None:
    """Cycle after cycle, as on a bad day; those whose next try would be hours away are tried at once."""
    for _ in range(CYCLES_MAX):
        report = await run_now(home.engine, "Desk")
        if report.fault is None and not report.cycle.counts.failed:
            return
        await control.restart(home.engine, "Desk")
    raise AssertionError("it does not come to an end")


async def test_a_network_full_of_mishaps_ends_in_the_right_state(home: Home, tmp_path: Path) -> None:
    """500, 429, 503, resets, lost and cut answers: everybody is there once and right; leavers are out; then silence."""
    target_port, port = free_ports(), free_ports()
    people = write_people(tmp_path / "people.csv")
    with target(tmp_path / "target", target_port), network(port, target_port, seed=7):
        await connect(home, port, people)
        mishaps(port, 0.3)
        await run_until_done(home)
        assert len(accounts(target_port)) == PEOPLE
        await load(home, write_people(people, p07={"accountEnabled": "False"}, p08={"jobTitle": "Head"}, p09=UNDER_20))
        await run_until_done(home)
        mishaps(port, 0)
        await control.restart(home.engine, "Desk")
        assert (await run_now(home.engine, "Desk")).cycle.requests == 0
        found = accounts(target_port)
    assert {name for name, one in found.items() if not one["active"]} == {upn(7)}
    assert {name for name, one in found.items() if one["title"] != "Clerk"} == {upn(8)}
    for number in range(1, PEOPLE):
        boss = 20 if number == 9 else number // 4
        assert found[upn(number)][ENTERPRISE_USER]["manager"]["value"] == found[upn(boss)]["id"], number


async def test_a_target_that_was_away_gets_everything_afterwards(home: Home, tmp_path: Path) -> None:
    """While serving: changes made during an outage arrive by themselves soon after the target is back."""
    port = free_ports()
    people = write_people(tmp_path / "people.csv")
    with target(tmp_path / "target", port):
        app = await connect(home, port, people)
        assert (await run_now(home.engine, "Desk")).cycle.counts.created == PEOPLE
    with running(tmp_path / "data", "serve", "--port", str(free_ports())):
        await control.start(home.engine, "Desk")
        changed = {f"p{number:02d}": {"jobTitle": "Mover"} for number in range(20)}
        await load(home, write_people(people, **changed))
        await wait_for(lambda: has_failed(home, app.id), "a cycle fails")
        with target(tmp_path / "target", port):
            await wait_for(lambda: has_moved(port, 20), "everything has arrived")
            await wait_for(lambda: is_well(home), "the job is well again")


async def wait_for(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Ask until the answer is true."""
    for _ in range(int(DEADLINE_SECONDS / LOOK_EVERY_SECONDS)):
        if await holds():
            return
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    raise AssertionError(f"never: {what}")


async def has_failed(home: Home, app_id: str) -> bool:
    """Whether a cycle has found no target."""
    return any(one.state is CycleState.FAILED for one in await home.records.cycles(app_id, 5))


async def has_moved(port: int, number: int) -> bool:
    """Whether so many changes have arrived."""
    return sum(one["title"] == "Mover" for one in accounts(port).values()) == number


async def is_well(home: Home) -> bool:
    """Whether nothing of the outage is left in the job's status."""
    app = await home.applications.get("Desk")
    return (app.status, app.cycles_failed_in_a_row, app.waits_until) == (JobStatus.ACTIVE, 0, None)


async def test_an_approval_goes_out_at_once_while_serving(home: Home, tmp_path: Path) -> None:
    """Held removals wait for a decision, not for the interval: the approved lose access within seconds, only they."""
    port, people = free_ports(), tmp_path / "people.csv"
    with target(tmp_path / "target", port):
        app = await connect(home, port, write_people(people))
        await home.applications.set_settings(app.id, interval=timedelta(minutes=40))
        await run_now(home.engine, "Desk")
        leavers = {f"p{number:02d}": {"accountEnabled": "False"} for number in range(15)}
        await load(home, write_people(people, **leavers))
        assert (await run_now(home.engine, "Desk")).cycle.counts.held == 15
        with running(tmp_path / "data", "serve", "--port", str(free_ports())):
            await home.applications.set_settings(app.id, is_scheduled=True)
            held = await home.work.staged_removals(app.id)
            chosen = [one.id for one in held[:3]]
            assert await home.work.decide_removals(app.id, chosen, Decision.APPROVED, home.clock.now()) == 3
            await wait_for(lambda: are_out(port, {one.person for one in held[:3]}), "the approved are out")


async def are_out(port: int, names: set[str]) -> bool:
    """Whether these people cannot use their accounts any more; nobody else may be among them."""
    out = {name for name, one in accounts(port).items() if not one["active"]}
    assert out <= names
    return out == names


async def test_cycles_started_at_the_same_time_do_not_overlap(home: Home, tmp_path: Path) -> None:
    """By hand and by the service: each waits its turn or says that one runs; everybody is made once."""
    data, port = tmp_path / "data", free_ports()
    with target(tmp_path / "target", port), running(data, "serve", "--port", str(free_ports())):
        app = await connect(home, port, write_people(tmp_path / "people.csv"))
        runs = [asyncio.to_thread(provisor, data, "run", "Desk", *more) for more in ((), ("--no-wait",))]
        await control.start(home.engine, "Desk")
        waited, hurried = await asyncio.gather(*runs)
        assert waited.code == 0, waited.err
        assert hurried.code == 0 or "already running" in hurried.err
        await wait_for(lambda: is_well(home), "the service has run its cycle too")
    cycles = sorted(await home.records.cycles(app.id, 10), key=lambda one: one.began)
    assert len(cycles) >= 2
    assert all(before.ended and before.ended <= after.began for before, after in pairwise(cycles))
    assert sum(one.counts.created for one in cycles) == PEOPLE
    assert (await run_now(home.engine, "Desk")).cycle.requests == 0
