"""A SCIM endpoint in process: an embedded store in a temporary file, and clients with tokens of their own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from asgi import AsgiClient, Heard

from provisor.ports.request_log import LoggedRequest, RequestQuery
from provisor.scim.patch import PATCH_SCHEMA
from provisor.scim.registry import group_type, user_type
from provisor.scim.schema import ResourceType, Schema
from provisor.server.app import ENDPOINTS, ScimApp, create_scim_app
from provisor.server.operating.client_address import Network
from provisor.server.operating.masking import Masking
from provisor.server.operating.metrics import Metrics
from provisor.store.change_records import SqlChangeRecords
from provisor.store.database import Database, sqlite_url
from provisor.store.migrating import upgrade
from provisor.store.request_log import SqlRequestLog
from provisor.store.resources import EmbeddedResources
from provisor.store.tokens import DatabaseTokenStore
from provisor.store.webhooks import SqlWebhooks

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
DESK = Schema("urn:example:params:scim:schemas:extension:desk:2.0:User", "Desk", is_open=True)


class HandClock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 18, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


@dataclass
class ScimWorld:
    """The endpoint and everything behind it."""

    app: ScimApp
    tokens: DatabaseTokenStore
    clock: HandClock
    database: Database
    log: SqlRequestLog
    webhooks: SqlWebhooks

    async def logged(self, **query: Any) -> list[LoggedRequest]:
        """The request log, oldest first."""
        await self.log.flush()
        return list(reversed(await self.log.entries(RequestQuery(limit=0, **query))))

    async def client(
        self, tenant: str = "contoso", profile: str = "default", role: str = "scim", **grant: Any
    ) -> "ScimClient":
        """A client with a new token."""
        _, token = await self.tokens.create(tenant=tenant, backend="embedded", profile=profile, role=role, **grant)
        return ScimClient(self.app, root_path="/scim/v2", headers={"authorization": f"Bearer {token}"})

    def stranger(self) -> "ScimClient":
        """A client without a token."""
        return ScimClient(self.app, root_path="/scim/v2")


class ScimClient(AsgiClient):
    """A client that knows the bodies of SCIM."""

    async def user(self, who: str = "ada", **attributes: Any) -> Any:
        """A new user."""
        body = {"schemas": [USER_SCHEMA], "userName": f"{who}@contoso.com", **attributes}
        heard = await self("POST", "/Users", body)
        assert heard.status == 201, heard
        return heard.json

    async def group(self, name: str, *ids: str) -> Any:
        """A new group."""
        members = [{"value": each} for each in ids]
        heard = await self("POST", "/Groups", {"schemas": [GROUP_SCHEMA], "displayName": name, "members": members})
        assert heard.status == 201, heard
        return heard.json

    async def patch(self, target: str, *operations: dict[str, Any], **extra: Any) -> Heard:
        """A PATCH of some operations."""
        return await self("PATCH", target, {"schemas": [PATCH_SCHEMA], "Operations": list(operations)}, **extra)

    async def found(self, target: str) -> list[Any]:
        """The resources of a list."""
        heard = await self("GET", target)
        assert heard.status == 200, heard
        return list(heard.json["Resources"])


@asynccontextmanager
async def scim_world(
    folder: Path,
    more: Mapping[str, ResourceType] = MappingProxyType({}),
    *,
    proxies: tuple[Network, ...] = (),
    shows_values: bool = True,
) -> AsyncIterator[ScimWorld]:
    """A world in a folder, with more resource types than users and groups, or others in their place."""
    database = Database(sqlite_url(folder / "scim.db"))
    upgrade(database.engine, "scim")
    clock = HandClock()
    tokens = DatabaseTokenStore(database, clock)
    log = SqlRequestLog(database)
    webhooks = SqlWebhooks(database)
    store = EmbeddedResources(database, clock, records=SqlChangeRecords(database, clock, webhooks))
    types = {"User": user_type([DESK]), "Group": group_type(), **more}
    app = create_scim_app(
        tokens=tokens,
        backend_for=lambda grant, journal: store.backend(grant.tenant, types, journal=journal),
        types_for=lambda _: types,
        clock=clock,
        request_log=log,
        metrics=Metrics([*(each.endpoint.lstrip("/") for each in types.values()), *ENDPOINTS]),
        has_hearers=webhooks.has_hearers,
        wake=lambda: None,
        masking=Masking(types.values(), shows_values=shows_values),
        proxies=proxies,
    )
    yield ScimWorld(app, tokens, clock, database, log, webhooks)
    store.close()
    await database.close()


def check_error(heard: Heard, status: int, scim_type: str | None = None) -> None:
    """A SCIM error: media type, schema, the status as text, a sentence, and the right scimType or none."""
    assert heard.status == status, heard
    assert heard.headers["content-type"] == "application/scim+json"
    body = heard.json
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(status)
    assert body["detail"]
    assert body.get("scimType") == scim_type, body
