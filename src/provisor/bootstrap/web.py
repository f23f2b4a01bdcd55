"""Wiring of the web process: the SCIM endpoint, the console and the health checks, in one application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import sqlalchemy as sa
from starlette.applications import Starlette

from provisor.bootstrap.home import Home
from provisor.bootstrap.scim import open_scim
from provisor.console.app import create_console_routes
from provisor.server.health import Check, health_routes
from provisor.server.mounting import Asgi, ScimRoute, scim_first


@contextlib.asynccontextmanager
async def open_web(
    home: Home, base_url: str, stopping: asyncio.Event, *, notice: str = "", trusted_proxy: str | None = None
) -> AsyncIterator[Asgi]:
    """Everything that `serve` answers; event streams end when `stopping` is set, and pages open with `notice`."""
    async with open_scim(home, base_url, trusted_proxy) as scim:
        site = Starlette(
            routes=[
                ScimRoute(scim),
                *health_routes({name: _database_check(home, name) for name in ("engine", "scim")}),
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


def _database_check(home: Home, service: str) -> Check:
    async def check() -> None:
        try:
            await home.database(service).read(lambda connection: connection.scalar(sa.text("SELECT 1")))
        except sa.exc.SQLAlchemyError as error:
            raise OSError(str(error)) from error

    return check
