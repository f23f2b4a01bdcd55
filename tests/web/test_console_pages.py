"""The console's pages: what they show, to whom, and that nothing that was stored can run in them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from console_world import START, Browser, ConsoleWorld

from provisor.model.job import Counts, CycleKind, CycleState, Outlook, Quarantine
from provisor.model.log import ModifiedProperty, Step, StepStatus, StepType
from provisor.store.database import Database, sqlite_url
from provisor.store.migrating import upgrade

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ConsoleWorld]:
    database = Database(sqlite_url(tmp_path / "engine.db"))
    upgrade(database.engine, "engine")
    yield ConsoleWorld(database, notice="This desk is an emulator.")
    await database.close()


@pytest.fixture
async def browser(world: ConsoleWorld) -> Browser:
    return await world.signed_in()


class Outline(HTMLParser):
    """What a page is made of: its tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def people_of(text: str) -> list[str]:
    """The names in the log's table, in order."""
    return re.findall(r'<td><a href="/log/[^"]+">([^<]*)</a></td>', text)


async def test_every_answer_carries_the_policy(world: ConsoleWorld, browser: Browser) -> None:
    """Pages, refusals, redirects, streams and assets alike; pages are never stored."""
    pages = [
        await browser.get("/"),
        await browser.get("/log/none"),
        await browser.head("/events"),
        await browser.get("/static/console.js"),
        await browser.get("/static/none.css"),
        await world.browser().get("/"),
        await world.browser().get(f"/sign-in?token={await world.link()}"),
        await browser.post("/sign-in", {"token": "x"}),
        await browser.post("/sign-in", {"token": await world.link()}),
    ]
    assert [page.status for page in pages] == [200, 404, 200, 200, 404, 401, 200, 401, 303]
    for page in pages:
        assert page.headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
    for page in [page for page in pages if page is not pages[3]]:
        assert page.headers["cache-control"] == "no-store"


async def test_a_page_needs_nothing_from_elsewhere_and_nothing_inline(world: ConsoleWorld, browser: Browser) -> None:
    """Every asset is ours and there; the policy would block anything inline."""
    app_id = await world.add_app()
    entry = await world.add_entry(app_id, "Ada")
    found: set[str] = set()
    for target in ("/", f"/log/{entry.id}"):
        for tag, attributes in Outline((await browser.get(target)).text).tags:
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            if tag in ("script", "img"):
                found.add(attributes["src"] or "")
            if tag == "link":
                found.add(attributes["href"] or "")
    assert {address.partition("?")[0] for address in found} == {
        "/static/console.css",
        "/static/console.js",
        "/static/icon.svg",
    }
    for address in found:
        page = await world.browser().get(address)
        assert (page.status, "immutable" in page.headers["cache-control"]) == (200, True)


async def test_an_empty_installation_says_what_to_do(browser: Browser) -> None:
    """And the notice is on top."""
    page = await browser.get("/")
    assert "No application yet" in page.text
    assert "provisor app create --template" in page.text
    assert "This desk is an emulator." in page.text


async def test_each_state_of_an_application_has_its_next_step(world: ConsoleWorld, browser: Browser) -> None:
    """Commands quote names so that they can be pasted."""
    await world.add_app("New & Shiny", is_configured=False)
    configured = await world.add_app("It's ready")
    page = await browser.get("/")
    assert "Not configured" in page.text
    assert "provisor credentials set &#39;New &amp; Shiny&#39; --url" in page.text
    assert "Not run yet" in page.text
    assert "provisor run " in page.text
    await world.applications.close_cycle(configured, START, START, Outlook())
    world.clock.turn(60)
    assert "provisor start " in (await browser.get("/")).text
    quarantine = Quarantine("r", "Unauthorized", "The token was refused.", START, 0, START + timedelta(hours=6))
    await world.applications.close_cycle(configured, START, START, Outlook(1, quarantine.next_attempt, quarantine))
    world.clock.turn(60)
    text = (await browser.get("/")).text
    assert "In quarantine" in text
    assert "The token was refused." in text


