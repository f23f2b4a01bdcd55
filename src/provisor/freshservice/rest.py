"""The Freshservice REST API v2 as the bridge uses it (Freshservice spec §1-§4): people, and what they refer to.

Records come and go as the API's own JSON objects; a requester has `primary_email`, an agent `email`, and
`PersonKind` says which. Every list is an async iterator over pages, which follows the Link header. Calls raise
`model/errors`, as `rest_faults.py` maps them. Which value goes into which field is not decided here.
"""

import random
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from provisor.freshservice.rest_domain import check_domain
from provisor.freshservice.rest_faults import KeyRefused, NotAnAccount
from provisor.freshservice.rest_transport import PATIENCE_SECONDS, JsonAnswer, Request, Transport
from provisor.model.errors import AmbiguousWrite, NotFound, Reject
from provisor.ports.clock import Clock
from provisor.ports.http import HttpClient
from provisor.ports.people_index import PersonKind

JsonObject = dict[str, Any]
Pages = AsyncIterator[list[JsonObject]]

PER_PAGE: Final = 100
SEARCH_LENGTH_MAX: Final = 512
SEARCH_PAGES_MAX: Final = 40
_NEXT: Final = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next\b')
_PATHS: Final[Mapping[PersonKind, str]] = {"requester": "/requesters", "agent": "/agents"}
_OTHER: Final[Mapping[PersonKind, PersonKind]] = {"requester": "agent", "agent": "requester"}


