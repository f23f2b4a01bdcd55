"""The conformance check at our own endpoint: nothing to complain about, nothing touched, nothing left, nothing told."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from asgi import Heard
from checking import AsgiHttp, check, complaints, finding_of
from faulty_scim import Asked, FaultySCIM, Forward, empty, refused, said
from scim_world import ScimWorld, scim_world

from provisor.connectors.clock import SystemClock
from provisor.connectors.scim.check.belongings import Belongings, NotOurs
from provisor.connectors.scim.check.catalogue import CHECKS, select
from provisor.connectors.scim.check.check import Severity
from provisor.connectors.scim.check.judges import Client
from provisor.connectors.scim.check.points.all import POINTS
from provisor.connectors.scim.check.report import Outcome
from provisor.connectors.scim.check.running import STOPPED
from provisor.model.errors import JobFailed, Reject, Unreachable

LENIENT = ("default", "entra", "okta")


@pytest.fixture
async def world(tmp_path: Path):
    async with scim_world(tmp_path) as found:
        yield found


async def token_of(world: ScimWorld, profile: str = "default") -> str:
    _, token = await world.tokens.create(tenant="contoso", backend="embedded", profile=profile, role="scim")
    return token


@pytest.mark.parametrize("profile", LENIENT)
async def test_every_check_passes_in_every_lenient_profile(world: ScimWorld, profile: str) -> None:
    """Whatever the RFCs, Entra, Okta and others ask for, without exception; and no check is skipped."""
    report = await check(world.app, await token_of(world, profile))
    assert complaints(report) == {}
    assert report.counts()["passed"] == len(CHECKS)
    assert all(not verdict.failed and not verdict.untried for verdict in report.verdicts())


async def test_the_strict_profile_passes_what_the_rfcs_ask_for(world: ScimWorld) -> None:
    """It refuses Entra's dialect, and nothing that a standard allows."""
    report = await check(world.app, await token_of(world, "strict"), clients=[Client.RFC])
    assert complaints(report) == {}
    assert report.counts()["skipped"] == 0
    whole = await check(world.app, await token_of(world, "strict"))
    assert {"entra.disable-text", "values.unknown-attributes"} <= complaints(whole).keys()


async def test_it_leaves_nothing_and_touches_nobody(world: ScimWorld) -> None:
    """Afterwards there is who was there before, in the same version."""
    token = await token_of(world)
    client = await world.client()
    before = [await client.user("grace"), await client.user("frank"), await client.group("Desk")]
    report = await check(world.app, token)
    assert report.made > 100
    assert report.leftovers == ()
    assert await client.found("/Users") == before[:2]
    assert await client.found("/Groups") == before[2:]


async def test_reading_only_writes_nothing(world: ScimWorld) -> None:
    """Only GET, and searches by POST, leave; every check that says that it reads has run."""
    client = await world.client()
    await client.user("grace", name={"givenName": "Grace", "familyName": "H"}, emails=[{"value": "g@contoso.com"}])
    http = AsgiHttp(world.app)
    report = await check(world.app, await token_of(world), http=http, is_reading=True)
    assert {method for method, target, _ in http.sent if not target.endswith("/.search")} == {"GET"}
    assert complaints(report) == {}
    passed = {finding.check.id for finding in report.findings if finding.outcome is Outcome.PASSED}
    assert passed == {each.id for each in CHECKS if each.is_reading}
    assert report.made == 0


async def test_reading_only_shows_nobody(world: ScimWorld) -> None:
    """Where a check fails over other people's resources, the report shows their form and not their data."""
    client = await world.client()
    await client.user("grace", displayName="Grace Hopper", emails=[{"value": "grace@navy.example", "type": "work"}])

    async def one_too_many(asked: Asked, forward: Forward) -> Heard:
        heard = await forward(asked)
        is_page = asked.path == "/Users" and asked.query.get("count") == "1"
        return said(heard, {**heard.json, "itemsPerPage": 7}) if is_page else heard

    report = await check(FaultySCIM(world.app, [one_too_many]), await token_of(world), is_reading=True)
    shown = finding_of(report, "paging.count-one").shown
    assert shown is not None
    assert '"displayName": "•••"' in shown.answer_body
    assert '"type": "work"' in shown.answer_body
    assert not any(text in shown.answer_body for text in ("Grace", "grace", "Hopper", "navy"))


