"""The conformance check of a server whose certificate comes from one's own authority."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web
from other_side import web_server

from certificates import make_certificate
from provisor.cli.scim_check import Server, Watch
from provisor.connectors.http.guard import AddressRules
from provisor.connectors.scim.check.catalogue import select
from provisor.connectors.scim.check.report import Report
from provisor.connectors.scim.tenant_url import parse_tenant_url
from provisor.model.errors import Unreachable

LIST = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "Resources": []}
agents: list[str | None] = []


async def answer(request: web.Request) -> web.Response:
    """A SCIM endpoint with nothing in it."""
    agents.append(request.headers.get("User-Agent"))
    body = {"patch": {"supported": True}} if request.path.endswith("/ServiceProviderConfig") else LIST
    return web.Response(body=json.dumps(body).encode(), content_type="application/scim+json")


async def run_check(url: str, ca_file: Path | None) -> Report:
    """The checks that such an endpoint passes."""
    server = Server(parse_tenant_url(url), None, AddressRules(), ca_file, None, 10)
    return await server.check(
        select(only=["discovery.media-type", "transport.user-agents"], is_reading=True),
        "x.example",
        Watch(is_reading=True),
    )


async def test_own_authority(tmp_path: Path) -> None:
    """Refused with a hint; accepted once its file is named. A request without User-Agent really has none."""
    tls, ca_file = make_certificate(tmp_path, "localhost")
    async with web_server(answer, tls) as port:
        url = f"https://localhost:{port}/scim/v2"
        with pytest.raises(Unreachable, match="CA file"):
            await run_check(url, None)
        report = await run_check(url, ca_file)
    assert report.counts()["passed"] == 2, report.findings
    assert {None, "Provisor", "Okta SCIM Client 1.0.0"} <= set(agents)
    assert not report.has_failed


async def test_a_slow_server_is_not_waited_for(tmp_path: Path) -> None:
    """A request that takes longer than it may is a failure of its check, and the run goes on."""

    async def slow(request: web.Request) -> web.Response:
        if request.path.endswith("/Schemas") and request.query:
            await asyncio.sleep(5)
        return await answer(request)

    async with web_server(slow) as port:
        server = Server(parse_tenant_url(f"http://127.0.0.1:{port}"), None, AddressRules(), None, None, 0.2)
        chosen = select(only=["schemas.filter", "discovery.media-type"], is_reading=True)
        report = await server.check(chosen, "x.example", Watch(is_reading=True))
    outcomes = {finding.check.id: finding.problem for finding in report.findings}
    assert outcomes["discovery.media-type"] == ""
    assert "did not answer within 0.2 seconds" in outcomes["schemas.filter"]
