"""Roles and actions: the whole table, cell by cell, as engine spec §9 and CONTRACT have it."""

import pytest

from provisor.policy.access import ALLOWED, Action, Role, is_allowed, reaches_every_application

ADMINISTRATORS = {
    "global-administrator",
    "application-administrator",
    "cloud-application-administrator",
}
PEOPLE = ADMINISTRATORS | {"application-owner", "reports-reader", "global-reader"}

WHO_MAY = [
    ("view-status", PEOPLE),
    ("view-log", PEOPLE),
    ("view-configuration", PEOPLE - {"reports-reader"}),
    ("configure-provisioning", ADMINISTRATORS | {"application-owner"}),
    ("run-cycle", ADMINISTRATORS | {"application-owner"}),
    ("decide-removals", ADMINISTRATORS | {"application-owner"}),
    ("administer-people", {"global-administrator"}),
    ("administer-tokens", ADMINISTRATORS),
    ("use-scim", {"scim"}),
]


@pytest.mark.parametrize(("action", "roles"), WHO_MAY, ids=[action for action, _ in WHO_MAY])
def test_each_action_is_allowed_to_exactly_these_roles(action: str, roles: set[str]) -> None:
    """Nobody more and nobody less."""
    assert {role.value for role in Role if is_allowed(role, action)} == roles


def test_the_table_is_complete() -> None:
    """Every role has a row, and the cases above name every action."""
    assert set(ALLOWED) == set(Role)
    assert {action for action, _ in WHO_MAY} == {action.value for action in Action}


@pytest.mark.parametrize(
    ("role", "action"),
    [("", "view-status"), ("root", "view-status"), ("global-administrator", ""), ("Global-Administrator", "view-log")],
)
def test_what_nobody_knows_is_forbidden(role: str, action: str) -> None:
    """An unknown role or action is a no, not a fault."""
    assert not is_allowed(role, action)


def test_only_an_owner_is_bound_to_single_applications() -> None:
    """Everybody else's role holds everywhere."""
    assert [role for role in Role if not reaches_every_application(role)] == [Role.APPLICATION_OWNER]
