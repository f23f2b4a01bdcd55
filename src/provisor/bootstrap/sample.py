"""The sample company, set up step by step; each step looks whether it was done, so that it may be repeated."""

import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from provisor.bootstrap.desk import installations
from provisor.bootstrap.home import Home, new_id
from provisor.connectors.directory.sample import assign_sample, load_sample, people_file
from provisor.freshservice.installation import BACKEND, SCIM_PATH
from provisor.freshservice.rest import FreshserviceApi
from provisor.gallery.templates import get_template
from provisor.model.credentials import BearerToken
from provisor.model.job import Application
from provisor.ports.directory import AppRole
from provisor.ports.installations import Installation

TEMPLATE = "freshservice"
KEY_BYTES = 24
PEOPLE_FILE = "contoso.csv"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the sample's parts are reached."""

    base_url: str
    emulator: str
    """Host and port of the emulated desk."""


async def load_company(home: Home) -> Path:
    """Put Contoso into an empty directory; returns the people file that may be edited and imported again."""
    people = home.settings.data / PEOPLE_FILE
    if not people.exists():
        people.write_bytes(people_file())
    await load_sample(home.directory, now=home.clock.now(), new_id=new_id)
    return people


async def ensure_application(home: Home) -> Application:
    """The application from the gallery, with the sample's groups assigned."""
    existing = [app for app in await home.applications.list_all() if app.template == TEMPLATE]
    app = existing[0] if existing else await home.create_application(TEMPLATE, None)
    if not await home.directory.list_assignments(app.id):
        roles = [AppRole(f"{TEMPLATE}.{role}", role, role) for role in get_template(TEMPLATE).app_roles]
        await assign_sample(home.directory, app.id, roles, now=home.clock.now(), new_id=new_id)
    return app


async def ensure_key(home: Home, make_key: Callable[[str], Awaitable[None]]) -> str:
    """An API key that the emulated desk accepts; `make_key` gives it one that was made just now."""
    desk = installations(home)
    for installation in await desk.list():
        if installation.is_active:
            sealed = await home.installations.sealed_key(installation.id)
            if sealed is not None:
                return home.secret_box.open(sealed)
    key = secrets.token_urlsafe(KEY_BYTES)
    await make_key(key)
    return key


async def ensure_connection(home: Home, app: Application, places: Places, api_key: str) -> Installation:
    """The desk installed, and its token given to the application; both follow when the ports have moved."""
    desk = installations(home)
    active = [one for one in await desk.list() if one.is_active]
    tenant_url = places.base_url + SCIM_PATH
    if active and active[0].domain == places.emulator and app.tenant_url == tenant_url and app.has_token:
        return active[0]
    if active and active[0].domain == places.emulator:
        installation = active[0]
        for grant in await home.tokens.list(installation.id):
            await home.tokens.revoke(grant.id)
        _, token = await home.tokens.create(tenant=installation.id, backend=BACKEND, name="Sample")
    else:
        for one in active:
            await desk.revoke(one.id)
        installed = await desk.install(places.emulator, api_key, base_url=places.base_url)
        installation, token = installed.installation, installed.token
    await home.set_credentials(app, tenant_url, BearerToken(token))
    return installation


@dataclass(frozen=True, slots=True)
class DeskNumbers:
    """What the desk holds, the owner of the API key left out."""

    requesters: int
    agents: int
    inactive: int


async def count_desk(home: Home, installation: Installation) -> DeskNumbers:
    """Ask the desk itself, by its own API."""
    api: FreshserviceApi = await installations(home).open_account(installation)
    owner = await api.me()
    requesters = [row async for page in api.list_requesters() for row in page]
    agents = [row async for page in api.list_agents() for row in page if row["id"] != owner["id"]]
    inactive = sum(1 for row in (*requesters, *agents) if not row["active"])
    return DeskNumbers(len(requesters), len(agents), inactive)


async def count_calls(home: Home, installation: Installation) -> int:
    """The API calls that the emulated desk has answered since it was started."""
    sealed = await home.installations.sealed_key(installation.id)
    assert sealed is not None
    basic = b64encode(f"{home.secret_box.open(sealed)}:X".encode()).decode()
    url = f"http://{installation.domain}/emulator/calls"
    answer = await home.http.request("GET", url, headers={"Authorization": f"Basic {basic}"})
    return int(msgspec.json.decode(answer.body)["total"])
