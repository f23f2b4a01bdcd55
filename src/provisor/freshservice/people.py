"""A person in Freshservice's words: SCIM User to facts, facts to request bodies (Freshservice spec §2.1, §9).

*Facts* are the writable fields of a person under one set of names, whether requester or agent. In facts that
come from a SCIM User an absent key means "leave it alone" (nothing was given, or it cannot be translated) and
None means "clear it". Names of departments and locations and references to people arrive resolved, in
`Lookups`. Nothing is sent here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisor.freshservice.values import to_language, to_time_zone
from provisor.ports.people_index import PersonKind

JsonObject = dict[str, Any]
Facts = dict[str, Any]


ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FRESHSERVICE = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
IS_AGENT = "isAgent"
LOCATION = "location"
OWN_KEYS = frozenset({IS_AGENT, LOCATION})
"""Keys of the Freshservice extension that are not custom fields."""
VISIBILITY_FLAGS = (
    "can_see_all_tickets_from_associated_departments",
    "can_see_all_changes_from_associated_departments",
)
"""Flags that a PUT resets to false unless it repeats them (spec §0, rule 7)."""
FACT_SOURCES: Mapping[str, frozenset[str]] = {
    "first_name": frozenset({"name"}),
    "last_name": frozenset({"name"}),
    "email": frozenset({"emails", "userName"}),
    "secondary_emails": frozenset({"emails"}),
    "work_phone_number": frozenset({"phoneNumbers"}),
    "mobile_phone_number": frozenset({"phoneNumbers"}),
    "job_title": frozenset({"title"}),
    "address": frozenset({"addresses"}),
    "language": frozenset({"locale", "preferredLanguage"}),
    "time_zone": frozenset({"timezone"}),
    "department": frozenset({f"{ENTERPRISE}:department"}),
    "reporting_manager_id": frozenset({f"{ENTERPRISE}:manager"}),
    "location_id": frozenset({f"{FRESHSERVICE}:{LOCATION}"}),
}
"""Which SCIM attributes decide a fact; custom fields follow their own key of the Freshservice extension."""
CUSTOM = "custom_fields"


@dataclass(frozen=True, slots=True)
class Lookups:
    """What names and references mean in one account.

    Names are folded keys; references are keyed as they were given.
    """

    departments: Mapping[str, int] = field(default_factory=dict)
    department_names: Mapping[int, str] = field(default_factory=dict)
    locations: Mapping[str, int] = field(default_factory=dict)
    location_names: Mapping[int, str] = field(default_factory=dict)
    managers: Mapping[str, int] = field(default_factory=dict)


def fold(text: str) -> str:
    """The form in which addresses and names are compared."""
    return text.strip().casefold()


def parse_boolean(value: Any) -> bool | None:
    """True or False from a Boolean or the text that clients send for one; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(fold(str(value)))


def text_or_none(value: Any) -> str | None:
    """Trimmed text; blank counts as nothing."""
    if value is None:
        return None
    return str(value).strip() or None


def element_of_type(user: Mapping[str, Any], attribute: str, kind: str) -> JsonObject | None:
    """The first element of a multi-valued attribute with this `type`, in any case."""
    for element in user.get(attribute) or ():
        if fold(str(element.get("type", ""))) == kind:
            return dict(element)
    return None


def primary_address(user: Mapping[str, Any]) -> str | None:
    """The address that becomes the person's primary one.

    The work address, else the one marked primary, else the first, else a userName that is an address (policy
    `work-email-wins`, spec §9).
    """
    work = element_of_type(user, "emails", "work")
    emails = [element for element in user.get("emails") or () if text_or_none(element.get("value"))]
    marked = next((element for element in emails if parse_boolean(element.get("primary", False))), None)
    for element in (work, marked, *emails[:1]):
        if element and (value := text_or_none(element.get("value"))):
            return value
    user_name = text_or_none(user.get("userName"))
    return user_name if user_name and "@" in user_name else None


def addresses_of(person: Mapping[str, Any]) -> tuple[str, ...]:
    """All addresses of a Freshservice person, folded, the primary one first."""
    found = [person.get("primary_email") or person.get("email"), *(person.get("secondary_emails") or ())]
    return tuple(dict.fromkeys(fold(address) for address in found if address))


