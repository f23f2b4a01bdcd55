"""The initial cycle against a trivial SCIM application in its own process, beside bare POSTs of the same bodies."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import aiohttp

from load import CONNECTIONS
from processes import HERE, free_port, process
from provisor.bootstrap.home import Home, new_id
from provisor.config import read_settings
from provisor.connectors.directory.csv_file import CsvFile
from provisor.connectors.directory.importing import ImportOptions, import_people
from provisor.engine.running import run_now
from provisor.model.credentials import BearerToken
from provisor.model.job import ScopeSetting
from rows import Row, compare

TITLE = "An initial cycle against a SCIM application that answers at once"
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "2000"))
ROUNDS = 2


def measure() -> Iterator[Row]:
    """People per second beside bare POSTs, and requests per person."""
    rates, floors, requests = asyncio.run(_rounds())
    yield Row(
        f"initial cycle, {PEOPLE:,} people",
        median(rates),
        "people/s",
        (compare("bare POSTs/s", rates, floors),),
        note=f"{median(requests):.3f} requests per person",
    )


async def _rounds() -> tuple[list[float], list[float], list[float]]:
    rates, floors, requests = [], [], []
    for _ in range(ROUNDS):
        port = free_port()
        with process([str(HERE / "sink.py"), str(port)], port, core=None):
            floors.append(await _floor(f"http://127.0.0.1:{port}/scim/v2/Users"))
        port = free_port()
        with process([str(HERE / "sink.py"), str(port)], port, core=None), tempfile.TemporaryDirectory() as data:
            rate, sent = await _cycle(Path(data), f"http://127.0.0.1:{port}/scim/v2")
        rates.append(rate)
        requests.append(sent / PEOPLE)
    return rates, floors, requests


async def _cycle(data: Path, tenant_url: str) -> tuple[float, int]:
    home = Home(read_settings(data, {}))
    try:
        file = data / "people.csv"
        file.write_text("\n".join(_lines()))
        await import_people(home.directory, CsvFile(file), ImportOptions(), now=home.clock.now(), new_id=new_id)
        app = await home.create_application("scim", "Bench")
        await home.applications.set_settings(app.id, scope=ScopeSetting.ALL)
        await home.set_credentials(app, tenant_url, BearerToken("token"))
        began = time.monotonic()
        report = await run_now(home.engine, app.id)
        seconds = time.monotonic() - began
        if report.cycle.counts.created != PEOPLE:
            raise RuntimeError(f"{report.cycle.counts} {report.cycle.message}")
        return PEOPLE / seconds, report.cycle.requests
    finally:
        await home.close()


def _lines() -> list[str]:
    lines = ["userPrincipalName,displayName,surname,mail,department,jobTitle,telephoneNumber,accountEnabled,manager"]
    for number in range(PEOPLE):
        upn = f"p{number:06d}@contoso.example"
        boss = f"p{number // 10:06d}@contoso.example" if number else ""
        lines.append(f"{upn},Person {number},{number},{upn},Sales,Clerk,5550{number},True,{boss}")
    return lines


async def _floor(url: str) -> float:
    bodies = [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": f"p{number:06d}@contoso.example",
            "displayName": f"Person {number}",
            "active": True,
        }
        for number in range(PEOPLE)
    ]
    queue = iter(bodies)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def work() -> None:
            for body in queue:
                async with session.post(url, json=body) as response:
                    await response.read()

        began = time.monotonic()
        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        return PEOPLE / (time.monotonic() - began)
