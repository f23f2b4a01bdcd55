"""A resource: anything with an id and attributes, on either side.

Source resources carry Entra's attribute names (`userPrincipalName`, `accountEnabled`, `manager`, …); target
resources are flat: each target path of a mapping (`name.givenName`, `emails[type eq "work"].value`) is one key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Value = None | str | int | bool | datetime | list[Any]
"""A value of the mapping language (mapping spec §1); a list for multi-valued attributes."""

Attributes = Mapping[str, Any]

SOFT_DELETED = "IsSoftDeleted"
"""The computed source attribute: true when the person is out of scope for whatever reason (engine spec §1.4)."""

APP_ROLES = "appRoleAssignments"
"""The source attribute with the app roles that a user has in the application."""

MEMBER_OF = "memberOf"
"""The source attribute with the groups that a user is an immediate member of: a list of `{"id", "displayName"}`."""


class ObjectType(StrEnum):
    """The kinds of source objects."""

    USER = "User"
    GROUP = "Group"


class Presence(StrEnum):
    """Whether a source object is there."""

    PRESENT = "present"
    SOFT_DELETED = "softDeleted"
    """In the recycle bin."""
    GONE = "gone"
    """Hard-deleted: purged, or 30 days after its soft delete."""


@dataclass(frozen=True, slots=True)
class SourceResource:
    """One user or group of the source, as last read.

    `attributes` holds what was asked for, plus for users `accountEnabled` (bool), `manager` (a source id or None) and
    `appRoleAssignments` (a list of `{"id", "value", "displayName"}` for this application, direct or by group, empty
    when the user is not assigned). `memberOf` is there only when it was asked for.
    """

    id: str
    type: ObjectType
    attributes: Attributes = field(default_factory=dict)
    presence: Presence = Presence.PRESENT

    @property
    def person(self) -> str:
        """What people call this resource in lists and logs."""
        attributes = self.attributes
        return str(attributes.get("userPrincipalName") or attributes.get("displayName") or self.id)


@dataclass(frozen=True, slots=True)
class TargetResource:
    """One resource of the target: its id and its flat attributes."""

    id: str
    attributes: Attributes = field(default_factory=dict)
