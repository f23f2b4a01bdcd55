"""The conformance check at the endpoint of a Freshservice installation: users only, kept in an emulated account."""

from dataclasses import replace
from pathlib import Path

import msgspec
from checking import check, complaints, finding_of
from scim_world import scim_world

from emulated_desk import KEY, InProcessHttp, new_database, open_desk
from provisor.connectors.clock import SystemClock
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.report import Outcome
from provisor.freshservice.bridge import FreshserviceBridge
from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.rest import FreshserviceApi
from provisor.gallery import __file__ as gallery_file
from provisor.scim.registry import read_schema, user_type
from provisor.server.journaled_backend import JournaledBackend
from provisor.store.change_records import SqlChangeRecords
from provisor.store.database import sqlite_url
from provisor.store.people_index import DatabasePeopleIndex

PASSED_MIN = 250
SCHEMA = Path(gallery_file).parent / "schemas" / "freshservice-user.json"


async def test_the_bridge_passes_what_applies_to_it(tmp_path: Path) -> None:
    """Every MUST; a person who returns keeps the id, because an account at the desk is never deleted for good."""
    users = user_type([read_schema(msgspec.json.decode(SCHEMA.read_bytes()))])
    clock, emulated = SystemClock(), new_database(sqlite_url(tmp_path / "emulator.db"))
    async with scim_world(tmp_path) as world:
        desk = await open_desk(emulated, clock)
        api = FreshserviceApi(InProcessHttp(desk.emulator.app), "127.0.0.1:8081", KEY, clock, jitter=lambda: 0.5)
        index = DatabasePeopleIndex(world.database)
        bridge = FreshserviceBridge("contoso", api, index, clock, users, BridgeSettings())
        records = SqlChangeRecords(world.database, world.clock, world.webhooks)
        app = replace(
            world.app,
            backend_for=lambda grant, journal: JournaledBackend(bridge, records, grant.tenant, journal),
            types_for=lambda _: {"User": users},
        )
        _, token = await world.tokens.create(tenant="contoso", backend="freshservice", profile="entra", role="scim")
        report = await check(app, token)
        await bridge.close()
    await emulated.close()
    assert complaints(report).keys() == {"leaving.again"}
    assert finding_of(report, "leaving.again").severity is Severity.SHOULD
    assert not report.has_failed
    assert report.counts()["passed"] >= PASSED_MIN
    skipped = {each.problem for each in report.findings if each.outcome is Outcome.SKIPPED}
    assert skipped == {"the server has no groups"}
