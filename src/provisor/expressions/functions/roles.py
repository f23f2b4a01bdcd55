"""Functions of app roles (mapping spec §3.4): what a person is assigned, as role objects or as one name.

An assignment is `{"id", "value", "displayName"}`, or the name of a role alone. How the update is sent, added or
replaced, is decided where operations are made; the values are the same.
"""

from typing import Any

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import to_text
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter
from provisor.expressions.choices import SINGLE_ROLE_TEXT, RoleText
from provisor.model.resource import APP_ROLES

ROLE_TYPE = "WindowsAzureActiveDirectoryRole"
"""The type of every role object; it cannot be set by a mapping."""


def _names(assignment: Any) -> tuple[str, str]:
    """The value and the display name of a role; each stands in for the other where it is missing."""
    if isinstance(assignment, dict):
        value = to_text(assignment.get("value")) or ""
        display = to_text(assignment.get("displayName")) or to_text(assignment.get("display")) or ""
    else:
        value = display = to_text(assignment) or ""
    return value or display, display or value


def _build_single(arguments: Arguments) -> Evaluate:
    read = arguments.items(0)

    def evaluate(context: Context) -> str | None:
        assignments = read(context)
        if not assignments:
            return None
        value, display = _names(assignments[0])
        return display if SINGLE_ROLE_TEXT is RoleText.DISPLAY_NAME else value

    return evaluate


def _build_complex(arguments: Arguments) -> Evaluate:
    read = arguments.items(0)

    def evaluate(context: Context) -> list[dict[str, Any]]:
        names = [_names(assignment) for assignment in read(context)]
        return [{"primary": False, "type": ROLE_TYPE, "display": display, "value": value} for value, display in names]

    return evaluate


def _build_values(arguments: Arguments) -> Evaluate:
    read = arguments.items(0)
    return lambda context: [_names(assignment)[0] for assignment in read(context)]


_PARAMETERS = (Parameter("source", key="source"),)
_ADMIN = {APP_ROLES: [{"id": "r-1", "value": "admin", "displayName": "Admin"}]}
_OBJECTS = [{"primary": False, "type": ROLE_TYPE, "display": "Admin", "value": "admin"}]

FUNCTIONS = (
    Function(
        "SingleAppRoleAssignment",
        "The name of the app role that a person has; of several, the first.",
        _PARAMETERS,
        Example("SingleAppRoleAssignment([appRoleAssignments])", "Admin", _ADMIN),
        _build_single,
    ),
    Function(
        "AppRoleAssignmentsComplex",
        "All app roles as SCIM role objects; updates add them and take none away.",
        _PARAMETERS,
        Example("AppRoleAssignmentsComplex([appRoleAssignments])", _OBJECTS, _ADMIN),
        _build_complex,
        None,
    ),
    Function(
        "AssertiveAppRoleAssignmentsComplex",
        "All app roles as SCIM role objects; updates replace what the target has.",
        _PARAMETERS,
        Example("AssertiveAppRoleAssignmentsComplex([appRoleAssignments])", _OBJECTS, _ADMIN),
        _build_complex,
        None,
    ),
    Function(
        "AppRoleAssignments",
        "The values of all app roles, as a list of texts.",
        _PARAMETERS,
        Example("AppRoleAssignments([appRoleAssignments])", ["admin"], _ADMIN),
        _build_values,
        None,
    ),
)
