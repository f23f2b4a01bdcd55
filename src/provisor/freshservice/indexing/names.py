"""The account's departments, locations and roles by name, cached in the index.

They are few, so they are held in memory too. A name that is not known makes the list be read again, at most once in a
while, before it counts as missing: somebody may have added it at the desk.
"""

import asyncio

from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.people import JsonObject, Lookups, fold
from provisor.freshservice.rest import FreshserviceApi
from provisor.model.errors import AmbiguousWrite, Conflict, Reject
from provisor.ports.clock import Clock
from provisor.ports.people_index import NameKind, PeopleIndexStore

READ_AGAIN_AFTER_SECONDS = 300.0
"""How long a missing location or role stays missing before the list is read again."""


class AccountNames:
    """Names to ids and back, for one installation."""

    def __init__(
        self,
        store: PeopleIndexStore,
        api: FreshserviceApi,
        clock: Clock,
        installation_id: str,
        settings: BridgeSettings,
    ) -> None:
        self._store, self._api, self._clock = store, api, clock
        self._installation_id, self._settings = installation_id, settings
        self._names: dict[NameKind, dict[int, str]] = {"department": {}, "location": {}, "role": {}}
        self._ids: dict[NameKind, dict[str, int]] = {"department": {}, "location": {}, "role": {}}
        self._read_at: dict[NameKind, float] = {}
        self._lock = asyncio.Lock()

    @property
    def lookups(self) -> Lookups:
        """What is known now. The mappings are live."""
        return Lookups(
            departments=self._ids["department"],
            department_names=self._names["department"],
            locations=self._ids["location"],
            location_names=self._names["location"],
        )

    async def restore(self) -> None:
        """Take what the index holds."""
        kinds: tuple[NameKind, ...] = ("department", "location", "role")
        for kind in kinds:
            self._remember(kind, dict(await self._store.names(self._installation_id, kind)))

    async def load(self, kind: NameKind) -> None:
        """Read one list from the account."""
        lists = {
            "department": self._api.list_departments,
            "location": self._api.list_locations,
            "role": self._api.list_roles,
        }
        names = {int(row["id"]): str(row["name"]) async for page in lists[kind]() for row in page}
        await self._store.put_names(self._installation_id, kind, names, is_complete=True)
        self._remember(kind, names)
        self._read_at[kind] = self._clock.monotonic()

    async def ensure_department(self, name: str, person: str) -> None:
        """See to it that the department is known, or left alone, as the policy says.

        Raises `Reject` naming `person` under the policy `fail`.
        """
        if fold(name) in self._ids["department"]:
            return
        async with self._lock:
            if fold(name) in self._ids["department"]:
                return
            if self._settings.department_policy == "create":
                await self._create_department(name)
                return
            await self._load_where_due("department")
        if self._settings.department_policy == "fail" and fold(name) not in self._ids["department"]:
            raise Reject(
                f"{person}: Freshservice has no department {name!r}.",
                remedy="Create it there, correct the value at the source, or set the department policy to create.",
                code="invalidValue",
            )

    async def ensure_location(self, name: str) -> None:
        """Read the locations where this one is not known; an unknown one is left alone."""
        if fold(name) not in self._ids["location"]:
            async with self._lock:
                await self._load_where_due("location")

    async def agent_roles(self) -> list[JsonObject]:
        """The roles of a new agent. Raises `Reject` when the account lacks the one that the settings name."""
        role = fold(self._settings.agent_role)
        if role not in self._ids["role"]:
            async with self._lock:
                await self._load_where_due("role")
        if role not in self._ids["role"]:
            raise Reject(
                f"Freshservice has no role {self._settings.agent_role!r}, which new agents would get.",
                remedy="Name an existing role in the setting agent_role.",
                code="invalidValue",
            )
        return [{"role_id": self._ids["role"][role], "assignment_scope": "entire_helpdesk", "groups": []}]

    async def _create_department(self, name: str) -> None:
        try:
            made = await self._api.create_department(name.strip())
        except (AmbiguousWrite, Conflict):  # made at the desk since we read the list, or by us just now
            await self.load("department")
            if fold(name) not in self._ids["department"]:
                raise
            return
        number = int(made["id"])
        await self._store.put_names(self._installation_id, "department", {number: name.strip()})
        self._names["department"][number] = name.strip()
        self._ids["department"][fold(name)] = number

    async def _load_where_due(self, kind: NameKind) -> None:
        read_at = self._read_at.get(kind)
        if read_at is None or self._clock.monotonic() - read_at > READ_AGAIN_AFTER_SECONDS:
            await self.load(kind)

    def _remember(self, kind: NameKind, names: dict[int, str]) -> None:
        self._names[kind] = names
        self._ids[kind] = {fold(name): number for number, name in sorted(names.items(), reverse=True)}
