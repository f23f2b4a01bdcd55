"""Opening an emulated account: load its state, furnish a new one, and accept a key."""

from dataclasses import dataclass

from starlette.applications import Starlette

from provisor.freshservice.emulator.answers import JsonObject
from provisor.freshservice.emulator.app import create_emulator_app
from provisor.freshservice.emulator.faults import Faults
from provisor.freshservice.emulator.knobs import CustomField, Knobs
from provisor.freshservice.emulator.records import people
from provisor.freshservice.emulator.records.accepted import PERSON_SHAPES
from provisor.freshservice.emulator.state import FIELDS, PEOPLE, ROLES, State, find_by_name
from provisor.model.errors import Reject
from provisor.ports.clock import Clock
from provisor.ports.documents import DocumentStore

KEY_LENGTH_MIN = 16
_OWNER_ROLE = "Account Admin"
_ROLES = {
    _OWNER_ROLE: "Everything, the account's own settings included",
    "Admin": "Everything but the account's own settings",
    "SD Supervisor": "Sees reports and leads groups",
    people.DEFAULT_ROLE: "Works on tickets",
    "IT Ops Agent": "Works on alerts",
}


@dataclass(frozen=True, slots=True)
class Emulator:
    """An open account: its application, and its state for tests that look behind it."""

    app: Starlette
    state: State

    async def ensure_key(self, plain: str) -> None:
        """Accept this API key, owned by the desk's administrator, who is made when nobody is.

        Raises `Reject` for a key that is too short to be one.
        """
        if len(plain) < KEY_LENGTH_MIN or ":" in plain or not plain.isprintable():
            raise Reject(
                f"An API key has at least {KEY_LENGTH_MIN} printable characters and no colon.",
                remedy="Leave it out, and one is made.",
            )
        state = self.state
        if state.key_owner(plain) is None:
            owner = state.email_owner(state.knobs.owner_email) or _create_owner(state)
            state.add_key(plain, owner["id"])
        await state.commit()


async def open_emulator(documents: DocumentStore, knobs: Knobs, clock: Clock, faults: Faults | None = None) -> Emulator:
    """The account as it was left, or a new one with roles and fields but nobody in it."""
    state = State(documents, knobs, clock)
    await state.load()
    _furnish(state)
    await state.commit()
    return Emulator(create_emulator_app(state, faults), state)


def _furnish(state: State) -> None:
    for name, description in _ROLES.items():
        if find_by_name(state, ROLES, name) is None:
            role = {"name": name, "description": description, "default": True, "role_type": 1}
            state.add(ROLES, role)
    known = {field["name"]: field for field in state.tables[FIELDS].values()}
    position = len(known)
    defaults = [CustomField(name, name.replace("_", " ").capitalize(), f"default_{name}") for name in _default_names()]
    for field in (*defaults, *state.knobs.custom_fields):
        wanted = _field_body(field)
        if field.name not in known:
            position += 1
            state.add(FIELDS, {**wanted, "position": position})
        elif any(known[field.name][name] != value for name, value in wanted.items()):
            state.change(FIELDS, known[field.name], wanted)


def _default_names() -> list[str]:
    return [*(name for name in PERSON_SHAPES if name != "custom_fields"), "primary_email"]


def _field_body(field: CustomField) -> JsonObject:
    is_default = field.type.startswith("default_")
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "default": is_default,
        "required_for_agents": field.is_required_for_agents or field.name == "first_name",
        "required_for_requesters": field.is_required_for_requesters or field.name == "first_name",
        "displayed_for_requesters": is_default,
        "requesters_can_edit": False,
        "label_for_requesters": field.label,
        "editable_in_signup": False,
        "choices": list(field.choices),
    }


def _create_owner(state: State) -> JsonObject:
    role = find_by_name(state, ROLES, _OWNER_ROLE)
    roles = [{"role_id": role["id"], "assignment_scope": "entire_helpdesk"}] if role else []
    custom = {field.name: _sample_value(field) for field in state.knobs.custom_fields if field.is_required_for_agents}
    body = {
        "first_name": "Desk",
        "last_name": "Administrator",
        "email": state.knobs.owner_email,
        "job_title": "Owner of the API key",
        "roles": roles,
        "custom_fields": custom,
    }
    owner = people.create(state, body, is_agent=True)
    return state.change(PEOPLE, owner, {"has_logged_in": True})


def _sample_value(field: CustomField) -> str | int | bool:
    samples: dict[str, str | int | bool] = {
        "custom_number": 0,
        "custom_checkbox": True,
        "custom_date": "2026-01-01",
        "custom_dropdown": field.choices[0] if field.choices else "",
    }
    return samples.get(field.type, "-")
