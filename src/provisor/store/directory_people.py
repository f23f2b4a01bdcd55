"""People of the embedded directory as rows: reading, writing, looking up."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from provisor.model.errors import Conflict
from provisor.model.resource import Presence
from provisor.ports.directory import DirectoryUser, LookupKey, UserFilter, fold
from provisor.store.directory_tables import users
from provisor.store.encoding import from_text, optional_time, text_time, time_text, to_text
from provisor.store.upserting import in_chunks

_COLUMNS = {
    LookupKey.USER_PRINCIPAL_NAME: users.c.principal_name_key,
    LookupKey.EMPLOYEE_ID: users.c.employee_id_key,
    LookupKey.MAIL: users.c.mail_key,
}
_CHANGE = users.update().where(users.c.id == sa.bindparam("which"))


def find_users(connection: Connection, key: LookupKey, values: Sequence[str]) -> list[DirectoryUser]:
    """Everybody who answers to one of the values."""
    if key is LookupKey.ID:
        found = load_users(connection, users.c.anchor, values)
        rest = set(values).difference(user.anchor for user in found)
        return found + [user for user in load_users(connection, users.c.id, sorted(rest)) if user not in found]
    return load_users(connection, _COLUMNS[key], [fold(value) for value in values])


def load_users(connection: Connection, column: sa.Column[Any], values: Sequence[str]) -> list[DirectoryUser]:
    """Everybody with one of the values in the column."""
    found: list[DirectoryUser] = []
    for some in in_chunks(values):
        found.extend(map(user_of, connection.execute(users.select().where(column.in_(some))).all()))
    return found


def list_users(connection: Connection, after: str, limit: int, wanted: UserFilter) -> list[DirectoryUser]:
    """The next people in the order of their ids."""
    query = users.select().where(users.c.id > after).order_by(users.c.id).limit(limit)
    if wanted.presence:
        query = query.where(users.c.state == wanted.presence.value)
    if wanted.text:
        part = fold(wanted.text)
        named = (users.c.principal_name_key, users.c.mail_key, users.c.display_name_key)
        query = query.where(sa.or_(*(column.contains(part, autoescape=True) for column in named)))
    return [user_of(row) for row in connection.execute(query)]


def insert_users(connection: Connection, people: Sequence[DirectoryUser]) -> None:
    """New rows. Raises `Conflict` when an id or a UPN is taken."""
    if not people:
        return
    try:
        connection.execute(users.insert(), [row_of(user) for user in people])
    except IntegrityError as error:
        raise _taken(people) from error


def update_users(connection: Connection, people: Sequence[DirectoryUser]) -> None:
    """New states of rows. Raises `Conflict` when a UPN is taken."""
    if not people:
        return
    rows = [row_of(user) for user in people]
    names = [name for name in rows[0] if name not in {"id", "created"}]
    statement = _CHANGE.values({name: sa.bindparam(f"to_{name}") for name in names})
    try:
        connection.execute(
            statement, [{"which": row["id"], **{f"to_{name}": row[name] for name in names}} for row in rows]
        )
    except IntegrityError as error:
        raise _taken(people) from error


def user_of(row: Any) -> DirectoryUser:
    """The person in a row."""
    return DirectoryUser(
        id=row.id,
        attributes=from_text(row.attributes),
        created=text_time(row.created),
        modified=text_time(row.modified),
        is_enabled=bool(row.account_enabled),
        manager_id=row.manager_id,
        manager_wanted=row.manager_wanted,
        presence=Presence(row.state),
        deleted_at=optional_time(row.deleted_at),
        anchor=row.anchor,
    )


def row_of(user: DirectoryUser) -> dict[str, Any]:
    """The row of a person."""
    attributes = user.attributes
    return {
        "id": user.id,
        "anchor": user.anchor or user.id,
        "principal_name_key": _folded(attributes, "userPrincipalName"),
        "employee_id_key": _folded(attributes, "employeeId"),
        "mail_key": _folded(attributes, "mail"),
        "display_name_key": _folded(attributes, "displayName") or "",
        "attributes": to_text(attributes),
        "account_enabled": user.is_enabled,
        "manager_id": user.manager_id,
        "manager_wanted": user.manager_wanted,
        "state": user.presence.value,
        "deleted_at": time_text(user.deleted_at) if user.deleted_at else None,
        "created": time_text(user.created),
        "modified": time_text(user.modified),
    }


def _folded(attributes: Mapping[str, Any], name: str) -> str | None:
    value = attributes.get(name)
    return fold(value) if isinstance(value, str) and value else None


def _taken(people: Sequence[DirectoryUser]) -> Conflict:
    who = people[0].name if len(people) == 1 else f"one of {len(people)} people from {people[0].name}"
    return Conflict(
        f"The id or userPrincipalName of {who} is already taken in the directory.",
        remedy="Give each person their own, or remove the other person first.",
    )
