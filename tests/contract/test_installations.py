"""Installing accounts, rotating keys, revoking: on both databases, and once over real HTTP from end to end."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from emulated_desk import KEY, Desk, InProcessHttp, TurnedClock, new_database, open_desk
from provisor.connectors.clock import SystemClock
from provisor.connectors.http.client import GuardedHttpClient
from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.installation import BACKEND, Installations, account_host
from provisor.freshservice.installed_backend import InstalledBackends
from provisor.freshservice.people import ENTERPRISE, FRESHSERVICE
from provisor.freshservice.rest_faults import KeyRefused
from provisor.gallery import __file__ as gallery_file
from provisor.model.errors import Conflict, NotFound, Reject
from provisor.ports.resources import Query
from provisor.scim.registry import read_schema, user_type
from provisor.server.app import ENDPOINTS, create_scim_app
from provisor.server.operating.masking import Masking
from provisor.server.operating.metrics import Metrics
from provisor.store.database import Database, sqlite_url
from provisor.store.installations import DatabaseInstallations
from provisor.store.migrating import upgrade
from provisor.store.people_index import DatabasePeopleIndex
from provisor.store.request_log import SqlRequestLog
from provisor.store.secret_box import AesSecretBox
from provisor.store.tokens import DatabaseTokenStore
from provisor.store.webhooks import SqlWebhooks

DOMAIN = "127.0.0.1:8081"
NEW_KEY = "another-api-key-for-tests"
EXTENSION_FILE = Path(gallery_file).parent / "schemas" / "freshservice-user.json"
USERS = user_type([read_schema(msgspec.json.decode(EXTENSION_FILE.read_bytes()))])


class House:
    """The stores of one database, and an account to install."""

    def __init__(self, database: Database, http: Any, clock: Any) -> None:
        self.store = DatabaseInstallations(database)
        self.people = DatabasePeopleIndex(database)
        self.tokens = DatabaseTokenStore(database, clock)
        self.installations = Installations(
            store=self.store,
            people=self.people,
            tokens=self.tokens,
            secret_box=AesSecretBox(b"k" * 32),
            http=http,
            clock=clock,
            new_id=lambda: str(uuid.uuid4()),
        )
        self.backends = InstalledBackends(self.installations, self.people, clock, USERS)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An emulated account."""
    database = new_database(sqlite_url(tmp_path / "emulator.db"))
    yield await open_desk(database, TurnedClock())
    await database.close()


@pytest.fixture
async def house(database: Database, desk: Desk) -> AsyncIterator[House]:
    """Our side, empty."""
    house = House(database, InProcessHttp(desk.emulator.app), desk.clock)
    yield house
    await house.backends.close()


async def install(house: House, **settings: Any) -> Any:
    """Install the account."""
    return await house.installations.install(DOMAIN, KEY, base_url="http://localhost:8080/", settings=settings)


async def test_installing_gives_a_tenant_url_and_a_token(house: House) -> None:
    """The token opens exactly this installation, and neither key nor token stands anywhere in clear."""
    installed = await install(house)
    assert installed.tenant_url == "http://localhost:8080/scim/v2"
    grant = await house.tokens.find(installed.token)
    assert grant is not None
    assert (grant.tenant, grant.backend) == (installed.installation.id, BACKEND)
    assert installed.installation.owner == "Desk Administrator <desk.admin@freshservice.example>"
    assert installed.warnings == ()
    sealed = await house.store.sealed_key(installed.installation.id)
    assert sealed is not None
    assert KEY.encode() not in sealed
    assert installed.token not in repr(installed)
    assert KEY not in repr(await house.installations.open_account(installed.installation))
    assert await house.installations.list() == [installed.installation]


async def test_a_wrong_key_stores_nothing(house: House) -> None:
    """The key is asked about before anything is kept, and the error does not repeat it."""
    with pytest.raises(KeyRefused) as caught:
        await house.installations.install(DOMAIN, "wrong-key-wrong-key", base_url="http://x")
    assert "wrong-key" not in str(caught.value)
    for domain, key, settings in ((DOMAIN, " ", {}), ("evil.example", KEY, {}), (DOMAIN, KEY, {"colour": 1})):
        with pytest.raises(Reject):
            await house.installations.install(domain, key, base_url="http://x", settings=settings)
    assert await house.installations.list() == []
    assert await house.tokens.list() == []


async def test_an_account_is_installed_once(house: House, desk: Desk) -> None:
    """A second installation of the same account is a conflict; after revoking there may be a new one."""
    first = await install(house)
    with pytest.raises(Conflict, match="installed already"):
        await install(house)
    await house.installations.revoke(f"http://{DOMAIN}/")
    desk.clock.turn(1)
    second = await install(house)
    assert second.installation.id != first.installation.id
    assert [one.is_active for one in await house.installations.list()] == [False, True]


async def test_rotating_the_key_keeps_the_token(house: House, desk: Desk) -> None:
    """After a new key the same bearer token goes on at once, also in a backend that was open before."""
    installed = await install(house)
    backend = house.backends.backend(installed.installation.id)
    assert (await backend.query("User", Query())).total == 1
    await desk.emulator.ensure_key(NEW_KEY)
    desk.emulator.state.revoke_key(KEY)
    changed, warnings = await house.installations.rotate_key(installed.installation.id, NEW_KEY)
    assert changed.key_changed is not None
    assert not warnings
    user = {"userName": "ada@contoso.example", "name": {"givenName": "Ada"}}
    made = await backend.create("User", user)
    assert (await backend.get("User", made["id"]))["userName"] == "ada@contoso.example"
    assert await house.tokens.find(installed.token) is not None