async def test_what_is_shown_is_bounded_and_holds_no_secret(world: ScimWorld) -> None:
    """The token is masked wherever it turns up, passwords too, and a long answer is cut."""
    token = await token_of(world)

    async def tell_all(asked: Asked, forward: Forward) -> Heard:
        if asked.method == "POST" and asked.path == "/Users":
            return refused(400, "invalidValue", f"{asked.headers['authorization']} " + "x" * 50_000)
        return await forward(asked)

    report = await check(FaultySCIM(world.app, [tell_all]), token, only=["users"])
    shown = finding_of(report, "users.password").shown
    assert shown is not None
    whole = json.dumps([shown.request, dict(shown.request_headers), shown.request_body, shown.answer_body])
    assert token not in whole
    assert "Passw0rd" not in whole
    assert shown.request_headers["Authorization"] == "•••"
    assert len(shown.answer_body) < 5_000
    assert "userName" in shown.request_body


async def test_what_cannot_be_removed_is_listed(world: ScimWorld) -> None:
    """Where DELETE is refused, or only pretended, the URLs of what stays are told."""

    async def refuse(asked: Asked, forward: Forward) -> Heard:
        return refused(501) if asked.method == "DELETE" else await forward(asked)

    async def pretend(asked: Asked, forward: Forward) -> Heard:
        return empty() if asked.method == "DELETE" else await forward(asked)

    for fault in (refuse, pretend):
        report = await check(FaultySCIM(world.app, [fault]), await token_of(world), only=["groups.create"])
        assert len(report.leftovers) == 1
        assert report.leftovers[0].startswith("https://scim.example/scim/v2/Groups/")


async def test_what_was_created_without_an_answer_is_removed_too(world: ScimWorld) -> None:
    """A create that succeeds behind an error is found by its name at the end."""

    async def fail_afterwards(asked: Asked, forward: Forward) -> Heard:
        heard = await forward(asked)
        return refused(500) if asked.method == "POST" and asked.path == "/Users" else heard

    report = await check(FaultySCIM(world.app, [fail_afterwards]), await token_of(world), only=["users.create"])
    assert complaints(report).keys() == {"users.create"}
    assert report.leftovers == ()
    assert await (await world.client()).found("/Users") == []


async def test_stopping_ends_the_checks_and_clears_up(world: ScimWorld) -> None:
    """When the run is cancelled, what was made is removed, and the report says what was not tried."""
    token, seen = await token_of(world), asyncio.Event()

    async def watch(asked: Asked, forward: Forward) -> Heard:
        if asked.method == "PATCH":
            seen.set()
            await asyncio.sleep(0.01)
        return await forward(asked)

    run = asyncio.create_task(check(FaultySCIM(world.app, [watch]), token, only=["patch", "members"]))
    await seen.wait()
    run.cancel()
    report = await run
    assert report.broke_off == STOPPED
    assert report.has_failed
    assert report.leftovers == ()
    assert report.counts()["skipped"] > 0
    assert await (await world.client()).found("/Users") == []


async def test_a_server_that_goes_away_ends_the_run(world: ScimWorld) -> None:
    """The rest is not tried, and whatever may still be there is listed."""

    class Vanishing(AsgiHttp):
        in_vain = 0

        async def request(self, method: str, url: str, **more: Any) -> Any:
            if len(self.sent) > 60:
                self.in_vain += 1
                raise Unreachable("Nothing answers.", remedy="Is it running?")
            return await super().request(method, url, **more)

    http = Vanishing(world.app)
    clock = QuickClock()
    report = await check(world.app, await token_of(world), http=http, clock=clock, only=["users", "patch"])
    assert "Nothing answers" in report.broke_off
    assert report.has_failed
    assert report.leftovers
    assert http.in_vain < 60  # it does not ask for each of its resources again and again


async def test_a_throttling_server_is_waited_for(world: ScimWorld) -> None:
    """Retry-After is respected, and every check passes but the one that asks for 25 requests a second."""
    clock = QuickClock()

    class Throttling:
        times = 0

        async def __call__(self, asked: Asked, forward: Forward) -> Heard:
            self.times += 1
            return said(refused(429), retry_after="7") if self.times % 20 == 0 else await forward(asked)

    app = FaultySCIM(world.app, [Throttling()])
    report = await check(app, await token_of(world), clock=clock, only=["transport", "users", "groups"])
    assert complaints(report).keys() == {"transport.rate"}
    assert finding_of(report, "transport.rate").severity is Severity.SHOULD
    assert clock.slept >= 7


class QuickClock(SystemClock):
    """Sleeping takes no time."""

    slept = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.slept

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        await asyncio.sleep(0)


