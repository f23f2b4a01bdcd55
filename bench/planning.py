"""A plan of everybody from unsaved settings: a process of its own, its time and its peak of memory.

Everybody has an account, and an unsaved mapping changes one attribute of each, so every row is written. The accounts
are stored without sending anything: what a plan of creations has shown is taken as what the target knows.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provisor.bootstrap.home import Home, new_id
from provisor.config import read_settings
from provisor.connectors.directory.csv_file import CsvFile
from provisor.connectors.directory.importing import ImportOptions, import_people
from provisor.engine.planning.making import PlanWish, make_plan
from provisor.model.credentials import BearerToken
from provisor.model.job import ScopeSetting
from provisor.model.link import Link
from provisor.ports.work import Finished
from rows import Row

TITLE = "A plan of everybody, from unsaved settings"
PEOPLE = int(os.environ.get("BENCH_PLAN_PEOPLE", "100000"))
SECONDS_MAX = 40.0
MEBIBYTES_MAX = 300.0
PAGE_SIZE = 1000
APPLICATION = "Bench"


def measure() -> Iterator[Row]:
    """Seconds and memory."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        schema = asyncio.run(_fill(data))
        file = data / "unsaved.json"
        file.write_text(json.dumps(schema))
        seconds, mebibytes, cpu = _plan(data, file)
    name = f"{PEOPLE:,} people, everybody updated"
    yield Row(
        f"plan of {name}",
        seconds,
        "s",
        most=SECONDS_MAX,
        note=f"{PEOPLE / seconds:,.0f} people/s, {cpu:.1f} s of processor",
    )
    yield Row(f"plan of {name}: peak memory", mebibytes, "MiB", most=MEBIBYTES_MAX)


def _plan(data: Path, schema: Path) -> tuple[float, float, float]:
    words = ["--data", str(data), "plan", APPLICATION, "--schema", str(schema), "--limit", "1"]
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "provisor", *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds, cpu = time.monotonic() - began, usage.ru_utime + usage.ru_stime
    if status or f"{PEOPLE:,} updated" not in printed:
        raise RuntimeError(printed)
    return seconds, usage.ru_maxrss / 1024, cpu


async def _fill(data: Path) -> dict[str, Any]:
    """People and their accounts; returns the unsaved settings."""
    home = Home(read_settings(data, {}))
    try:
        file = data / "people.csv"
        file.write_text("\n".join(_lines()))
        await import_people(home.directory, CsvFile(file), ImportOptions(), now=home.clock.now(), new_id=new_id)
        app = await home.create_application("scim", APPLICATION)
        await home.applications.set_settings(app.id, scope=ScopeSetting.ALL)
        await home.set_credentials(app, "http://127.0.0.1:9/scim/v2", BearerToken("token"))
        made = await make_plan(home.engine, app.id, PlanWish(is_offline=True))
        if made.counts.created != PEOPLE:
            raise RuntimeError(str(made.counts))
        after = -1
        while page := await home.plans.operations(made.id, after, PAGE_SIZE):
            after = page[-1].position
            links = (
                Link(
                    row.source_id,
                    f"t{row.position}",
                    row.person,
                    known={change.attribute: change.after for change in row.changes},
                )
                for row in page
            )
            await home.work.finish(app.id, [Finished(link.source_id, 1, link) for link in links])
        await home.applications.advance_watermark(
            app.id, str(await home.directory.last_change()), app.watermark_generation
        )
        await home.plans.delete(made.id)
        return _changed(dict(await home.applications.schema(app.id)))
    finally:
        await home.close()


def _changed(schema: dict[str, Any]) -> dict[str, Any]:
    schema = json.loads(json.dumps(schema))
    for mapping in schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]:
        if mapping["targetAttributeName"] == "displayName":
            text = 'Join(" ", [displayName], [department])'
            mapping["source"] = {"expression": text, "name": "Join", "type": "Function", "parameters": []}
    return schema


def _lines() -> Iterator[str]:
    yield "userPrincipalName,displayName,surname,mail,department,jobTitle,telephoneNumber,accountEnabled"
    for number in range(PEOPLE):
        upn = f"p{number:06d}@contoso.example"
        yield f"{upn},Person {number},{number},{upn},Sales,Clerk,5550{number},True"
