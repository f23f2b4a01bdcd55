"""The embedded directory: people, groups, members and app role assignments, with a feed of what changed.

Attributes carry the provisioning engine's names (mapping spec §8); `accountEnabled` and `manager` are fields of their
own. Everything that refers to a person or a group does so by object id, so it survives a rename. Whoever changes a
person's assignment, membership, role or manager changes that person in the feed, in the same transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from unicodedata import normalize

from provisor.model.resource import Presence

T = TypeVar("T")


def fold(text: str) -> str:
    """The form in which names are compared: composed, without case."""
    return normalize("NFC", text).casefold()


class LookupKey(StrEnum):
    """What a person can be looked up by. All but `ID` ignore case."""

    ID = "id"
    """The object id, or the id under which imports know the person."""
    USER_PRINCIPAL_NAME = "userPrincipalName"
    EMPLOYEE_ID = "employeeId"
    MAIL = "mail"


class PrincipalType(StrEnum):
    """What an assignment or a membership names."""

    USER = "User"
    GROUP = "Group"


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """One person. `anchor` is the id that imports know the person by; it differs from `id` after a change of ids.

    `manager_wanted` is the UPN or id of a manager whom nobody in the directory answers to yet; beside a `manager_id`,
    the former UPN under which a file still names them.
    """

    id: str
    attributes: Mapping[str, Any]
    created: datetime
    modified: datetime
    is_enabled: bool = True
    manager_id: str | None = None
    manager_wanted: str | None = None
    presence: Presence = Presence.PRESENT
    deleted_at: datetime | None = None
    anchor: str = ""

    @property
    def name(self) -> str:
        """What people call this person in lists: the UPN, else the display name, else the id."""
        attributes = self.attributes
        return str(attributes.get("userPrincipalName") or attributes.get("displayName") or self.id)


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    """One group; only a security-enabled one passes its assignment on to its immediate members."""

    id: str
    display_name: str
    created: datetime
    modified: datetime
    description: str | None = None
    mail: str | None = None
    mail_nickname: str | None = None
    security_enabled: bool = True


@dataclass(frozen=True, slots=True)
class AppRole:
    """A role that an application defines."""

    id: str
    value: str
    display_name: str


DEFAULT_ACCESS = AppRole("00000000-0000-0000-0000-000000000000", "", "Default Access")
"""What is assigned when an application's roles are not used (engine spec §1.2)."""


@dataclass(frozen=True, slots=True)
class AppRoleAssignment:
    """A user or a group, assigned to an application with a role."""

    id: str
    app_id: str
    principal_type: PrincipalType
    principal_id: str
    role: AppRole = DEFAULT_ACCESS


