"""The table of the API's calls: method and path to a handler, with the limit that a listing falls under."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from provisor.freshservice.emulator.answers import Answer, Call
from provisor.freshservice.emulator.calls import groups, organization, people
from provisor.freshservice.emulator.limits import LIST_AGENTS, LIST_REQUESTERS
from provisor.freshservice.emulator.state import State

Handler = Callable[[State, Call], Answer]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One call. `path` is below `/api/v2` and names its ids in braces."""

    method: str
    path: str
    handler: Handler
    listing: str | None = None
    """The tighter rate limit that this call falls under."""


ROUTES: Final = (
    ApiRoute("GET", "/requesters", people.list_requesters, LIST_REQUESTERS),
    ApiRoute("POST", "/requesters", people.create_requester),
    ApiRoute("GET", "/requesters/{id}", people.get_requester),
    ApiRoute("PUT", "/requesters/{id}", people.update_requester),
    ApiRoute("DELETE", "/requesters/{id}", people.delete_requester),
    ApiRoute("DELETE", "/requesters/{id}/forget", people.forget_requester),
    ApiRoute("PUT", "/requesters/{id}/reactivate", people.reactivate_requester),
    ApiRoute("PUT", "/requesters/{id}/convert_to_agent", people.convert_requester),
    ApiRoute("PUT", "/requesters/{id}/merge", people.merge_requesters),
    ApiRoute("GET", "/requester_fields", people.list_requester_fields),
    ApiRoute("GET", "/agents", people.list_agents, LIST_AGENTS),
    ApiRoute("POST", "/agents", people.create_agent),
    ApiRoute("GET", "/agents/me", people.get_me),
    ApiRoute("GET", "/agents/{id}", people.get_agent),
    ApiRoute("PUT", "/agents/{id}", people.update_agent),
    ApiRoute("DELETE", "/agents/{id}", people.delete_agent),
    ApiRoute("DELETE", "/agents/{id}/forget", people.forget_agent),
    ApiRoute("PUT", "/agents/{id}/reactivate", people.reactivate_agent),
    ApiRoute("PUT", "/agents/{id}/convert_to_requester", people.convert_agent),
    ApiRoute("GET", "/agent_fields", people.list_agent_fields),
    ApiRoute("GET", "/departments", organization.list_departments),
    ApiRoute("POST", "/departments", organization.create_department),
    ApiRoute("GET", "/departments/{id}", organization.get_department),
    ApiRoute("PUT", "/departments/{id}", organization.update_department),
    ApiRoute("DELETE", "/departments/{id}", organization.delete_department),
    ApiRoute("GET", "/locations", organization.list_locations),
    ApiRoute("POST", "/locations", organization.create_location),
    ApiRoute("GET", "/locations/{id}", organization.get_location),
    ApiRoute("PUT", "/locations/{id}", organization.update_location),
    ApiRoute("DELETE", "/locations/{id}", organization.delete_location),
    ApiRoute("GET", "/roles", organization.list_roles),
    ApiRoute("GET", "/roles/{id}", organization.get_role),
    ApiRoute("GET", "/requester_groups", groups.list_requester_groups),
    ApiRoute("POST", "/requester_groups", groups.create_requester_group),
    ApiRoute("GET", "/requester_groups/{id}", groups.get_requester_group),
    ApiRoute("PUT", "/requester_groups/{id}", groups.update_requester_group),
    ApiRoute("DELETE", "/requester_groups/{id}", groups.delete_requester_group),
    ApiRoute("GET", "/requester_groups/{id}/members", groups.list_members),
    ApiRoute("POST", "/requester_groups/{id}/members/{member_id}", groups.add_member),
    ApiRoute("DELETE", "/requester_groups/{id}/members/{member_id}", groups.remove_member),
    ApiRoute("GET", "/groups", groups.list_agent_groups),
    ApiRoute("POST", "/groups", groups.create_agent_group),
    ApiRoute("GET", "/groups/{id}", groups.get_agent_group),
    ApiRoute("PUT", "/groups/{id}", groups.update_agent_group),
    ApiRoute("DELETE", "/groups/{id}", groups.delete_agent_group),
)


def find_route(method: str, path: str) -> tuple[ApiRoute | None, dict[str, int], bool]:
    """The route of a path below `/api/v2`, its ids, and whether the path is known with any method.

    Fixed parts win over ids, so `/agents/me` is never an id.
    """
    parts = path.strip("/").split("/")
    found: tuple[ApiRoute | None, dict[str, int], bool] = (None, {}, False)
    for route in _BY_LENGTH.get(len(parts), ()):
        ids = _match(route.path.strip("/").split("/"), parts)
        if ids is None:
            continue
        if route.method == method:
            return route, ids, True
        found = (None, {}, True)
    return found


def _match(pattern: list[str], parts: list[str]) -> dict[str, int] | None:
    ids: dict[str, int] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            if not (part.isascii() and part.isdigit()) or len(part) > len(str(2**63)):
                return None
            ids[wanted.strip("{}")] = int(part)
        elif wanted != part:
            return None
    return ids


_BY_LENGTH: Final = {
    length: tuple(route for route in ROUTES if route.path.count("/") == length) for length in (1, 2, 3, 4)
}