def given_extension(user: Mapping[str, Any], urn: str) -> Mapping[str, Any]:
    """The members of an extension, empty when it is absent."""
    found = user.get(urn)
    return found if isinstance(found, dict) else {}


def given_manager(user: Mapping[str, Any]) -> str | None:
    """The manager as the client named them: a SCIM id or an e-mail address."""
    manager = given_extension(user, ENTERPRISE).get("manager")
    return text_or_none(manager.get("value") if isinstance(manager, dict) else manager)


def wants_agent(user: Mapping[str, Any]) -> bool | None:
    """What `isAgent` asks for; None when it is absent or no Boolean."""
    return parse_boolean(given_extension(user, FRESHSERVICE).get(IS_AGENT))


def facts_of_user(user: Mapping[str, Any], lookups: Lookups) -> Facts:
    """The facts that a SCIM User asks for."""
    primary = primary_address(user)
    first_name, last_name = _names(user, primary)
    facts: Facts = {
        "first_name": first_name,
        "last_name": last_name,
        "email": primary,
        "job_title": text_or_none(user.get("title")),
        "address": _address(user),
    }
    for kind in ("work", "mobile"):
        number = element_of_type(user, "phoneNumbers", kind)
        facts[f"{kind}_phone_number"] = text_or_none(number.get("value")) if number else None
    if user.get("emails"):
        facts["secondary_emails"] = _secondary_addresses(user, primary)
    tag = text_or_none(user.get("locale")) or text_or_none(user.get("preferredLanguage"))
    if tag and (language := to_language(tag)):
        facts["language"] = language
    if (zone := text_or_none(user.get("timezone"))) and (rails := to_time_zone(zone)):
        facts["time_zone"] = rails
    return {**facts, **_resolved(user, lookups), CUSTOM: _custom_fields(user)}


def facts_of_person(person: Mapping[str, Any]) -> Facts:
    """The facts that Freshservice holds of a requester or an agent."""
    departments = person.get("department_ids") or []
    return {
        **{name: person.get(name) for name in FACT_SOURCES},
        "email": person.get("primary_email") or person.get("email"),
        "secondary_emails": list(person.get("secondary_emails") or ()),
        "department": departments[0] if departments else None,
        CUSTOM: dict(person.get(CUSTOM) or {}),
    }


