"""What a check works with: the line to the server, resources of its own, and a cast of users that all checks share.

Everything that a check makes is taken away when it ends. The cast stays until the end of the run and is only read.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from provisor.connectors.scim.check.announced import GROUPS, USERS, Announced
from provisor.connectors.scim.check.belongings import Belongings, path_of
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import Blocked, NotApplicable, Wrong, expect_list, expect_resource
from provisor.connectors.scim.check.line import Line
from provisor.connectors.scim.check.sample import Samples, enterprise
from provisor.scim.messages import SEARCH_SCHEMA
from provisor.scim.patch import PATCH_SCHEMA

Resource = dict[str, Any]
VALUE_SAFE = "-._~"
NAMED = ("ada", "boris", "chen", "dana", "frank")
EXTRAS = 7
"""With the named ones twelve, for pages: a gallery's test of pages wants eleven and more."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Users that are there for reading. Ada and Boris are engineers, Chen is disabled, Dana has an odd name.

    Ada has a work and a home address, and Frank as her manager where there is an enterprise extension.
    """

    ada: Resource
    boris: Resource
    chen: Resource
    dana: Resource
    frank: Resource
    extras: tuple[Resource, ...]

    @property
    def all(self) -> tuple[Resource, ...]:
        """Everybody."""
        return (self.ada, self.boris, self.chen, self.dana, self.frank, *self.extras)


@dataclass(slots=True)
class Stage:
    """What the scenes of one run share."""

    line: Line
    announced: Announced
    belongings: Belongings
    samples: Samples
    is_reading: bool = False
    """Nothing may be written."""
    cast: Cast | Blocked | None = None
    casting: asyncio.Lock = field(default_factory=asyncio.Lock)


class Scene:
    """One check's own view of the server. `exchanges` holds what was asked and answered, in order."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.announced = stage.announced
        self.samples = stage.samples
        self.belongings = stage.belongings
        self.exchanges: list[Exchange] = []
        self.made: list[str] = []

    @property
    def token(self) -> str | None:
        """The token that the check was given."""
        return self._stage.line.token

    @property
    def is_reading(self) -> bool:
        """Whether nothing may be written."""
        return self._stage.is_reading

    @property
    def base_url(self) -> str:
        """The server's URL."""
        return self._stage.line.tenant.base

    # ------------------------------------------------------------ requests

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: str = "",
        headers: Mapping[str, str | None] | None = None,
        with_user_agent: bool = True,
        is_patient: bool = True,
    ) -> Exchange:
        """One request; `body` is JSON, or bytes as they are. `query` is percent-encoded already.

        `is_patient`: where the server asks to wait, the request is sent again later.
        """
        is_query = path.endswith("/.search")
        if self._stage.is_reading and method != "GET" and not is_query:
            raise NotApplicable("it would have to write")
        if not is_query:
            self.belongings.check(method, path, body)
        data = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        exchange = await self._stage.line.send(
            method,
            path,
            query=query,
            headers=headers,
            body=data,
            with_user_agent=with_user_agent,
            is_patient=is_patient,
        )
        self.exchanges.append(exchange)
        self.made += self.belongings.note(method, path, exchange)
        return exchange

    async def get(self, path: str, *, headers: Mapping[str, str | None] | None = None, **parameters: Any) -> Exchange:
        """GET; parameters become the query, percent-encoded."""
        return await self.send("GET", path, query=encode_query(parameters), headers=headers)

    async def post(self, path: str, body: Any, **parameters: Any) -> Exchange:
        """POST."""
        return await self.send("POST", path, body, query=encode_query(parameters))

    async def put(self, resource: Resource, body: Any, **parameters: Any) -> Exchange:
        """PUT to a resource."""
        return await self.send("PUT", place(resource), body, query=encode_query(parameters))

    async def patch(
        self, resource: Resource, *operations: Resource, headers: Mapping[str, str] | None = None, **parameters: Any
    ) -> Exchange:
        """PATCH of a resource by operations."""
        body = {"schemas": [PATCH_SCHEMA], "Operations": list(operations)}
        return await self.send("PATCH", place(resource), body, query=encode_query(parameters), headers=headers)

    async def delete(self, resource: Resource, *, headers: Mapping[str, str] | None = None) -> Exchange:
        """DELETE of a resource."""
        exchange = await self.send("DELETE", place(resource), headers=headers)
        if exchange.is_success:
            self.belongings.forget(place(resource))
        return exchange

    async def search(self, endpoint: str, **members: Any) -> Exchange:
        """POST to `.search` below an endpoint; empty for the root."""
        return await self.post(f"{endpoint}/.search", {"schemas": [SEARCH_SCHEMA], **members})

    async def read(self, resource: Resource, **parameters: Any) -> Resource:
        """The resource as it stands now; whatever else comes back is wrong."""
        return expect_resource(await self.get(place(resource), **parameters))

    async def changed(self, resource: Resource, *operations: Resource) -> Resource:
        """PATCH a resource, which has to succeed, and read it again."""
        answer = await self.patch(resource, *operations)
        if answer.status not in {200, 204}:
            raise Wrong(f"The PATCH is answered with {answer.status}; it should be 200 or 204.", answer)
        return await self.read(resource)

    # ------------------------------------------------------------ resources of one's own

    async def user(self, who: str = "ada", /, **attributes: Any) -> Resource:
        """A new user, gone when the check ends. Raises `Blocked` when it cannot be made."""
        return await self.make(USERS, self.samples.user(self.belongings.new_name(who), **attributes))

    async def group(self, *members: Resource, **attributes: Any) -> Resource:
        """A new group with these members."""
        if members:
            attributes["members"] = [{"value": each["id"]} for each in members]
        return await self.make(GROUPS, self.samples.group(self.belongings.new_name("desk"), **attributes))

    async def make(self, endpoint: str, body: Resource) -> Resource:
        """What was sent, with what the server made of it. Raises `Blocked`."""
        exchange = await self.post(endpoint, body)
        identifier = exchange.resource.get("id")
        if not exchange.is_success or not isinstance(identifier, str):
            what = "user" if endpoint == USERS else "group"
            raise Blocked(f"the {what} that it needs cannot be created ({exchange.status})", exchange)
        return {**body, **exchange.resource}

    async def prepare(self, resource: Resource, *operations: Resource) -> None:
        """PATCH a resource as a check needs it. Raises `Blocked`."""
        answer = await self.patch(resource, *operations)
        if not answer.is_success:
            raise Blocked(f"the PATCH that it needs is answered with {answer.status}", answer)

    def invented(self, endpoint: str = USERS) -> Resource:
        """Something with an id that nobody has."""
        return {"id": self.belongings.invent_id(), "meta": {"resourceType": "User" if endpoint == USERS else "Group"}}

    # ------------------------------------------------------------ users to read

    async def cast(self) -> Cast:
        """The shared users, made when first needed. Raises `Blocked`, or `NotApplicable` where nothing is written."""
        stage = self._stage
        if stage.is_reading:
            raise NotApplicable("it needs users of its own")
        async with stage.casting:
            if stage.cast is None:
                maker = Scene(stage)
                try:
                    stage.cast = await _make_cast(maker)
                except Blocked as blocked:
                    stage.cast = blocked
        if isinstance(stage.cast, Blocked):
            raise Blocked(stage.cast.reason, stage.cast.exchange)
        return stage.cast

    async def populate(self) -> None:
        """See to it that there is somebody to list, where that is possible: some servers stumble over empty lists."""
        with contextlib.suppress(Blocked, NotApplicable):
            await self.cast()

    async def somebody(self) -> Resource:
        """A user to read: one of the cast, or, where nothing may be written, whoever the server lists first."""
        if not self._stage.is_reading:
            return (await self.cast()).ada
        found = expect_list(await self.get(USERS, count=1))
        if not found or not isinstance(found[0].get("userName"), str) or not isinstance(found[0].get("id"), str):
            raise NotApplicable("the server lists no user to read")
        return found[0]


