"""Wiring of the web process: the SCIM endpoint, the console and what watches the process, in one application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.routing import Route

from provisor.bootstrap.home import Home
from provisor.bootstrap.scim import open_scim
from provisor.console.app import create_console_routes
from provisor.server.app import ScimApp
from provisor.server.monitoring import Check, monitoring_routes
from provisor.server.mounting import Asgi, ScimRoute, scim_first, scim_site
from provisor.server.operating.metrics import Read
from provisor.store.database import Database
from provisor.store.migrating import is_current


@contextlib.asynccontextmanager
async def open_web(
    home: Home, base_url: str, stopping: asyncio.Event, *, notice: str = "", trusted_proxy: str | None = None
) -> AsyncIterator[Asgi]:
    """Everything that `serve` answers; event streams end when `stopping` is set, and pages open with `notice`."""
    async with open_scim(home, base_url, trusted_proxy) as scim:
        site = Starlette(
            routes=[
                ScimRoute(scim),
                *monitoring(home, scim, ("engine", "scim")),
                *create_console_routes(
                    applications=home.applications,
                    records=home.records,
                    work=home.work,
                    sessions=home.sessions,
                    clock=home.clock,
                    base_url=base_url,
                    notice=notice,
                    stopping=stopping,
                ),
            ]
        )
        yield scim_first(scim, site)


@contextlib.asynccontextmanager
async def open_scim_site(home: Home, base_url: str | None, trusted_proxy: str | None = None) -> AsyncIterator[Asgi]:
    """The SCIM endpoint on its own, with what watches the process."""
    async with open_scim(home, base_url, trusted_proxy) as scim:
        yield scim_site(scim, monitoring(home, scim, ("scim",)))


def monitoring(home: Home, scim: ScimApp, services: Sequence[str]) -> Sequence[Route]:
    """`/healthz`, `/readyz` and `/metrics` of a process that works with some services' databases."""
    checks = [check for service in services for check in _checks(home.database(service), service)]
    for service in services:
        database = home.database(service)
        scim.metrics.watch(f"{service}_writes_waiting", f"Writes that wait, {service} database.", _waiting(database))
    return monitoring_routes(checks, scim.metrics, scim.tokens, scim.proxies)


def _checks(database: Database, service: str) -> Sequence[Check]:
    async def answers() -> None:
        await database.read(lambda connection: connection.scalar(sa.text("SELECT 1")))

    async def is_migrated() -> None:
        if not await asyncio.to_thread(is_current, database.engine, service):
            raise OSError("other tables than this version's")

    async def writes() -> None:
        if not database.is_writing:
            raise OSError("the writer has ended")

    return (
        Check(f"{service}-database", "The database does not answer.", answers),
        Check(f"{service}-tables", "The tables are not those of this version.", is_migrated),
        Check(f"{service}-writer", "Nothing can be written.", writes),
    )


def _waiting(database: Database) -> Read:
    async def read() -> float:
        return database.waiting

    return read