def is_same_fact(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a fact mean the same to Freshservice; nothing, blank and empty are alike."""
    if name == "email":
        return fold(str(one or "")) == fold(str(other or ""))
    if name == "secondary_emails":
        return {fold(address) for address in one or ()} == {fold(address) for address in other or ()}
    return (one or None) == (other or None)


def is_same_custom(one: Any, other: Any) -> bool:
    """Whether two values of a custom field mean the same: clients send text where the account has numbers."""
    if isinstance(one, bool) or isinstance(other, bool):
        return parse_boolean(one) == parse_boolean(other)
    return fold(str("" if one is None else one)) == fold(str("" if other is None else other))


def changed_facts(asked: Facts, person: Mapping[str, Any], changed: frozenset[str]) -> Facts:
    """Which facts must be sent: those that one of the `changed` SCIM attributes decides and the person lacks.

    `changed` holds attribute names, with `urn:key` for members of extensions.
    """
    held = facts_of_person(person)
    facts = {
        name: asked[name]
        for name, sources in FACT_SOURCES.items()
        if name in asked and sources & changed and not is_same_fact(name, asked[name], held[name])
    }
    if len(person.get("department_ids") or ()) > 1 and FACT_SOURCES["department"] & changed and "department" in asked:
        facts["department"] = asked["department"]  # whatever its place in the list, the one left must go
    custom = {
        key.removeprefix(f"{FRESHSERVICE}:")
        for key in changed
        if key.startswith(f"{FRESHSERVICE}:") and key.removeprefix(f"{FRESHSERVICE}:") not in OWN_KEYS
    }
    wanted = {key: asked[CUSTOM].get(key) for key in sorted(custom)}
    fields = {key: value for key, value in wanted.items() if not is_same_custom(value, held[CUSTOM].get(key))}
    return {**facts, CUSTOM: fields} if fields else facts


def create_body(facts: Facts, kind: PersonKind) -> JsonObject:
    """The body of a POST: everything that has a value."""
    body = _as_fields(facts, kind, ())
    body[CUSTOM] = {key: value for key, value in facts.get(CUSTOM, {}).items() if value is not None}
    return {name: value for name, value in body.items() if value not in (None, [], {}, "")}


def update_body(
    facts: Facts, person: Mapping[str, Any], kind: PersonKind, *, replaces: int | None = None
) -> JsonObject:
    """The body of a PUT: the changed facts, and what a PUT would otherwise lose.

    Departments are sent as a whole list: `replaces` (the department that SCIM showed) leaves it, others set
    at the desk stay. All custom fields with a value are repeated, because an account may replace them as one.
    """
    leaving = (replaces, facts.get("department"))
    kept = [number for number in person.get("department_ids") or () if number not in leaving]
    body = _as_fields(facts, kind, kept)
    if CUSTOM in facts:
        held = {key: value for key, value in (person.get(CUSTOM) or {}).items() if value is not None}
        body[CUSTOM] = {**held, **facts[CUSTOM]}
    return {**body, **{flag: bool(person[flag]) for flag in VISIBILITY_FLAGS if flag in person}}


def apply_body(person: Mapping[str, Any], body: Mapping[str, Any]) -> JsonObject:
    """The person as it would be once `body` is stored; used while a write waits for a deactivated person."""
    return {**person, **body}


def _as_fields(facts: Facts, kind: PersonKind, other_departments: Any) -> JsonObject:
    body = {name: value for name, value in facts.items() if name not in {"department", "email", CUSTOM}}
    if "email" in facts:
        body["email" if kind == "agent" else "primary_email"] = facts["email"]
    if kind == "agent":
        body.pop("secondary_emails", None)
    if "department" in facts:
        first = [facts["department"]] if facts["department"] is not None else []
        body["department_ids"] = [*first, *other_departments]
    return body


def _names(user: Mapping[str, Any], primary: str | None) -> tuple[str | None, str | None]:
    """First and last name; where the required first name lacks, the display name or the address must do."""
    given = user.get("name") if isinstance(user.get("name"), dict) else {}
    assert isinstance(given, dict)
    last_name = text_or_none(given.get("familyName"))
    if first_name := text_or_none(given.get("givenName")):
        return first_name, last_name
    shown = text_or_none(user.get("displayName")) or text_or_none(given.get("formatted"))
    if shown:
        last, comma, first = (part.strip() for part in shown.partition(","))
        if not (comma and first):
            first, _, last = shown.partition(" ")
        return first, last_name or text_or_none(last)
    identifier = primary or text_or_none(user.get("userName"))
    return (identifier.partition("@")[0] or None if identifier else None), last_name


def _secondary_addresses(user: Mapping[str, Any], primary: str | None) -> list[str]:
    found: dict[str, str] = {}
    for element in user.get("emails") or ():
        if address := text_or_none(element.get("value")):
            found.setdefault(fold(address), address)
    found.pop(fold(primary or ""), None)
    return list(found.values())


def _address(user: Mapping[str, Any]) -> str | None:
    element = element_of_type(user, "addresses", "work") or next(iter(user.get("addresses") or ()), None)
    if not element:
        return None
    if formatted := text_or_none(element.get("formatted")):
        return formatted
    parts = (element.get(name) for name in ("streetAddress", "postalCode", "locality", "region", "country"))
    return ", ".join(part for part in map(text_or_none, parts) if part) or None


def _resolved(user: Mapping[str, Any], lookups: Lookups) -> Facts:
    """Department, location and manager; what `lookups` does not know is left alone."""
    facts: Facts = {}
    department = text_or_none(given_extension(user, ENTERPRISE).get("department"))
    location = text_or_none(given_extension(user, FRESHSERVICE).get(LOCATION))
    manager = given_manager(user)
    for name, asked, known in (
        ("department", department and fold(department), lookups.departments),
        ("location_id", location and fold(location), lookups.locations),
        ("reporting_manager_id", manager, lookups.managers),
    ):
        if asked is None:
            facts[name] = None
        elif asked in known:
            facts[name] = known[asked]
    return facts


def _custom_fields(user: Mapping[str, Any]) -> JsonObject:
    fields = given_extension(user, FRESHSERVICE)
    return {key: value for key, value in fields.items() if key not in OWN_KEYS}
