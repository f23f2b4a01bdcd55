"""Wiring of the web process: the SCIM endpoint, the console and the health checks, in one application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

import sqlalchemy as sa
from starlette.applications import Starlette

from provisor.bootstrap.desk import desk_user_type, installed_backends
from provisor.bootstrap.home import Home
from provisor.console.app import create_console_routes
from provisor.freshservice.installation import BACKEND
from provisor.ports.resources import ResourceBackend
from provisor.ports.tokens import TokenGrant
from provisor.scim.schema import ResourceType
from provisor.server.app import ScimApp, create_scim_app
from provisor.server.health import Check, health_routes
from provisor.server.mounting import ENDPOINT, ScimRoute
from provisor.store.resources import EmbeddedResources


@contextlib.asynccontextmanager
async def open_scim(home: Home, base_url: str | None) -> AsyncIterator[ScimApp]:
    """The SCIM endpoint for every tenant: installations by their bridge, applications by the embedded store."""
    backends = installed_backends(home)
    embedded = EmbeddedResources(home.database("scim"), home.clock)
    desk_types: Mapping[str, ResourceType] = {"User": desk_user_type()}
    own_types = home.resource_types

    def backend_for(grant: TokenGrant) -> ResourceBackend:
        if grant.backend == BACKEND:
            return backends.backend(grant.tenant)
        return embedded.backend(grant.tenant, own_types)

    def types_for(grant: TokenGrant) -> Mapping[str, ResourceType]:
        return desk_types if grant.backend == BACKEND else own_types

    endpoint = f"{base_url.rstrip('/')}{ENDPOINT}" if base_url else None
    try:
        yield create_scim_app(
            tokens=home.tokens, backend_for=backend_for, types_for=types_for, clock=home.clock, base_url=endpoint
        )
    finally:
        await backends.close()


@contextlib.asynccontextmanager
async def open_web(home: Home, base_url: str, stopping: asyncio.Event, notice: str = "") -> AsyncIterator[Starlette]:
    """Everything that `serve` answers; event streams end when `stopping` is set, and pages open with `notice`."""
    async with open_scim(home, base_url) as scim:
        yield Starlette(
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


def _database_check(home: Home, service: str) -> Check:
    async def check() -> None:
        try:
            await home.database(service).read(lambda connection: connection.scalar(sa.text("SELECT 1")))
        except sa.exc.SQLAlchemyError as error:
            raise OSError(str(error)) from error

    return check