async def _make_cast(scene: Scene) -> Cast:
    has_title = scene.announced.is_writable("title")
    odd = 'Dana "Dee" O\\Neil (.*)'
    details: dict[str, dict[str, Any]] = {
        "ada": {"title": "Engineer"} if has_title else {},
        "boris": {"title": "Engineer"} if has_title else {},
        "chen": {"active": False} | ({"title": "Analyst"} if has_title else {}),
        "dana": {"displayName": odd} if scene.announced.is_writable("displayName") else {},
        "frank": {},
    }
    made: dict[str, Resource] = {}
    for who in reversed(NAMED):
        name = scene.belongings.cast_name(who)
        attributes = details[who]
        if who == "ada":
            attributes = {**attributes, **_ada(scene, name, made["frank"])}
        made[who] = await scene.make(USERS, scene.samples.user(name, **attributes))
    extras = [
        await scene.make(USERS, scene.samples.user(scene.belongings.cast_name(f"guest{number}")))
        for number in range(EXTRAS)
    ]
    return Cast(**made, extras=tuple(extras))


def _ada(scene: Scene, name: str, frank: Resource) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    if scene.announced.is_writable("emails"):
        attributes["emails"] = [
            {"value": scene.samples.address(name), "type": "work", "primary": True},
            {"value": scene.samples.address(f"{name}-home"), "type": "home"},
        ]
    if scene.announced.has_enterprise:
        attributes.update(enterprise(department="Engine Room", manager={"value": frank["id"]}))
    return attributes


def place(resource: Resource) -> str:
    """The path of a resource."""
    kind = resource.get("meta", {}).get("resourceType") if isinstance(resource.get("meta"), dict) else None
    is_group = kind == "Group" or (kind != "User" and "userName" not in resource)
    return path_of(GROUPS if is_group else USERS, resource["id"])


def encode_query(parameters: Mapping[str, Any]) -> str:
    """Parameters as a query, spaces as %20."""
    return "&".join(f"{name}={quote(str(value), safe=VALUE_SAFE)}" for name, value in parameters.items())


def text(value: str) -> str:
    """A text as a literal of a filter: JSON, so that quotes and backslashes in it end nothing."""
    return msgspec.json.encode(value).decode()
