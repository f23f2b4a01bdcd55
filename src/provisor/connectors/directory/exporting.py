"""Export of the embedded directory as CSV, in the form that the import reads.

Cells that a spreadsheet would run as a formula get an apostrophe in front (DESIGN §5), which the import takes away
again. People in the recycle bin are left out. A manager is named by id.
"""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from typing import Any

from provisor.connectors.directory.csv_file import neutralise
from provisor.model.resource import Presence
from provisor.ports.directory import DirectoryStore, DirectoryUser, UserFilter

PAGE_SIZE = 500

_FIRST = (
    "userPrincipalName",
    "displayName",
    "surname",
    "mail",
    "givenName",
    "id",
    "userType",
    "jobTitle",
    "department",
)
_LABELS: Mapping[str, str] = {
    "mobile": "mobilePhone",
    "physicalDeliveryOfficeName": "officeLocation",
    "otherMails": "alternateEmailAddress",
    "dirSyncEnabled": "directorySynced",
    "userState": "invitationState",
}
"""Engine names that the admin center's file calls otherwise."""


async def export_people(directory: DirectoryStore) -> AsyncIterator[str]:
    """The text of a CSV file, in parts: the header, then page by page. Columns are those that somebody has."""
    names: set[str] = set()
    async for page in _pages(directory):
        for user in page:
            names.update(user.attributes)
    first = [name for name in _FIRST if name in names or name == "id"]
    columns = [*first, "accountEnabled", *sorted(names.difference(first)), "manager"]
    yield _lines([[_LABELS.get(name, name) for name in columns]])
    async for page in _pages(directory):
        yield _lines([[neutralise(_cell(user, name)) for name in columns] for user in page])


async def _pages(directory: DirectoryStore) -> AsyncIterator[list[DirectoryUser]]:
    after = ""
    while page := list(await directory.list_users(after, PAGE_SIZE, UserFilter(presence=Presence.PRESENT))):
        after = page[-1].id
        yield page


def _cell(user: DirectoryUser, name: str) -> str:
    match name:
        case "id":
            return user.anchor
        case "accountEnabled":
            return str(user.is_enabled)
        case "manager":
            return user.manager_id or user.manager_wanted or ""
        case _:
            return _text(user.attributes.get(name))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(map(str, value))
    return "" if value is None else str(value)


def _lines(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