async def test_the_last_cycle_and_what_waits_are_shown(world: ConsoleWorld, browser: Browser) -> None:
    """Counts, requests and time; held removals and failures with the command to look at them."""
    app_id = await world.add_app("Contoso Desk")
    counts = Counts(created=287, skipped=9, failed=1, held=2)
    await world.add_cycle(
        app_id,
        state=CycleState.ENTRY_ERRORS,
        ended=START + timedelta(seconds=40),
        counts=counts,
        requests=301,
        message="2 removals are held.",
    )
    await world.applications.advance_watermark(app_id, "7", 0)
    await world.applications.close_cycle(app_id, START, START + timedelta(seconds=40), Outlook())
    await world.applications.set_settings(app_id, is_scheduled=True)
    await world.add_failing(app_id, "Eve")
    await world.add_held(app_id, "Chen")
    await world.add_held(app_id, "Boris")
    world.clock.turn(100)
    text = (await browser.get("/")).text
    assert "<dt>created</dt><dd>287</dd>" in text
    assert "took 40 seconds, 301 requests" in text
    assert "1 minute ago" in text
    assert "in 39 minutes, or as soon as the directory changes" in text
    assert "2 removals wait for a decision" in text
    assert "provisor deletes &#39;Contoso Desk&#39; list" in text
    assert "1 person fails" in text
    assert "provisor escrow &#39;Contoso Desk&#39; list" in text
    assert "2 removals are held." in text


async def test_a_running_cycle_is_shown_without_any_script(world: ConsoleWorld, browser: Browser) -> None:
    """Done of total, phase, rate and time left stand in the page itself."""
    app_id = await world.add_app()
    await world.add_cycle(app_id, kind=CycleKind.INITIAL, phase="people", done=100, total=300, requests=101)
    world.clock.turn(10)
    text = (await browser.get("/")).text
    assert '<progress value="100" max="300"' in text
    assert "Working people, managers first" in text
    assert "10 people per second" in text
    assert "20 seconds left" in text


async def test_hostile_names_are_text(world: ConsoleWorld, browser: Browser) -> None:
    """Whatever stands in a directory, an application's name or a target's answer, it is shown and never run."""
    app_id = await world.add_app(HOSTILE)
    entry = await world.add_entry(
        app_id,
        HOSTILE,
        id="hostile",
        status=StepStatus.FAILURE,
        error_code=HOSTILE,
        reason=HOSTILE,
        source_id=HOSTILE,
        target_id=HOSTILE,
        cycle_id=HOSTILE,
        steps=(Step(HOSTILE, StepType.IMPORT, StepStatus.FAILURE, HOSTILE, {HOSTILE: HOSTILE}),),
        modified=(ModifiedProperty(HOSTILE, HOSTILE, HOSTILE),),
    )
    await world.add_cycle(app_id, state=CycleState.FAILED, ended=START, message=HOSTILE)
    for target in ("/", f"/log/{entry.id}", "/?person=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"):
        page = await browser.get(target)
        assert page.status == 200
        outline = Outline(page.text).tags
        scripts = [attributes.get("src") or "" for tag, attributes in outline if tag == "script"]
        assert [script.partition("?")[0] for script in scripts] == ["/static/console.js"]
        assert not [attributes for _, attributes in outline if "onerror" in attributes]
        assert "<script>alert" not in page.text
        assert "onerror=alert(2)&gt;49" not in page.text


async def test_the_log_hides_skipped_unless_asked(world: ConsoleWorld, browser: Browser) -> None:
    """A visible switch brings them back; so does asking for them by status."""
    app_id = await world.add_app()
    await world.add_entry(app_id, "Ada")
    await world.add_entry(app_id, "Eve", status=StepStatus.SKIPPED, action="other")
    assert people_of((await browser.get("/")).text) == ["Ada"]
    assert "Show skipped" in (await browser.get("/")).text
    assert people_of((await browser.get("/?skipped=show")).text) == ["Eve", "Ada"]
    assert people_of((await browser.get("/?status=skipped")).text) == ["Eve"]


