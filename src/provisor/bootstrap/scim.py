"""Wiring of the SCIM endpoint: whose resources lie where, what is kept of a request, and what goes on beside it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import structlog

from provisor.bootstrap.desk import desk_user_type, installed_backends
from provisor.bootstrap.home import Home, is_alive, process_name
from provisor.bootstrap.housekeeping import prune_requests
from provisor.freshservice.installation import BACKEND
from provisor.ports.changes import Journal
from provisor.ports.resources import JsonObject, ResourceBackend
from provisor.ports.tokens import TokenGrant
from provisor.ports.webhooks import Outcome
from provisor.scim.schema import ResourceType
from provisor.server.app import ENDPOINTS, ScimApp, create_scim_app
from provisor.server.caller import USER
from provisor.server.journaled_backend import JournaledBackend
from provisor.server.mounting import ENDPOINT
from provisor.server.operating.client_address import read_networks
from provisor.server.operating.delivering import Deliverer
from provisor.server.operating.masking import Masking
from provisor.server.operating.metrics import Metrics
from provisor.store.change_records import SqlChangeRecords
from provisor.store.resources import EmbeddedResources

FLUSH_EVERY_SECONDS = 0.5
"""So that a crash loses at most the last second of what is kept of reads."""
FLUSH_SECONDS_MAX = 1.5
"""How long a server that stops waits for its log; all of its writes are durable already."""
PRUNE_EVERY_SECONDS = 3600.0

_log = structlog.get_logger()


@contextlib.asynccontextmanager
async def open_scim(home: Home, base_url: str | None, trusted_proxy: str | None = None) -> AsyncIterator[ScimApp]:
    """The SCIM endpoint for every tenant: installations by their bridge, applications by the embedded store."""
    backends = installed_backends(home)
    records = SqlChangeRecords(home.database("scim"), home.clock, home.webhooks)
    embedded = EmbeddedResources(home.database("scim"), home.clock, records=records)
    desk_types: Mapping[str, ResourceType] = {"User": desk_user_type()}
    own_types = home.resource_types

    def backend_for(grant: TokenGrant, journal: Journal) -> ResourceBackend:
        if grant.backend == BACKEND:
            return JournaledBackend(backends.backend(grant.tenant), records, grant.tenant, journal)
        return embedded.backend(grant.tenant, own_types, journal=journal)

    def types_for(grant: TokenGrant) -> Mapping[str, ResourceType]:
        return desk_types if grant.backend == BACKEND else own_types

    types = [*desk_types.values(), *own_types.values()]
    endpoint = f"{base_url.rstrip('/')}{ENDPOINT}" if base_url else None
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(backends.close)
        stack.callback(embedded.close)
        metrics = Metrics([*(each.endpoint.lstrip("/") for each in types), *ENDPOINTS])
        deliverer = Deliverer(
            home.webhooks,
            home.webhook_http,
            home.secret_box,
            home.clock,
            process_name(),
            is_alive,
            note=_counted(metrics),
        )
        await stack.enter_async_context(_beside(home, deliverer))
        app = create_scim_app(
            tokens=home.tokens,
            backend_for=backend_for,
            types_for=types_for,
            clock=home.clock,
            request_log=home.request_log,
            masking=Masking(types, shows_values=home.settings.request_log_values),
            metrics=metrics,
            has_hearers=home.webhooks.has_hearers,
            wake=deliverer.wake,
            proxies=read_networks(trusted_proxy),
            base_url=endpoint,
        )
        _watch(home, app)
        yield app


async def find_user(home: Home, tenant: str, user_id: str) -> JsonObject:
    """A user of the embedded store. Raises `NotFound`."""
    embedded = EmbeddedResources(home.database("scim"), home.clock)
    try:
        return await embedded.backend(tenant, home.resource_types).get(USER, user_id)
    finally:
        embedded.close()


def _counted(metrics: Metrics) -> Callable[[Outcome], None]:
    return lambda outcome: metrics.count(
        "webhook_attempts", "outcome", outcome.value.replace(" ", "_"), "Attempts to deliver an event."
    )


def _watch(home: Home, app: ScimApp) -> None:
    """Numbers that are asked for when somebody wants to see them."""

    async def rows_waiting() -> float:
        return home.request_log.waiting

    async def rows_lost() -> float:
        return home.request_log.lost + app.journals.skipped

    async def events_waiting() -> float:
        return sum((await home.webhooks.waiting_counts()).values())

    app.metrics.watch("request_log_rows_waiting", "Rows of the request log that are not stored yet.", rows_waiting)
    app.metrics.watch("request_log_rows_lost", "Requests without a row in the log.", rows_lost, is_counter=True)
    app.metrics.watch("webhook_events_waiting", "Events that wait for their receivers.", events_waiting)


@contextlib.asynccontextmanager
async def _beside(home: Home, deliverer: Deliverer) -> AsyncIterator[None]:
    """What goes on while requests are answered; at the end the log is stored."""
    await home.webhooks.refresh()
    tasks = [
        asyncio.create_task(_repeat(lambda: _flush(home), home, FLUSH_EVERY_SECONDS)),
        asyncio.create_task(_repeat(lambda: prune_requests(home), home, PRUNE_EVERY_SECONDS)),
        asyncio.create_task(_repeat(deliverer.run, home, FLUSH_EVERY_SECONDS)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_flush(home), FLUSH_SECONDS_MAX)


async def _flush(home: Home) -> None:
    await home.request_log.flush()
    await home.tokens.flush()


async def _repeat(work: Callable[[], Awaitable[object]], home: Home, seconds: float) -> None:
    """Do it again and again. What fails is told and tried again: nobody waits for it who could hear of it."""
    while True:
        try:
            await work()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the next time may be better
            _log.error("scim_upkeep_failed", reason=str(fault))
        await home.clock.sleep(seconds)