async def test_revoking_ends_token_key_and_index(house: House, desk: Desk) -> None:
    """Nothing of the installation works or is kept afterwards; the desk keeps its people."""
    installed = await install(house)
    backend = house.backends.backend(installed.installation.id)
    made = await backend.create("User", {"userName": "ada@contoso.example", "name": {"givenName": "Ada"}})
    await house.installations.revoke(installed.installation.id)
    assert await house.tokens.find(installed.token) is None
    assert await house.store.sealed_key(installed.installation.id) is None
    assert await house.people.count(installed.installation.id) == 0
    with pytest.raises(NotFound):
        await backend.get("User", made["id"])
    with pytest.raises(NotFound):
        await house.installations.get(DOMAIN)
    assert desk.emulator.state.tables["people"][int(made["id"])]["active"] is True


async def test_settings_hold_from_the_next_request(house: House) -> None:
    """A changed setting reaches an open backend; wrong ones are refused with every fault."""
    installed = await install(house, department_policy="ignore")
    backend = house.backends.backend(installed.installation.id)
    user = {"userName": "a@contoso.example", "name": {"givenName": "A"}, ENTERPRISE: {"department": "Lab"}}
    await backend.create("User", user)
    await house.installations.change_settings(DOMAIN, {"department_policy": "fail"})
    with pytest.raises(Reject, match="Lab"):
        await backend.create("User", user | {"userName": "b@contoso.example"})
    with pytest.raises(Reject) as caught:
        BridgeSettings.from_values({"colour": "red", "demote_agents": "yes", "department_policy": "perhaps"})
    assert len(caught.value.reasons) == 3


async def test_a_day_pass_key_is_warned_about(house: House, desk: Desk) -> None:
    """A key of an occasional agent is taken with a warning."""
    owner = desk.emulator.state.email_owner("desk.admin@freshservice.example")
    assert owner is not None
    await desk.call("PUT", f"/agents/{owner['id']}", {"occasional": True})
    assert "full-time" in (await install(house)).warnings[0]


def test_domains_are_normalised() -> None:
    """However the domain is typed, one account has one name."""
    assert account_host("https://Acme.Freshservice.com/") == account_host("acme.freshservice.com")


# ---------------------------------------------------------------- over real HTTP


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[int]:
    """A free port where the application is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = Server(app, port=port, interface=Interfaces.ASGI, websockets=False, log_level=LogLevels.error)
    task = asyncio.create_task(server.serve())
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            break
    yield port
    server.stop()
    await task


async def test_from_the_scim_client_to_the_desk_over_http(tmp_path: Path, desk: Desk) -> None:
    """A SCIM client with the token creates, finds, changes and disables somebody at the desk, all over sockets."""
    database = new_database(sqlite_url(tmp_path / "scim.db"))
    upgrade(database.engine, "scim")
    http = GuardedHttpClient()
    house = House(database, http, SystemClock())
    app = create_scim_app(
        tokens=house.tokens,
        backend_for=lambda grant, _journal: house.backends.backend(grant.tenant),
        types_for=lambda _grant: {"User": USERS},
        clock=SystemClock(),
        request_log=SqlRequestLog(database),
        masking=Masking([USERS]),
        metrics=Metrics(["Users", *ENDPOINTS]),
        has_hearers=SqlWebhooks(database).has_hearers,
        wake=lambda: None,
    )
    async with serving(desk.emulator.app) as desk_port, serving(app) as scim_port:
        installed = await house.installations.install(f"127.0.0.1:{desk_port}", KEY, base_url="http://x")
        headers = {"Authorization": f"Bearer {installed.token}", "Content-Type": "application/scim+json"}

        async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            content = msgspec.json.encode(body) if body is not None else None
            url = f"http://127.0.0.1:{scim_port}{path}"
            answer = await http.request(method, url, headers=headers, body=content)
            return answer.status, msgspec.json.decode(answer.body) if answer.body else None

        user = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE, FRESHSERVICE],
            "userName": "ada@contoso.example",
            "name": {"givenName": "Ada", "familyName": "Lindqvist"},
            "emails": [{"type": "work", "value": "ada@contoso.example", "primary": True}],
            "locale": "sv-SE",
            "timezone": "Europe/Stockholm",
            ENTERPRISE: {"department": "Finance"},
            FRESHSERVICE: {"isAgent": "True", "employee_id": "E-1"},
        }
        status, made = await ask("POST", "/Users", user)
        assert status == 201, made
        stored = desk.emulator.state.tables["people"][int(made["id"])]
        assert (stored["is_agent"], stored["time_zone"], stored["custom_fields"]["employee_id"]) == (
            True, "Stockholm", "E-1",
        )  # fmt: skip
        status, found = await ask("GET", "/Users?filter=userName%20eq%20%22ADA%40contoso.example%22")
        assert (status, found["totalResults"]) == (200, 1)
        assert found["Resources"][0][FRESHSERVICE] == {"isAgent": "True", "employee_id": "E-1"}
        patch = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [
                {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "ada.l@contoso.example"},
                {"op": "Replace", "path": "active", "value": "False"},
            ],
        }
        status, changed = await ask("PATCH", f"/Users/{made['id']}", patch)
        assert (status, changed["active"]) == (200, False)
        stored = desk.emulator.state.tables["people"][int(made["id"])]
        assert (stored["active"], stored["primary_email"]) == (False, "ada.l@contoso.example")
        status, clash = await ask(
            "POST", "/Users", user | {"userName": "desk.admin@freshservice.example", "emails": []}
        )
        assert (status, clash["scimType"]) == (409, "uniqueness")
        assert (await ask("GET", "/Groups"))[0] == 404
        assert (await ask("DELETE", f"/Users/{made['id']}"))[0] == 204
    await house.backends.close()
    await http.close()
    await database.close()
