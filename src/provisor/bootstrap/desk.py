"""Wiring of everything that knows Freshservice: installations with their bridges, and the emulator."""

from dataclasses import dataclass
from importlib.resources import files

import msgspec
from starlette.applications import Starlette

from provisor.bootstrap.home import Home, new_id
from provisor.freshservice.emulator.faults import read_faults
from provisor.freshservice.emulator.knobs import Knobs, Plan
from provisor.freshservice.emulator.serving import Emulator, open_emulator
from provisor.freshservice.installation import Installations
from provisor.freshservice.installed_backend import InstalledBackends
from provisor.model.errors import Reject
from provisor.scim.registry import read_schema, user_type
from provisor.scim.schema import ResourceType
from provisor.store.documents import Documents


def installations(home: Home) -> Installations:
    """Installs accounts, and opens them."""
    return Installations(
        store=home.installations,
        people=home.people_index,
        tokens=home.tokens,
        secret_box=home.secret_box,
        http=home.http,
        clock=home.clock,
        new_id=new_id,
    )


def installed_backends(home: Home) -> InstalledBackends:
    """The bridges of all installations."""
    return InstalledBackends(installations(home), home.people_index, home.clock, desk_user_type())


def desk_user_type() -> ResourceType:
    """Users with the enterprise extension and the desk's own."""
    file = files("provisor.gallery") / "schemas" / "freshservice-user.json"
    return user_type([read_schema(msgspec.json.decode(file.read_bytes()))])


@dataclass(frozen=True, slots=True)
class OpenEmulator:
    """An emulated account, ready to be served."""

    emulator: Emulator

    @property
    def app(self) -> Starlette:
        """Its HTTP application."""
        return self.emulator.app

    @property
    def has_key(self) -> bool:
        """Whether an API key was made before."""
        return self.emulator.state.has_key

    async def ensure_key(self, plain: str) -> None:
        """Accept this API key. Raises `Reject` for one that is too short."""
        await self.emulator.ensure_key(plain)


async def open_emulated_desk(home: Home, plan: str, faults: bytes | None, *, is_page_open: bool) -> OpenEmulator:
    """The emulator on this data folder. Raises `Reject` for an unknown plan or a faulty faults file."""
    if plan not in set(Plan):
        raise Reject(f"There is no plan {plan!r}.", remedy=f"Use one of: {', '.join(Plan)}.")
    documents = Documents(home.database("emulator"))
    knobs = Knobs(plan=Plan(plan), is_page_open=is_page_open)
    emulator = await open_emulator(documents, knobs, home.clock, read_faults(faults) if faults else None)
    return OpenEmulator(emulator)
