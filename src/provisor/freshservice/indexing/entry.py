"""One entry of the index: what the account answered with what the client said, shown as a SCIM resource.

Pure: `now` is passed in. The version and `lastModified` of a resource move only when what a client would see
moves, so reading a person again, or a write that changes nothing, keeps them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from provisor.freshservice.people import (
    ENTERPRISE,
    FRESHSERVICE,
    JsonObject,
    Lookups,
    addresses_of,
    fold,
    given_manager,
    parse_boolean,
)
from provisor.freshservice.read_back import NEVER_KEPT, user_of_person
from provisor.ports.people_index import IndexedPerson, PersonKind
from provisor.scim.patch import PatchOperation

WAITING_KIND = "becomes"
"""Among the waiting fields: the kind of person that a deactivated one becomes once active again."""
EXTENSIONS = (ENTERPRISE, FRESHSERVICE)


def lookups_of(entry: IndexedPerson, names: Lookups) -> Lookups:
    """The account's names, and the manager that this person's client means."""
    manager = given_manager(entry.given)
    if manager is None or entry.meant_manager is None:
        return names
    return replace(names, managers={manager: entry.meant_manager})


def effective_person(entry: IndexedPerson) -> JsonObject:
    """The person with the fields that wait, as they will be."""
    waiting = {name: value for name, value in entry.waiting.items() if name != WAITING_KIND}
    return {**entry.person, **waiting}


def show_user(entry: IndexedPerson, names: Lookups) -> JsonObject:
    """The SCIM User, without `meta`."""
    return user_of_person(
        effective_person(entry),
        entry.waiting.get(WAITING_KIND, entry.kind),
        entry.given,
        lookups_of(entry, names),
        is_manager_awaited=entry.awaited_manager is not None,
    )


def show_resource(entry: IndexedPerson, names: Lookups) -> JsonObject:
    """The SCIM resource, complete but for its location."""
    return {
        **show_user(entry, names),
        "meta": {
            "resourceType": "User",
            "created": _scim_time(entry.created),
            "lastModified": _scim_time(entry.last_modified),
            "version": f'W/"{entry.version}"',
        },
    }


def make_entry(
    person: Mapping[str, Any], kind: PersonKind, names: Lookups, now: datetime, before: IndexedPerson | None = None
) -> IndexedPerson:
    """The entry of a person just read or written; what the client said is taken over from `before`.

    Somebody deleted over SCIM whom the desk has activated again is visible again.
    """
    if before is None:
        changed = _time_of(person.get("updated_at"), now)
        entry = IndexedPerson(
            id=str(person["id"]),
            kind=kind,
            person=dict(person),
            user_name="",
            addresses=addresses_of(person),
            refreshed_at=now,
            created=_time_of(person.get("created_at"), changed),
            last_modified=changed,
        )
        return settle(entry, names, now, None)
    entry = replace(
        before,
        kind=kind,
        person=dict(person),
        addresses=addresses_of(person),
        refreshed_at=now,
        is_removed=before.is_removed and not person.get("active", True),
    )
    return settle(entry, names, now, before)


def with_noted(entry: IndexedPerson, noted: Mapping[str, Mapping[str, Any]], names: Lookups) -> IndexedPerson:
    """An entry new to the index, with what its client said when it asked for this person, where that was noted.

    So a person whose creation was cut off is shown as it was given, like everybody else.
    """
    given = next((noted[name] for name in (*entry.addresses[:1], entry.user_name) if name in noted), None)
    if given is None or entry.given:
        return entry
    manager = given_manager(given)
    meant = int(manager) if manager is not None and manager.isascii() and manager.isdigit() else None
    return settle(replace(entry, given=given, meant_manager=meant), names, entry.last_modified, None)


def settle(entry: IndexedPerson, names: Lookups, now: datetime, before: IndexedPerson | None) -> IndexedPerson:
    """Bring what is derived up to date: the names to be found by, and the version if something shows."""
    user = show_user(entry, names)
    external_id = user.get("externalId")
    entry = replace(
        entry,
        user_name=fold(str(user.get("userName", ""))),
        external_id=str(external_id) if external_id is not None else None,
    )
    if before is None or user == show_user(before, names):
        return entry
    return replace(entry, version=before.version + 1, last_modified=now)


def wanted_state(resource: Mapping[str, Any]) -> bool:
    """Whether the resource asks for an active person; absent means active (RFC 7643 §4.1.1 leaves it to us)."""
    return parse_boolean(resource.get("active", True)) is not False


def changed_attributes(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """Names of attributes that differ, `urn:key` for members of the two extensions that we understand."""
    one, other = _flat(before), _flat(after)
    return frozenset(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def meant_by_client(
    after: Mapping[str, Any],
    shown: Mapping[str, Any],
    given: Mapping[str, Any],
    named: frozenset[str] = frozenset(),
) -> JsonObject:
    """What the client has said in all: before, by a change, or by naming an attribute in this request.

    What we only showed it is left out. `named` holds attribute names in lower case, without the schema.
    """
    said = _flat(given).keys() | changed_attributes(shown, after)
    flat = _flat(after).items()
    meant = {name: value for name, value in flat if name in said or name.rpartition(":")[2].lower() in named}
    if isinstance(after.get("schemas"), list):
        meant["schemas"] = after["schemas"]
    return _nested(meant)


def attributes_of(resource: Mapping[str, Any]) -> frozenset[str]:
    """The attributes that a resource has a value for, as `meant_by_client` wants them."""
    return frozenset(name.rpartition(":")[2].lower() for name in _flat(resource))


def attributes_in(operations: Iterable[PatchOperation]) -> frozenset[str]:
    """The attributes that PATCH operations name, in the same form."""
    named: set[str] = set()
    for operation in operations:
        if operation.path is not None:
            named.add(operation.path.attribute.attribute.lower())
        elif isinstance(operation.value, Mapping):
            keys = (*operation.value, *(key for urn in EXTENSIONS for key in operation.value.get(urn) or ()))
            named.update(key.rpartition(":")[2].partition(".")[0].partition("[")[0].lower() for key in keys)
    return frozenset(named)


def merge_replacement(resource: Mapping[str, Any], shown: Mapping[str, Any], given: Mapping[str, Any]) -> JsonObject:
    """What a PUT asks for: it clears what the client itself gave, and leaves what only the desk has set.

    A client that does not know an attribute cannot mean to clear it; neither can it mean to drop a secondary
    address that it never sent.
    """
    said, asked = _flat(given), _flat(resource)
    kept = {name: value for name, value in _flat(shown).items() if name not in asked and name not in said}
    merged = _nested({"active": shown.get("active", True), **asked, **kept})
    if asked.get("emails"):
        known = {fold(str(one.get("value", ""))) for user in (given, resource) for one in user.get("emails") or ()}
        others = [one for one in shown.get("emails") or () if one.get("type") == "other"]
        merged["emails"] = [*asked["emails"], *(one for one in others if fold(str(one["value"])) not in known)]
    return merged


def _flat(user: Mapping[str, Any]) -> JsonObject:
    flat: JsonObject = {}
    for name, value in user.items():
        if name in NEVER_KEPT:
            continue
        if name in EXTENSIONS and isinstance(value, dict):
            flat.update({f"{name}:{key}": inner for key, inner in value.items()})
        else:
            flat[name] = value
    return {name: value for name, value in flat.items() if value not in (None, "", [], {})}


def _nested(flat: Mapping[str, Any]) -> JsonObject:
    user: JsonObject = {}
    for name, value in flat.items():
        urn = next((one for one in EXTENSIONS if name.startswith(f"{one}:")), None)
        if urn is None:
            user[name] = value
        else:
            user.setdefault(urn, {})[name.removeprefix(f"{urn}:")] = value
    return user


def _time_of(text: Any, otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return found if found.tzinfo else otherwise


def _scim_time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
