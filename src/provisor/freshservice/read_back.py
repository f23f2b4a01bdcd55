"""A Freshservice person as a SCIM User: what the desk stores, in the client's own words where they mean that.

The law: an attribute that the client gave is shown as it was given for as long as it still means what is
stored (`ja` for `ja-JP`, a Windows zone name, a manager named by address); otherwise what is stored is shown.
Attributes that Freshservice has no field for (display name, nick name, further phone types…) are shown as
given. So a client that compares what it reads with what it wrote sees a difference only where somebody
changed something at the desk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisor.freshservice.people import (
    CUSTOM,
    ENTERPRISE,
    FRESHSERVICE,
    IS_AGENT,
    LOCATION,
    Facts,
    JsonObject,
    Lookups,
    facts_of_person,
    facts_of_user,
    fold,
    given_extension,
    is_same_custom,
    is_same_fact,
    primary_address,
    text_or_none,
    wants_agent,
)
from provisor.freshservice.values import to_iana, to_locale
from provisor.ports.people_index import PersonKind

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVER_KEPT = frozenset({"id", "meta", "groups", "password", "schemas"})
"""What a client may send but is the server's own, or a secret that this backend has no use for."""

_UNKNOWN: Any = object()
"""A fact that the lookups could not resolve."""


@dataclass(frozen=True, slots=True)
class _View:
    """One person from both sides: what the client gave and asks for, and what Freshservice holds."""

    person: Mapping[str, Any]
    kind: PersonKind
    given: Mapping[str, Any]
    asked: Facts
    held: Facts
    lookups: Lookups

    def may_stand(self, attribute: str, *facts: str) -> bool:
        """Whether the given value may be shown.

        It is there, and each fact that it decides is what is stored, or could not be stored at all.
        """
        if self.given.get(attribute) in (None, "", [], {}):
            return False
        storable = [name for name in facts if not (self.kind == "agent" and name == "secondary_emails")]
        return all(name not in self.asked or is_same_fact(name, self.asked[name], self.held[name]) for name in storable)


def user_of_person(
    person: Mapping[str, Any],
    kind: PersonKind,
    given: Mapping[str, Any],
    lookups: Lookups,
    *,
    is_manager_awaited: bool = False,
) -> JsonObject:
    """The SCIM User without `meta`. `given` is what the client last said, empty for people it never wrote."""
    held = facts_of_person(person)
    view = _View(person, kind, given, facts_of_user(given, lookups), held, lookups)
    user: JsonObject = {key: value for key, value in given.items() if key not in NEVER_KEPT}
    user["id"] = str(person["id"])
    user["active"] = bool(person.get("active", True))
    user["name"] = _name(given, held)
    user["userName"] = _user_name(given, held)
    user.setdefault("displayName", " ".join(filter(None, (held["first_name"], held["last_name"]))))
    if person.get("external_id"):
        user.setdefault("externalId", str(person["external_id"]))
    if not view.may_stand("emails", "email", "secondary_emails"):
        user["emails"] = _emails(held)
    if not view.may_stand("phoneNumbers", "work_phone_number", "mobile_phone_number"):
        user["phoneNumbers"] = _phone_numbers(given, held)
    if not view.may_stand("addresses", "address"):
        user["addresses"] = _addresses(given, held)
    if not view.may_stand("title", "job_title"):
        user["title"] = held["job_title"]
    if not view.may_stand("timezone", "time_zone"):
        user["timezone"] = to_iana(held["time_zone"] or "")
    if not view.may_stand("locale", "language"):
        user["locale"] = to_locale(held["language"] or "")
    user[ENTERPRISE] = _enterprise(view, is_manager_awaited=is_manager_awaited)
    user[FRESHSERVICE] = _extension(view)
    shown = {key: value for key, value in user.items() if value not in (None, "", [], {})}
    return {"schemas": _schemas(given, shown), **shown}