class FreshserviceApi:
    """One account with one key. `domain` is what `check_domain` takes; `api_key` is never shown again."""

    def __init__(
        self,
        http: HttpClient,
        domain: str,
        api_key: str,
        clock: Clock,
        *,
        jitter: Callable[[], float] = random.random,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._transport = Transport(
            http, check_domain(domain), api_key, clock, jitter=jitter, patience_seconds=patience_seconds
        )

    @property
    def calls(self) -> int:
        """Calls sent so far, repeated and failed ones included."""
        return self._transport.calls

    async def me(self) -> JsonObject:
        """The agent who owns the key; works with the least of keys. Raises `JobFailed` when there is no account."""
        try:
            return await self._one("GET", "/agents/me", "agent")
        except NotFound:
            raise NotAnAccount("GET /agents/me") from None

    # ---------------------------------------------------------------- people

    def list_requesters(self, *, include_agents: bool = False, active: bool | None = None) -> Pages:
        """Requesters of either state; with `include_agents` (needs the right to manage agents) everybody."""
        query = {"include_agents": "true"} if include_agents else {}
        return self._pages("/requesters", "requesters", query | _active(active))

    def list_agents(self, *, active: bool | None = None) -> Pages:
        """Agents of either state, with roles and groups."""
        return self._pages("/agents", "agents", _active(active))

    async def find_by_email(self, email: str) -> JsonObject | None:
        """Whoever has this primary address, active or not, as a requester's JSON with `is_agent`.

        An agent found so lacks roles and groups (see `get`). Secondary addresses may not be searched by the account.
        Without the right to include agents, agents are not found.
        """
        found: list[JsonObject] = []
        try:
            async for page in self._pages("/requesters", "requesters", {"email": email, "include_agents": "true"}):
                found += page
        except KeyRefused as error:
            if error.fault.status != 403:
                raise
            async for page in self._pages("/requesters", "requesters", {"email": email}):
                found += page
        return found[0] if found else None

    async def search(
        self, kind: PersonKind, query: str, *, include_agents: bool = False
    ) -> tuple[list[JsonObject], bool]:
        """People that the search index finds, newest first, and whether these are all of them.

        `query` is without its outer double quotes. The index is minutes behind, and shows 1,200 rows at most.
        """
        if len(query) > SEARCH_LENGTH_MAX:
            raise Reject(f"A Freshservice query may have {SEARCH_LENGTH_MAX} characters; this one has {len(query)}.")
        path, plural = _PATHS[kind], _PATHS[kind].strip("/")
        parameters = {"query": f'"{query}"'} | ({"include_agents": "true"} if include_agents else {})
        rows: dict[int, JsonObject] = {}
        for number in range(1, SEARCH_PAGES_MAX + 1):
            answer = await self._transport.send(Request("GET", path, {**parameters, "page": str(number)}))
            page = _rows(answer, plural, path)
            rows.update({row["id"]: row for row in page})
            total = answer.headers.get("x-search-results-count", "")
            if not page or (total.isdigit() and len(rows) >= int(total)):
                return list(rows.values()), True
        return list(rows.values()), False

    async def get(self, kind: PersonKind, person_id: int | str) -> JsonObject:
        """One person of that kind. Raises `NotFound`, also for a person of the other kind."""
        return await self._one("GET", f"{_PATHS[kind]}/{int(person_id)}", kind)

    async def create(self, kind: PersonKind, body: Mapping[str, Any]) -> JsonObject:
        """A new person. Raises `AmbiguousWrite` when it is not known whether it was made."""
        return await self._one("POST", _PATHS[kind], kind, body=body, is_repeatable=False)

    async def update(self, kind: PersonKind, person_id: int | str, body: Mapping[str, Any]) -> JsonObject:
        """Change what `body` names. It must repeat the `can_see_all_*` flags, which are reset otherwise."""
        return await self._one("PUT", f"{_PATHS[kind]}/{int(person_id)}", kind, body=body)

    async def deactivate(self, kind: PersonKind, person_id: int | str) -> None:
        """Take away access; somebody who is inactive already stays so. Raises `NotFound`."""
        try:
            await self._transport.send(Request("DELETE", f"{_PATHS[kind]}/{int(person_id)}"))
        except NotFound:
            # Some accounts answer so for somebody inactive, and so does a repetition whose first answer was lost.
            if (await self.get(kind, person_id)).get("active"):
                raise

    async def reactivate(self, kind: PersonKind, person_id: int | str) -> JsonObject:
        """Bring back. Raises `NoSeat` for a full-time agent without a seat."""
        return await self._one("PUT", f"{_PATHS[kind]}/{int(person_id)}/reactivate", kind)

    async def convert(self, kind: PersonKind, person_id: int | str) -> JsonObject:
        """Make a person of `kind` one of the other kind, with the same id, and return them as such.

        A new agent is an occasional one with the default role and no groups.
        """
        other = _OTHER[kind]
        path = f"{_PATHS[kind]}/{int(person_id)}/convert_to_{other}"
        try:
            return await self._one("PUT", path, other, is_repeatable=False)
        except (AmbiguousWrite, NotFound):
            try:  # it may have been done before: the same id then answers as the other kind
                return await self.get(other, person_id)
            except NotFound:
                pass
            raise

    async def forget(self, kind: PersonKind, person_id: int | str) -> None:
        """Destroy a person and every ticket they raised. There is no way back."""
        await self._transport.send(Request("DELETE", f"{_PATHS[kind]}/{int(person_id)}/forget", is_repeatable=False))

    # ---------------------------------------------------------------- what people refer to

    def list_departments(self) -> Pages:
        """All departments."""
        return self._pages("/departments", "departments", {})

    async def create_department(self, name: str) -> JsonObject:
        """A new department."""
        return await self._one("POST", "/departments", "department", body={"name": name}, is_repeatable=False)

    def list_locations(self) -> Pages:
        """All locations; names repeat under different parents."""
        return self._pages("/locations", "locations", {})

    def list_roles(self) -> Pages:
        """The roles of agents."""
        return self._pages("/roles", "roles", {})

    async def requester_fields(self) -> list[JsonObject]:
        """The definitions of requesters' fields, custom ones included."""
        return [row async for page in self._pages("/requester_fields", "requester_fields", {}) for row in page]

    async def agent_fields(self) -> list[JsonObject]:
        """The definitions of agents' fields."""
        return [row async for page in self._pages("/agent_fields", "agent_fields", {}) for row in page]

    # ---------------------------------------------------------------- groups

    def list_requester_groups(self) -> Pages:
        """All requester groups, without members; only those of type `manual` can be changed."""
        return self._pages("/requester_groups", "requester_groups", {})

    async def create_requester_group(self, name: str, description: str | None = None) -> JsonObject:
        """A new manual group."""
        body = {"name": name, "description": description}
        return await self._one("POST", "/requester_groups", "requester_group", body=body, is_repeatable=False)

    async def update_requester_group(self, group_id: int | str, body: Mapping[str, Any]) -> JsonObject:
        """Change the name or description of a manual group."""
        return await self._one("PUT", f"/requester_groups/{int(group_id)}", "requester_group", body=body)

    async def delete_requester_group(self, group_id: int | str) -> None:
        """Remove a group for good; its members stay. One that is gone counts as done."""
        await self._settle(Request("DELETE", f"/requester_groups/{int(group_id)}"))

    def list_requester_group_members(self, group_id: int | str) -> Pages:
        """Short rows: `id`, names, `email`."""
        return self._pages(f"/requester_groups/{int(group_id)}/members", "requesters", {})

    async def add_requester_group_member(self, group_id: int | str, person_id: int | str) -> None:
        """One person into a manual group; doing it twice is as good as once."""
        await self._transport.send(Request("POST", f"/requester_groups/{int(group_id)}/members/{int(person_id)}"))

    async def remove_requester_group_member(self, group_id: int | str, person_id: int | str) -> None:
        """One person out of a manual group; somebody who is not in it counts as done."""
        await self._settle(Request("DELETE", f"/requester_groups/{int(group_id)}/members/{int(person_id)}"))

    def list_agent_groups(self) -> Pages:
        """All agent groups, with their members."""
        return self._pages("/groups", "groups", {})

    async def change_agent_group_members(
        self, group_id: int | str, *, add: Sequence[int] = (), remove: Sequence[int] = ()
    ) -> JsonObject:
        """Read, merge and write the member list, which the API takes only whole; one at a time per group, please."""
        path = f"/groups/{int(group_id)}"
        group = await self._one("GET", path, "group")
        members = list(dict.fromkeys([*(m for m in group["members"] if m not in set(remove)), *add]))
        if members == group["members"]:
            return group
        return await self._one("PUT", path, "group", body={"members": members})

    # ---------------------------------------------------------------- sending

    async def _one(
        self, method: str, path: str, envelope: str, *, body: Any = None, is_repeatable: bool = True
    ) -> JsonObject:
        answer = await self._transport.send(Request(method, path, body=body, is_repeatable=is_repeatable))
        document = answer.body.get(envelope) if isinstance(answer.body, dict) else None
        if not isinstance(document, dict):
            raise NotAnAccount(f"{method} {path}")
        return document

    async def _settle(self, request: Request) -> None:
        try:
            await self._transport.send(request)
        except NotFound:
            return

    async def _pages(self, path: str, plural: str, query: Mapping[str, str]) -> Pages:
        page: int | None = 1
        while page is not None:
            parameters = {**query, "per_page": str(PER_PAGE), "page": str(page)}
            answer = await self._transport.send(Request("GET", path, parameters))
            yield _rows(answer, plural, path)
            page = _next_page(answer, page)


def _rows(answer: JsonAnswer, plural: str, path: str) -> list[JsonObject]:
    rows = answer.body.get(plural) if isinstance(answer.body, dict) else None
    if not isinstance(rows, list):
        raise NotAnAccount(f"GET {path}")
    return rows


def _next_page(answer: JsonAnswer, page: int) -> int | None:
    """Only the page's number is taken from the link: the key goes to no address that an answer names."""
    match = _NEXT.search(answer.headers.get("link", ""))
    if match is None:
        return None
    named = parse_qs(urlsplit(match[1]).query).get("page", [""])[0]
    return int(named) if named.isascii() and named.isdigit() and int(named) > page else page + 1


def _active(active: bool | None) -> dict[str, str]:
    return {} if active is None else {"active": "true" if active else "false"}
