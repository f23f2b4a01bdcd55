"""The first pass over an import file: who is in it, which rows are bad, and whether it is whole.

Only then is it known whether an unknown key is a new person or somebody under another name, and whether two rows are
about the same person. Keys are kept in memory, rows are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisor.connectors.directory.rows import BadRow, Damage, PeopleFile, PersonRow, RowKey, read_row
from provisor.ports.directory import LookupKey, fold


@dataclass(slots=True)
class Survey:
    """What the first pass found. `keys` and `names` are folded (ids excepted), each with the line of its good row."""

    keys: Mapping[LookupKey, dict[str, int]] = field(
        default_factory=lambda: {
            LookupKey.ID: {},
            LookupKey.USER_PRINCIPAL_NAME: {},
            LookupKey.EMPLOYEE_ID: {},
        }
    )
    names: dict[str, int] = field(default_factory=dict)
    bad: dict[int, BadRow] = field(default_factory=dict)
    damage: Damage | None = None
    good_rows: int = 0


def survey_file(file: PeopleFile, row_key: RowKey) -> Survey:
    """Read the whole file once. Raises `Reject` when its columns are not understood."""
    survey = Survey()
    for raw in file.rows():
        if isinstance(raw, Damage):
            survey.damage = raw
            continue
        row = read_row(raw)
        found = _enter(survey, row, row_key) if isinstance(row, PersonRow) else row
        if isinstance(found, BadRow):
            survey.bad[found.line] = found
        else:
            survey.good_rows += 1
    return survey


def key_of(row: PersonRow, row_key: RowKey) -> tuple[LookupKey, str] | None:
    """What the row is known by; None when it has no key."""
    if row_key is RowKey.EMPLOYEE_ID:
        key, value = LookupKey.EMPLOYEE_ID, fold(row.identifier(LookupKey.EMPLOYEE_ID))
    elif row_key is RowKey.ID or (row_key is RowKey.AUTO and row.id):
        key, value = LookupKey.ID, row.id
    else:
        key, value = LookupKey.USER_PRINCIPAL_NAME, fold(row.identifier(LookupKey.USER_PRINCIPAL_NAME))
    return (key, value) if value else None


def has_readable_key(row: BadRow, row_key: RowKey) -> bool:
    """Whether a bad row still says for sure whom it is about."""
    keys = {
        RowKey.AUTO: (LookupKey.ID, LookupKey.USER_PRINCIPAL_NAME),
        RowKey.ID: (LookupKey.ID,),
        RowKey.EMPLOYEE_ID: (LookupKey.EMPLOYEE_ID,),
        RowKey.USER_PRINCIPAL_NAME: (LookupKey.USER_PRINCIPAL_NAME,),
    }
    return row.is_certain and any(row.identifier(key) for key in keys[row_key])


def _enter(survey: Survey, row: PersonRow, row_key: RowKey) -> BadRow | None:
    """Note a row's key and UPN; a row that repeats another's is bad."""
    name = row.identifier(LookupKey.USER_PRINCIPAL_NAME)
    key = key_of(row, row_key)
    if key is None:
        what = {RowKey.ID: "id", RowKey.EMPLOYEE_ID: "employeeId"}.get(row_key, "userPrincipalName")
        return row.refuse(f"{what} is empty, so it cannot be told whom the row is about")
    first = survey.keys[key[0]].setdefault(key[1], row.line)
    if first != row.line:
        return row.refuse(f"{key[0].value} {key[1]} is already in line {first}")
    if name:
        first = survey.names.setdefault(fold(name), row.line)
        if first != row.line:
            del survey.keys[key[0]][key[1]]
            return row.refuse(f"userPrincipalName {name} is already in line {first}")
    return None