async def test_the_log_is_filtered(world: ConsoleWorld, browser: Browser) -> None:
    """By person, ids, status, action, cycle, date and application, one or several at once."""
    desk, other = await world.add_app("Desk"), await world.add_app("Other")
    await world.add_entry(desk, "Old Ada", at=START - timedelta(days=20), cycle_id="c-old")
    await world.add_entry(
        desk, "Ada", source_id="s-ada", target_id="t-ada", cycle_id="c-1", at=START - timedelta(days=2)
    )
    await world.add_entry(desk, "Boris", action="update", cycle_id="c-2")
    await world.add_entry(desk, "Chen 100%", action="disable", status=StepStatus.FAILURE, cycle_id="c-2")
    await world.add_entry(other, "Dana", cycle_id="c-3")
    for query, expected in {
        "": ["Dana", "Chen 100%", "Boris", "Ada"],
        "since=all": ["Dana", "Chen 100%", "Boris", "Ada", "Old Ada"],
        "since=30d&person=ADA": ["Ada", "Old Ada"],
        "since=24h": ["Dana", "Chen 100%", "Boris"],
        "person=%25": ["Chen 100%"],
        "person=s-ada": ["Ada"],
        "person=t-ada": ["Ada"],
        "status=failure": ["Chen 100%"],
        "action=update": ["Boris"],
        "cycle=c-2": ["Chen 100%", "Boris"],
        f"app={other}": ["Dana"],
        "action=create&person=boris": [],
        "status=nonsense&action=%00&since=never&page=-1&app=nobody": ["Dana", "Chen 100%", "Boris", "Ada"],
        "person=%00&cycle=%00": ["Dana", "Chen 100%", "Boris", "Ada"],
    }.items():
        page = await browser.get(f"/?{query}")
        assert people_of(page.text) == expected, query
    assert "No entry fits this filter" in (await browser.get("/?person=nobody")).text


async def test_what_was_asked_for_stays_in_the_form(world: ConsoleWorld, browser: Browser) -> None:
    """And in the links to other pages."""
    app_id = await world.add_app()
    for number in range(51):
        await world.add_entry(app_id, f"Ada {number}")
    text = (await browser.get("/?person=ada&status=success&since=24h")).text
    assert 'name="person" value="ada"' in text
    assert '<option value="success" selected>' in text
    assert '<option value="24h" selected>' in text
    assert 'href="/?status=success&amp;person=ada&amp;since=24h&amp;page=2#log"' in text


async def test_the_log_is_shown_in_pages(world: ConsoleWorld, browser: Browser) -> None:
    """Newest first; every entry stands on exactly one page."""
    app_id = await world.add_app()
    for number in range(120):
        await world.add_entry(app_id, f"P{number}")
    pages = [people_of((await browser.get(f"/?page={number}")).text) for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [50, 50, 20, 0]
    assert [name for page in pages for name in page] == [f"P{number}" for number in range(119, -1, -1)]
    assert "There are no more entries" in (await browser.get("/?page=4")).text


async def test_an_entry_shows_its_steps_and_modified_properties(world: ConsoleWorld, browser: Browser) -> None:
    """With its ids, and the way back."""
    app_id = await world.add_app("Contoso Desk")
    entry = await world.add_entry(
        app_id, "Ada", cycle_id="c/1 ?", modified=(ModifiedProperty("department", "Sales", "Engineering"),)
    )
    page = await browser.get(f"/log/{entry.id}")
    for text in ("EntryImport", "EntryExportAdd", "Ada was read", "Sales", "Engineering", "640 ms", "Contoso Desk"):
        assert text in page.text
    assert "cycle=c%2F1+%3F" in page.text or "cycle=c/1%20%3F" in page.text
    missing = await browser.get("/log/nobody")
    assert (missing.status, "no log entry" in missing.text) == (404, True)


@pytest.mark.parametrize("role", ["reports-reader", "global-reader"])
async def test_readers_read_and_are_shown_no_commands_that_change(world: ConsoleWorld, role: str) -> None:
    """They see status and log."""
    app_id = await world.add_app("Desk")
    await world.add_entry(app_id, "Ada")
    text = (await (await world.signed_in(role)).get("/")).text
    assert people_of(text) == ["Ada"]
    assert "provisor run" not in text


async def test_an_owner_sees_only_what_they_own(world: ConsoleWorld) -> None:
    """As long as ownership is not recorded, that is nothing."""
    app_id = await world.add_app("Desk")
    entry = await world.add_entry(app_id, "Ada")
    owner = await world.signed_in("application-owner")
    text = (await owner.get("/")).text
    assert "Desk" not in text
    assert people_of(text) == []
    assert (await owner.get(f"/log/{entry.id}")).status == 404
