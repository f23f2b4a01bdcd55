"""The sample company Contoso, for a first look and for tests (DESIGN §6).

Its people, groups and assignments are data files in the gallery, made by `tools/make_contoso.py`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.resources import as_file, files
from operator import methodcaller

import msgspec

from provisor.connectors.directory.csv_file import CsvFile
from provisor.connectors.directory.importing import ImportOptions, import_people
from provisor.ports.directory import (
    DEFAULT_ACCESS,
    AppRole,
    AppRoleAssignment,
    DirectoryGroup,
    DirectoryStore,
    DirectoryTransaction,
    DirectoryUser,
    LookupKey,
    PrincipalType,
)

_FOLDER = files("provisor.gallery") / "contoso"


class _Group(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    id: str
    display_name: str
    description: str
    security_enabled: bool
    members: list[str]


class _Assignment(msgspec.Struct, forbid_unknown_fields=True):
    group: str
    role: str


async def load_sample(directory: DirectoryStore, *, now: datetime, new_id: Callable[[], str]) -> None:
    """Bring Contoso's people into an empty directory, and its groups into any.

    Whatever is there already stays as it is, so this may be repeated after an interruption.
    """
    if (await directory.count()).present == 0:
        with as_file(_FOLDER / "people.csv") as path:
            await import_people(directory, CsvFile(path), ImportOptions(), now=now, new_id=new_id)
    for group in _groups():
        if await directory.find_groups(group.id) and await directory.list_members(group.id, "", 1):
            continue
        found = await directory.transact(methodcaller("find_users", LookupKey.USER_PRINCIPAL_NAME, group.members))
        await directory.upsert_group(
            DirectoryGroup(
                id=group.id,
                display_name=group.display_name,
                created=now,
                modified=now,
                description=group.description,
                security_enabled=group.security_enabled,
            )
        )
        await directory.add_members(group.id, [user.id for user in found], now)


def people_file() -> bytes:
    """The CSV file that Contoso's people come from, as the admin center would download it."""
    return (_FOLDER / "people.csv").read_bytes()


async def assign_sample(
    directory: DirectoryStore, app_id: str, roles: Sequence[AppRole], *, now: datetime, new_id: Callable[[], str]
) -> None:
    """Assign Contoso's groups to an application, with those of its roles that the sample names."""
    by_value = {role.value: role for role in roles}
    ids = {group.display_name: group.id for group in _groups()}
    for item in msgspec.json.decode((_FOLDER / "assignments.json").read_bytes(), type=list[_Assignment]):
        role = by_value.get(item.role, DEFAULT_ACCESS)
        await directory.assign(AppRoleAssignment(new_id(), app_id, PrincipalType.GROUP, ids[item.group], role), now)


def _finding(names: Sequence[str]) -> Callable[[DirectoryTransaction], Sequence[DirectoryUser]]:
    return lambda transaction: transaction.find_users(LookupKey.USER_PRINCIPAL_NAME, names)


def _groups() -> list[_Group]:
    return msgspec.json.decode((_FOLDER / "groups.json").read_bytes(), type=list[_Group])