async def test_a_feature_that_is_not_announced_is_skipped(world: ScimWorld) -> None:
    """Its checks say so; but what a client cannot do without is tried all the same."""

    async def announce_little(asked: Asked, forward: Forward) -> Heard:
        heard = await forward(asked)
        if asked.path != "/ServiceProviderConfig":
            return heard
        off = {name: {**heard.json[name], "supported": False} for name in ("patch", "bulk", "sort", "etag")}
        return said(heard, {**heard.json, **off, "pagination": None})

    app, token = FaultySCIM(world.app, [announce_little]), await token_of(world)
    report = await check(app, token)
    skipped = {each.check.id: each.problem for each in report.findings if each.outcome is Outcome.SKIPPED}
    assert skipped["bulk.create"] == "bulk is not announced in the ServiceProviderConfig"
    assert skipped["sorting.ascending"] == "sort is not announced in the ServiceProviderConfig"
    assert "entra.disable-text" not in skipped
    rfc = await check(app, token, clients=[Client.RFC])
    assert finding_of(rfc, "patch.replace").outcome is Outcome.SKIPPED


async def test_what_cannot_be_prepared_is_not_judged(world: ScimWorld) -> None:
    """Where users cannot be created, checks that need one could not be tried, which is no pass."""

    async def refuse(asked: Asked, forward: Forward) -> Heard:
        return refused(500) if asked.method == "POST" and asked.path == "/Users" else await forward(asked)

    app, token = FaultySCIM(world.app, [refuse]), await token_of(world)
    report = await check(app, token, only=["patch"])
    assert {each.outcome for each in report.findings} == {Outcome.BLOCKED}
    assert report.has_failed
    assert "cannot be created (500)" in report.findings[0].problem


async def test_servers_that_cannot_be_checked_at_all(world: ScimWorld) -> None:
    """A refused token, a redirect, and an address that is no SCIM endpoint: one sentence each."""
    with pytest.raises(JobFailed, match="refuses the token"):
        await check(world.app, "wrong")
    with pytest.raises(JobFailed, match="--token-env"):
        await check(world.app, None)

    async def redirect(_asked: Asked, _forward: Forward) -> Heard:
        return Heard(302, {"location": "https://elsewhere.example/scim?a=b"}, b"")

    async def be_a_page(_asked: Asked, _forward: Forward) -> Heard:
        return Heard(200, {"content-type": "text/html"}, b"<html>hello</html>")

    with pytest.raises(JobFailed, match=r"redirects to https://elsewhere.example/scim \(302\)"):
        await check(FaultySCIM(world.app, [redirect]), await token_of(world))
    with pytest.raises(JobFailed, match=r"no SCIM endpoint at .*text/html"):
        await check(FaultySCIM(world.app, [be_a_page]), await token_of(world))


def test_writes_go_to_our_own_resources_only() -> None:
    """Whatever a check does, a write to somebody else's resource is stopped before it is sent."""
    ours = Belongings("1")
    invented = ours.invent_id()
    for path in (f"/Users/{invented}", "/Users/bulkId:x", "/Users"):
        ours.check("PATCH", path, None)
    ours.check("POST", "/Users/.search", None)
    for method in ("PUT", "PATCH", "DELETE"):
        with pytest.raises(NotOurs):
            ours.check(method, "/Users/2819c223", None)
        with pytest.raises(NotOurs):
            ours.check("POST", "/Bulk", {"Operations": [{"method": method.lower(), "path": "/Groups/e9e30dba"}]})
    assert ours.adopt("/Users", {"id": "1", "userName": "grace@contoso.com"}) == ""
    assert ours.adopt("/Users", {"id": "2", "userName": "provisor-check-1-ada@contoso.com"}) == "/Users/2"


def test_checks_are_complete_and_tell_each_other_apart() -> None:
    """Each has its own id, a sentence for everything, somebody whose complaint it is, and points that exist."""
    assert len({each.id for each in CHECKS}) == len(CHECKS)
    assert len({(each.group, each.title) for each in CHECKS}) == len(CHECKS)
    for each in CHECKS:
        assert all((each.title, each.asks, each.expects, each.remedy)), each.id
        assert each.remedy.endswith("."), each.id
        assert each.clients, each.id
        assert set(each.points) <= POINTS.keys(), each.id


def test_every_point_is_met() -> None:
    """What a judge looks at has a check, or a test, or the reason why nothing from outside can meet it."""
    met = {point for each in CHECKS for point in each.points}
    for point in POINTS.values():
        assert (point.id in met) != bool(point.beyond), point.id


def test_selections() -> None:
    """By group, by check, by client; an unknown name is refused with a suggestion."""
    assert {each.group for each in select(only=["filters"]).checks} == {"filters"}
    assert [each.id for each in select(only=["bulk.forward"]).checks] == ["bulk.forward"]
    assert not [each for each in select(skip=["bulk", "users.create"]).checks if each.group == "bulk"]
    okta = select(clients=[Client.OKTA]).checks
    assert all(Client.OKTA in each.clients for each in okta)
    assert len(okta) < len(CHECKS)
    with pytest.raises(Reject, match="Did you mean filters"):
        select(only=["filtrs"])
    with pytest.raises(Reject, match="No check is left"):
        select(only=["cursors"], clients=[Client.OKTA])
