"""The console's route table, wired by hand from the ports that it reads."""

import asyncio

from starlette.routing import Route

from provisor.console.events import event_endpoint
from provisor.console.guarding import Door
from provisor.console.overview import Overview
from provisor.console.rendering import Pages
from provisor.console.signing_in import SigningIn
from provisor.console.watching import Watch
from provisor.policy.access import Action
from provisor.ports.applications import ApplicationStore
from provisor.ports.clock import Clock
from provisor.ports.records import RecordStore
from provisor.ports.sessions import SessionStore
from provisor.ports.work import WorkStore


def create_console_routes(
    *,
    applications: ApplicationStore,
    records: RecordStore,
    work: WorkStore,
    sessions: SessionStore,
    clock: Clock,
    base_url: str | None = None,
    notice: str = "",
    stopping: asyncio.Event | None = None,
) -> list[Route]:
    """All pages of the console.

    `base_url` is where others reach it, such as `https://provisor.example.org`; `notice` is a sentence for the top of
    every page; event streams end when `stopping` is set, which the server does before it waits for open requests.
    """
    pages = Pages(clock, notice)
    door = Door(sessions, clock, pages, base_url)
    watch = Watch(applications, records, work, clock)
    overview = Overview(watch, records, clock, pages)
    follow = event_endpoint(watch, overview, door, stopping or asyncio.Event())
    return [
        Route("/", door.open_to(Action.VIEW_STATUS, overview.show), methods=["GET"]),
        Route("/events", door.open_to(Action.VIEW_STATUS, follow), methods=["GET"]),
        Route("/log/{entry_id}", door.open_to(Action.VIEW_LOG, overview.show_entry), methods=["GET"]),
        *SigningIn(sessions, clock, pages, door).routes(),
        Route("/static/{name}", pages.asset, methods=["GET"]),
    ]