@dataclass(frozen=True, slots=True)
class AssignedUser:
    """A person with the roles held in one application, direct or by group, without repetition."""

    user: DirectoryUser
    roles: tuple[AppRole, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Whom the feed names after a number: `gone` have been deleted for good. `last` is the number to go on from."""

    people: tuple[AssignedUser, ...] = ()
    gone: tuple[str, ...] = ()
    last: int = 0
    is_last_page: bool = True


@dataclass(frozen=True, slots=True)
class DirectoryCounts:
    """How much there is."""

    present: int = 0
    soft_deleted: int = 0
    groups: int = 0


@dataclass(frozen=True, slots=True)
class ManagerLink:
    """Who somebody's manager is: an object id, or a UPN or id that nobody answers to yet, or neither.

    Both: the manager is named by a former UPN, which is `wanted`.
    """

    user_id: str
    manager_id: str | None = None
    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which people a listing shows: `text` is a part of a name, UPN or mail address."""

    text: str = ""
    presence: Presence | None = None


class DirectoryTransaction(Protocol):
    """One transaction on people: everything in it happens, or nothing. Runs in a thread and is not async."""

    def find_users(self, key: LookupKey, values: Sequence[str]) -> Sequence[DirectoryUser]:
        """Everybody, in the recycle bin too, who answers to one of the values; in no particular order."""
        ...

    def list_users(self, after: str, limit: int, users: UserFilter) -> Sequence[DirectoryUser]:
        """The next people in the order of their ids."""
        ...

    def list_names(self, after: str, limit: int) -> Sequence[tuple[str, str]]:
        """Ids and folded UPNs of the next people who are present, in the order of their ids."""
        ...

    def insert_users(self, users: Sequence[DirectoryUser]) -> None:
        """New people. Raises `Conflict` when an id or a UPN is taken."""
        ...

    def replace_users(self, users: Sequence[DirectoryUser]) -> None:
        """New states of people who are there. Raises `Conflict` when a UPN is taken."""
        ...

    def release_names(self, user_ids: Sequence[str]) -> None:
        """Let others take these people's UPNs; they keep them as attributes."""
        ...

    def soft_delete(self, user_ids: Sequence[str], now: datetime) -> None:
        """Put people who are present into the recycle bin."""
        ...

    def link_managers(self, links: Sequence[ManagerLink], now: datetime) -> None:
        """Change people's managers."""
        ...

    def list_waiting_for_manager(self, after: str, limit: int) -> Sequence[ManagerLink]:
        """The next people, in the order of their ids, whose manager nobody answers to yet."""
        ...

    def count(self) -> DirectoryCounts:
        """How much there is."""
        ...


class DirectoryStore(Protocol):
    """The embedded directory of this installation. Unknown ids raise `NotFound`."""

    async def transact(self, work: Callable[[DirectoryTransaction], T]) -> T:
        """Run work in one write transaction; returns once it is durable."""
        ...

    async def get_user(self, user_id: str) -> DirectoryUser:
        """One person, in the recycle bin too."""
        ...

    async def find_users(self, reference: str) -> Sequence[DirectoryUser]:
        """Who answers to the reference as id, else as UPN, else as `employeeId`, else as mail address."""
        ...

    async def list_users(self, after: str, limit: int, users: UserFilter | None = None) -> Sequence[DirectoryUser]:
        """The next people in the order of their ids."""
        ...

    async def count(self) -> DirectoryCounts:
        """How much there is."""
        ...

    async def upsert_user(self, user: DirectoryUser) -> bool:
        """Store one person; whether anything changed. Raises `Conflict` when the UPN is taken."""
        ...

    async def soft_delete_user(self, user_id: str, now: datetime) -> None:
        """Put a person into the recycle bin."""
        ...

    async def restore_user(self, user_id: str, now: datetime) -> None:
        """Take a person out of the recycle bin. Raises `Conflict` when the UPN was taken meanwhile."""
        ...

    async def purge_user(self, user_id: str, now: datetime) -> None:
        """Delete for good somebody who is in the recycle bin. Raises `Conflict` for somebody who is not."""
        ...

    async def purge_expired(self, deleted_before: datetime, now: datetime) -> int:
        """Delete for good everybody who was put into the recycle bin before; how many."""
        ...

    async def forget_user(self, user_id: str, now: datetime) -> None:
        """Erase a person, present or not, with memberships, assignments and the references of others."""
        ...

    async def upsert_group(self, group: DirectoryGroup) -> bool:
        """Store one group; whether anything changed."""
        ...

    async def delete_group(self, group_id: str, now: datetime) -> None:
        """Delete a group with its memberships and assignments."""
        ...

    async def find_groups(self, reference: str) -> Sequence[DirectoryGroup]:
        """Who answers to the reference as id, else as display name (ignoring case)."""
        ...

    async def list_groups(self, after: str, limit: int) -> Sequence[DirectoryGroup]:
        """The next groups in the order of their ids."""
        ...

    async def add_members(
        self, group_id: str, member_ids: Sequence[str], now: datetime, member_type: PrincipalType = PrincipalType.USER
    ) -> int:
        """Add those who are not members yet; how many."""
        ...

    async def remove_members(self, group_id: str, member_ids: Sequence[str], now: datetime) -> int:
        """Remove members; how many."""
        ...

    async def list_members(self, group_id: str, after: str, limit: int) -> Sequence[tuple[str, PrincipalType]]:
        """The next members in the order of their ids."""
        ...

    async def assign(self, assignment: AppRoleAssignment, now: datetime) -> bool:
        """Assign; whether that is new. Raises `NotFound` for a principal that is not there."""
        ...

    async def unassign(self, app_id: str, principal_id: str, now: datetime, role_id: str | None = None) -> int:
        """Take away one role, or all; how many."""
        ...

    async def list_assignments(self, app_id: str) -> Sequence[AppRoleAssignment]:
        """Who is assigned to an application."""
        ...

    async def forget_app(self, app_id: str, now: datetime) -> None:
        """Remove every assignment to an application that is deleted."""
        ...

    async def read_people(self, app_id: str, after: str, limit: int) -> Sequence[AssignedUser]:
        """The next people in the order of their ids, the recycle bin included, with their roles in one application."""
        ...

    async def read_named(self, app_id: str, user_ids: Sequence[str]) -> Sequence[AssignedUser]:
        """Those of these people who are there, deleted ones in the recycle bin included, with their roles."""
        ...

    async def read_feed(self, app_id: str, after: int, limit: int) -> FeedPage:
        """Whom the feed names after a number, each once, with their present state."""
        ...

    async def groups_of(self, user_ids: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
        """The groups that people are immediate members of: pairs of id and display name, by the person's id."""
        ...

    async def last_change(self) -> int:
        """The number of the latest change of a person; 0 before the first."""
        ...