def _name(given: Mapping[str, Any], held: Facts) -> JsonObject:
    kept = dict(given["name"]) if isinstance(given.get("name"), dict) else {}
    shown = {**kept, "givenName": held["first_name"], "familyName": held["last_name"]}
    if any((text_or_none(kept.get(name)) or None) != (shown[name] or None) for name in ("givenName", "familyName")):
        shown.pop("formatted", None)
    return {key: value for key, value in shown.items() if value}


def _user_name(given: Mapping[str, Any], held: Facts) -> str:
    """The given user name; where it was the address itself, it follows a change of the address at the desk."""
    user_name, stored = text_or_none(given.get("userName")), held["email"]
    if user_name and fold(user_name) != fold(primary_address(given) or ""):
        return user_name
    if user_name and (not stored or fold(user_name) == fold(stored)):
        return user_name
    fallback = stored or held["work_phone_number"] or held["mobile_phone_number"] or held["first_name"]
    return str(fallback or "")


def _emails(held: Facts) -> list[JsonObject]:
    primary = [{"value": held["email"], "type": "work", "primary": True}] if held["email"] else []
    return [*primary, *({"value": address, "type": "other"} for address in held["secondary_emails"])]


def _phone_numbers(given: Mapping[str, Any], held: Facts) -> list[JsonObject]:
    stored = [
        {"value": held[f"{kind}_phone_number"], "type": kind}
        for kind in ("work", "mobile")
        if held[f"{kind}_phone_number"]
    ]
    return [*stored, *_others(given, "phoneNumbers", {"work", "mobile"})]


def _addresses(given: Mapping[str, Any], held: Facts) -> list[JsonObject]:
    stored = [{"formatted": held["address"], "type": "work"}] if held["address"] else []
    return [*stored, *_others(given, "addresses", {"work"})]


def _others(given: Mapping[str, Any], attribute: str, stored_types: set[str]) -> list[JsonObject]:
    """Elements of types that Freshservice has no field for."""
    elements = given.get(attribute) or ()
    return [dict(element) for element in elements if fold(str(element.get("type", ""))) not in stored_types]


def _enterprise(view: _View, *, is_manager_awaited: bool) -> JsonObject:
    kept = dict(given_extension(view.given, ENTERPRISE))
    departments = view.person.get("department_ids") or []
    asked = view.asked.get("department", _UNKNOWN)
    if not (kept.get("department") and (asked is _UNKNOWN or asked in departments)):
        kept["department"] = view.lookups.department_names.get(departments[0]) if departments else None
    manager = view.held["reporting_manager_id"]
    is_as_asked = manager is not None and view.asked.get("reporting_manager_id") == manager
    if not (kept.get("manager") and (is_as_asked or is_manager_awaited)):
        kept["manager"] = {"value": str(manager)} if manager else None
    return {key: value for key, value in kept.items() if value not in (None, "", {})}


def _extension(view: _View) -> JsonObject:
    kept = given_extension(view.given, FRESHSERVICE)
    shown: JsonObject = {key: value for key, value in view.held[CUSTOM].items() if value not in (None, "", [])}
    for key, value in view.asked[CUSTOM].items():
        if is_same_custom(value, shown.get(key)):
            shown[key] = value
    location, asked = view.held["location_id"], view.asked.get("location_id", _UNKNOWN)
    if kept.get(LOCATION) and (asked is _UNKNOWN or asked == location):
        shown[LOCATION] = kept[LOCATION]
    elif location:
        shown[LOCATION] = view.lookups.location_names.get(location)
    is_agent = view.kind == "agent"
    shown[IS_AGENT] = kept[IS_AGENT] if wants_agent(view.given) is is_agent else str(is_agent)
    return {key: value for key, value in shown.items() if value not in (None, "")}


def _schemas(given: Mapping[str, Any], shown: Mapping[str, Any]) -> list[str]:
    named = [urn for urn in given.get("schemas") or () if isinstance(urn, str)]
    present = [CORE, *(key for key in shown if key.startswith("urn:"))]
    others = [urn for urn in named if fold(urn) not in {fold(one) for one in (CORE, ENTERPRISE, FRESHSERVICE)}]
    return list(dict.fromkeys([*present, *others]))
