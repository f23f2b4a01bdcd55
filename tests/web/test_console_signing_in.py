"""Signing in to the console: one-time links, cookies, other sites, throttling; and nothing for strangers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from console_world import HOST, ConsoleWorld

from provisor.console.signing_in import sign_in_url
from provisor.console.throttling import ADDRESSES_MAX, FAILURES_MAX, WINDOW_SECONDS, FailureCount
from provisor.ports.sessions import LINK_LIFETIME, SESSION_IDLE_LIFETIME
from provisor.store.database import Database, sqlite_url
from provisor.store.migrating import upgrade

SECRET_PERSON = "Chen Secret"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ConsoleWorld]:
    database = Database(sqlite_url(tmp_path / "engine.db"))
    upgrade(database.engine, "engine")
    yield ConsoleWorld(database)
    await database.close()


@pytest.mark.parametrize("target", ["/", "/?status=failure", "/events", "/log/entry", "/sign-in"])
async def test_strangers_see_no_data(world: ConsoleWorld, target: str) -> None:
    """Every page that shows something is closed, and says how to get in."""
    app_id = await world.add_app("Secret Desk")
    await world.add_entry(app_id, SECRET_PERSON, id="entry")
    browser = world.browser()
    for cookies in ({}, {"provisor_8080": "guess"}, {"provisor_8080": ""}):
        browser.cookies = dict(cookies)
        page = await browser.get(target)
        assert page.status == 401
        assert "provisor admin create" in page.text
        assert "Secret" not in page.text
        assert "www-authenticate" in page.headers
        assert (await browser.head(target)).status == 401


async def test_every_route_is_closed_or_known_to_be_open(world: ConsoleWorld) -> None:
    """A new route that forgets the door is found here."""
    browser = world.browser()
    open_to_all = {"/static/{name}"}
    for route in world.app.routes:
        path = route.path.replace("{entry_id}", "x").replace("{name}", "console.css")  # type: ignore[attr-defined]
        if "GET" not in route.methods:  # type: ignore[attr-defined]
            continue
        expected = 200 if route.path in open_to_all else 401  # type: ignore[attr-defined]
        assert (await browser.get(path)).status == expected, path


async def test_the_link_shows_a_button_and_the_button_signs_in(world: ConsoleWorld) -> None:
    """Opening the link, as often as one likes, spends nothing; the button spends it."""
    await world.add_app("Contoso Desk")
    token = await world.link(person="Grace Hopper")
    target = sign_in_url("http://127.0.0.1:8080/", token).removeprefix("http://127.0.0.1:8080")
    browser = world.browser()
    for _ in range(3):
        page = await browser.get(target)
        assert page.status == 200
        assert "Grace Hopper" in page.text
        assert "Global Administrator" in page.text
        assert page.cookies == []
        assert page.headers["referrer-policy"] == "no-referrer"
    page = await browser.post("/sign-in", {"token": token})
    assert (page.status, page.headers["location"]) == (303, "/")
    assert "Contoso Desk" in (await browser.get("/")).text
    again = world.browser()
    assert (await again.post("/sign-in", {"token": token})).status == 401
    refused = await again.get(target)
    assert refused.status == 401
    assert "has been used" in refused.text
    assert (await again.get("/")).status == 401


async def test_an_expired_link_is_refused(world: ConsoleWorld) -> None:
    """After a quarter of an hour."""
    token = await world.link()
    world.clock.turn(LINK_LIFETIME.total_seconds())
    assert (await world.browser().get(f"/sign-in?token={token}")).status == 401
    assert (await world.browser().post("/sign-in", {"token": token})).status == 401


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
async def test_the_cookie_is_closed_to_scripts_and_to_other_sites(
    world: ConsoleWorld, scheme: str, is_secure: bool
) -> None:
    """HttpOnly, SameSite=Strict, the whole host, and Secure over https; gone with the browser."""
    browser = world.browser(scheme)
    page = await browser.post("/sign-in", {"token": await world.link()})
    (cookie,) = page.cookies
    name, *flags = cookie.split("; ")
    assert name.startswith("__Host-provisor_8080=" if is_secure else "provisor_8080=")
    assert {flag.lower() for flag in flags} == {"httponly", "samesite=strict", "path=/"} | (
        {"secure"} if is_secure else set()
    )
    assert (await browser.get("/")).status == 200


async def test_a_session_ends_when_nobody_uses_it(world: ConsoleWorld) -> None:
    """What the page asks on its own account is no use by a person."""
    browser = await world.signed_in()
    almost = (SESSION_IDLE_LIFETIME - timedelta(minutes=1)).total_seconds()
    world.clock.turn(almost)
    assert (await browser.get("/")).status == 200
    world.clock.turn(almost)
    assert (await browser.get("/", provisor_refresh="1")).status == 200
    world.clock.turn(almost)
    assert (await browser.get("/")).status == 401


async def test_signing_in_again_ends_the_session_before(world: ConsoleWorld) -> None:
    """One browser, one session."""
    browser = await world.signed_in()
    before = dict(browser.cookies)
    await browser.post("/sign-in", {"token": await world.link()})
    assert (await browser.get("/")).status == 200
    browser.cookies = before
    assert (await browser.get("/")).status == 401


async def test_signing_out_ends_the_session(world: ConsoleWorld) -> None:
    """On the server too: a kept cookie opens nothing."""
    browser = await world.signed_in()
    kept = dict(browser.cookies)
    token = (await browser.get("/")).text.split('name="csrf_token" value="')[1].split('"')[0]
    page = await browser.post("/sign-out", {"csrf_token": token})
    assert (page.status, page.headers["location"]) == (303, "/")
    assert browser.cookies == {}
    browser.cookies = kept
    assert (await browser.get("/")).status == 401
    assert (await browser.post("/sign-out", {})).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "cross-site", "origin": f"http://{HOST}"},
    ],
)
async def test_forms_of_other_sites_are_refused(world: ConsoleWorld, headers: dict[str, str]) -> None:
    """Neither signing in, which would not even spend the link, nor signing out."""
    token = await world.link()
    browser = world.browser()
    assert (await browser.post("/sign-in", {"token": token}, **headers)).status == 403
    assert (await browser.get(f"/sign-in?token={token}")).status == 200
    inside = await world.signed_in()
    assert (await inside.post("/sign-out", {}, **headers)).status == 403
    assert (await inside.get("/")).status == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [(f"http://{HOST}", 303), ("http://evil.example", 403), ("null", 403), ("", 403)],
)
async def test_older_browsers_are_judged_by_their_origin(world: ConsoleWorld, origin: str, status: int) -> None:
    """Those that do not send Sec-Fetch-Site."""
    browser = world.browser()
    headers = {"origin": origin} if origin else {}
    page = await browser._call("POST", "/sign-in", f"token={await world.link()}".encode(), headers)
    assert page.status == status


async def test_signing_out_needs_the_token_of_the_page(world: ConsoleWorld) -> None:
    """A form that our page did not make changes nothing."""
    browser = await world.signed_in()
    for form in ({}, {"csrf_token": ""}, {"csrf_token": "ä" * 64}):
        assert (await browser.post("/sign-out", form)).status == 403
    assert (await browser.get("/")).status == 200


@pytest.mark.parametrize("body", [b"token=" + b"x" * 20_000, b"token=%ff\xff", b"&".join([b"a=1"] * 40)])
async def test_a_form_that_cannot_be_read_is_refused(world: ConsoleWorld, body: bytes) -> None:
    """Too long, not UTF-8, or with too many fields: one sentence, no fault."""
    assert (await world.browser().post("/sign-in", body)).status == 400


async def test_who_keeps_trying_has_to_wait(world: ConsoleWorld) -> None:
    """Ten failures from one address in five minutes; others are not concerned, and it passes."""
    stranger = world.browser(address="192.0.2.7")
    for _ in range(FAILURES_MAX):
        assert (await stranger.post("/sign-in", {"token": "guess"})).status == 401
    page = await stranger.post("/sign-in", {"token": await world.link()})
    assert page.status == 429
    assert int(page.headers["retry-after"]) == WINDOW_SECONDS
    assert (await stranger.get("/sign-in?token=guess")).status == 429
    assert (await world.browser().post("/sign-in", {"token": await world.link()})).status == 303
    world.clock.turn(WINDOW_SECONDS)
    assert (await stranger.post("/sign-in", {"token": await world.link()})).status == 303


async def test_addresses_do_not_fill_the_memory(world: ConsoleWorld) -> None:
    """The oldest is forgotten."""
    failures = FailureCount(world.clock)
    for number in range(ADDRESSES_MAX + 5):
        failures.note(str(number))
    assert len(failures._addresses) == ADDRESSES_MAX


async def test_a_base_url_with_https_makes_the_cookie_secure(tmp_path: Path) -> None:
    """Behind a proxy that brings TLS the request itself is plain."""
    database = Database(sqlite_url(tmp_path / "engine.db"))
    upgrade(database.engine, "engine")
    world = ConsoleWorld(database, base_url="https://provisor.example.org")
    page = await world.browser()._call(
        "POST", "/sign-in", f"token={await world.link()}".encode(), {"origin": "https://provisor.example.org"}
    )
    await database.close()
    assert page.status == 303
    assert "secure" in page.cookies[0].lower()
