"""GET by id at the SCIM endpoint, beside a bare granian+Starlette answer in the same run (A B A B)."""

import asyncio
import os
import tempfile
from statistics import median

import aiohttp

from processes import CONNECTIONS, HERE, free_port, process, requests_per_second

USERS = 1000
ROUNDS = 4
SECONDS = 2.0
TOKEN = "a-token-for-the-benchmark"


async def measure() -> dict[str, float]:
    """Requests per second of both, and their ratio."""
    bare_port, scim_port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "BENCH_TOKEN": TOKEN, "PROVISOR_DATA": data}
        scim = ["-m", "provisor", "scim", "serve", "--port", str(scim_port), "--token-env", "BENCH_TOKEN"]
        with process([str(HERE / "sink.py"), str(bare_port)], bare_port), process(scim, scim_port, environment):
            return await _load(f"http://127.0.0.1:{bare_port}/bare", f"http://127.0.0.1:{scim_port}/scim/v2/Users")


async def _load(bare_url: str, users_url: str) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        ids = await asyncio.gather(*(_create(session, users_url, headers, number) for number in range(USERS)))
        urls = [f"{users_url}/{one}" for one in ids]
        bare, ours = [], []
        for _ in range(ROUNDS):
            bare.append(await requests_per_second(session, [bare_url], SECONDS, {}))
            ours.append(await requests_per_second(session, urls, SECONDS, headers))
    ratios = [mine / floor for mine, floor in zip(ours, bare, strict=True)]
    return {"bare_per_second": median(bare), "get_per_second": median(ours), "ratio": median(ratios)}


async def _create(session: aiohttp.ClientSession, url: str, headers: dict[str, str], number: int) -> str:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"person{number}@contoso.example",
        "name": {"givenName": "Person", "familyName": str(number)},
        "emails": [{"type": "work", "value": f"person{number}@contoso.example", "primary": True}],
        "active": True,
    }
    async with session.post(url, json=body, headers=headers) as response:
        return str((await response.json(content_type=None))["id"])
