"""What a client wants of one person, resolved against the account: facts, kind, activity and manager.

Departments that the policy creates are created here, before the person is written; a manager who is not there yet is
noted as awaited. Everything else is a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.index import PeopleIndex
from provisor.freshservice.indexing.entry import changed_attributes, wanted_state
from provisor.freshservice.people import (
    ENTERPRISE,
    FRESHSERVICE,
    LOCATION,
    Facts,
    JsonObject,
    Lookups,
    facts_of_user,
    fold,
    given_extension,
    given_manager,
    primary_address,
    text_or_none,
    wants_agent,
)


@dataclass(frozen=True, slots=True)
class Intent:
    """A whole person as wanted. `given` is what the client has said in all, `changed` what differs from what it saw.

    `shown_department` is the account's id of the department that the client saw, which a new one replaces.
    """

    given: JsonObject
    facts: Facts
    changed: frozenset[str]
    is_active: bool
    wants_agent: bool | None
    awaited_manager: str | None = None
    meant_manager: int | None = None
    shown_department: int | None = None


def name_person(user: Mapping[str, Any]) -> str:
    """How a person is called in errors."""
    return str(user.get("userName") or primary_address(user) or user.get("displayName") or user.get("id") or "?")


async def resolve_intent(
    index: PeopleIndex,
    settings: BridgeSettings,
    given: JsonObject,
    shown: Mapping[str, Any] | None = None,
    *,
    after: Mapping[str, Any] | None = None,
    person_id: str | None = None,
) -> Intent:
    """Resolve what `given` says. `shown` is the user as the client saw it and `after` as it wants it.

    Without them somebody is new and everything counts. Raises `Reject` naming the person for a department that the
    policy refuses.
    """
    whole = after if after is not None else given
    changed = changed_attributes(shown or {}, whole)
    lookups = await _ensure_names(index, given, changed)
    manager = given_manager(given)
    number = await _find_manager(index, manager) if manager else None
    is_self = manager is not None and _is_self(manager, number, given, person_id)
    if is_self:
        number = None
    if manager is not None and number is not None:
        lookups = replace(lookups, managers={manager: number})
    department = text_or_none(given_extension(shown or {}, ENTERPRISE).get("department"))
    return Intent(
        given=given,
        facts=facts_of_user(given, lookups),
        changed=changed,
        is_active=wanted_state(whole),
        wants_agent=_wanted_kind(wants_agent(whole), settings),
        awaited_manager=fold(manager) if manager and number is None and not is_self else None,
        meant_manager=number,
        shown_department=lookups.departments.get(fold(department)) if department else None,
    )


def _wanted_kind(asked: bool | None, settings: BridgeSettings) -> bool | None:
    """False counts only where demotion is allowed (spec §9, isAgent)."""
    return None if asked is False and not settings.demote_agents else asked


async def _ensure_names(index: PeopleIndex, given: JsonObject, changed: frozenset[str]) -> Lookups:
    department = text_or_none(given_extension(given, ENTERPRISE).get("department"))
    if department and f"{ENTERPRISE}:department" in changed:
        await index.names.ensure_department(department, name_person(given))
    location = text_or_none(given_extension(given, FRESHSERVICE).get(LOCATION))
    if location and f"{FRESHSERVICE}:{LOCATION}" in changed:
        await index.names.ensure_location(location)
    return index.names.lookups


async def _find_manager(index: PeopleIndex, manager: str) -> int | None:
    """The account's id of a manager given as a SCIM id or an address."""
    if manager.isascii() and manager.isdigit():
        found = await index.get(manager)
        return int(manager) if found is not None else None
    people = await index.find_address(manager) or await index.find_user_name(manager)
    return int(people[0].id) if people else None


def _is_self(manager: str, number: int | None, given: JsonObject, person_id: str | None) -> bool:
    """Nobody manages themselves: such a reference is left alone (spec §9, manager)."""
    if person_id is not None and (str(number) == person_id or manager == person_id):
        return True
    return fold(manager) in {fold(primary_address(given) or ""), fold(str(given.get("userName") or ""))}
