"""Every choice the emulator leaves open, with its default: one frozen value for one emulated account.

The vendor documents some behaviours loosely or not at all (the open questions in the project's notes on the API).
Each of those is a knob here, so that a client can be tried against either answer. Nothing else in the emulator
holds a default of its own.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

WINDOW_SECONDS = 60
PER_PAGE_DEFAULT = 30
PER_PAGE_MAX = 100
FILTER_LENGTH_MAX = 512
FILTER_PAGE_MAX = 40
TEXT_LENGTH_MAX = 255
LONG_TEXT_LENGTH_MAX = 65_535
BODY_BYTES_MAX = 1_048_576


class Plan(StrEnum):
    """The plans that differ in their limits; `unlimited` is ours, for work that is not about limits."""

    STARTER = "starter"
    GROWTH = "growth"
    PRO = "pro"
    ENTERPRISE = "enterprise"
    UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """Calls in a minute: in all, and for each of the two lists of people."""

    total: int
    listing: int


PLAN_LIMITS: dict[Plan, PlanLimits | None] = {
    Plan.STARTER: PlanLimits(100, 40),
    Plan.GROWTH: PlanLimits(200, 70),
    Plan.PRO: PlanLimits(400, 120),
    Plan.ENTERPRISE: PlanLimits(500, 140),
    Plan.UNLIMITED: None,
}


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of people. `type` is the API's: `custom_text`, `custom_number`, `custom_dropdown` and so on."""

    name: str
    label: str
    type: str = "custom_text"
    is_required_for_requesters: bool = False
    is_required_for_agents: bool = False
    choices: tuple[str, ...] = ()


SAMPLE_FIELDS = (CustomField("employee_id", "Employee ID"), CustomField("cost_centre", "Cost centre"))


@dataclass(frozen=True, slots=True)
class Knobs:
    """How one emulated account behaves. Durations are in seconds."""

    # --- the account
    plan: Plan = Plan.PRO
    account_time_zone: str = "London"
    account_language: str = "en"
    owner_email: str = "desk.admin@freshservice.example"
    custom_fields: tuple[CustomField, ...] = SAMPLE_FIELDS
    is_msp: bool = False
    """Whether people carry the two workspace lists that only MSP accounts have."""

    # --- rate limits
    rate_window: Literal["fixed", "sliding"] = "fixed"
    listing_headers: Literal["account", "listing"] = "account"
    """Whose numbers the headers of a listing show: the account's, or those of the listing's own limit."""
    include_credits_list: int = 2
    """Credits of a list with `include=`; the documentation says 2 in one place and 3 in another."""

    # --- seats and day passes
    full_time_seats: int | None = None
    """Full-time agents that may be active at once, the key's owner among them; None is no limit."""
    seat_message: str = "No full-time agent seat is left in this account."
    occasional_keys_work: bool = True
    """False: no day pass is live, so a key whose owner is an occasional agent gets 403."""

    # --- what the key may do, and who may look
    key_may_manage_agents: bool = True
    is_page_open: bool = False
    """True shows the page of people on loopback without asking for the key."""

    # --- finding people
    index_lag_seconds: float = 0.0
    """How far `query=` is behind the writes; infinity means until `POST /emulator/flush`."""
    email_finds_secondary: bool = False
    """Whether the list parameter `email` also looks at secondary addresses."""
    unquoted_query_status: Literal[400, 500] = 400
    agents_answer_as_requesters: bool = False
    """Whether `GET` and `PUT /requesters/{id}` work with an agent's id, instead of 404."""

    # --- uniqueness and validation
    duplicate_status: Literal[400, 409] = 409
    """For an address that a requester holds; one held by an agent is always 409."""
    phones_are_unique: bool = False
    """False: a phone number is unique only among people who have no address."""
    department_names_are_unique: bool = True
    refuses_markup_in_names: bool = False
    secondary_emails_max: int = 10

    # --- writing
    resets_changes_flag: bool = True
    """Whether a PUT without the flag about changes resets it, as it does the one about tickets."""
    custom_fields_are_merged: bool = True
    vip_is_writable: bool = False
    agent_external_id_is_writable: bool = True
    edits_inactive_people: bool = True
    converts_inactive_people: bool = True

    # --- deactivating
    agent_delete_status: Literal[200, 204] = 200
    repeated_delete_status: Literal[204, 404] = 204
    """For the DELETE of somebody who is inactive already."""
    delete_clears_reports: bool = False
    """Whether the reports of a deactivated person lose their manager."""
    remove_non_member_status: Literal[204, 404] = 404
