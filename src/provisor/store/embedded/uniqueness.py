"""Values that a schema calls unique, held as rows: the database itself lets no two resources have the same.

Scopes, paths and values are those of `rows.unique_values_of`.
"""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Conflict
from provisor.store.prepared import Prepared
from provisor.store.scim_tables import unique_values

Held = Collection[tuple[str, str, str]]

_CLAIM = Prepared(
    sa.text(
        "INSERT INTO scim_unique_values (tenant, scope, path, value, resource_number)"
        " VALUES (:tenant, :scope, :path, :value, :number) ON CONFLICT DO NOTHING"
    )
)
_RELEASE = Prepared(
    unique_values.delete().where(
        unique_values.c.resource_number == sa.bindparam("number"),
        unique_values.c.scope == sa.bindparam("old_scope"),
        unique_values.c.path == sa.bindparam("old_path"),
        unique_values.c.value == sa.bindparam("old_value"),
    )
)


def claim_values(connection: Connection, tenant: str, number: int, wanted: Held, kind: str) -> None:
    """Take values for a resource. Raises `Conflict` when one is taken; nothing of its holder is told."""
    for scope, path, value in sorted(wanted):  # in one order for all writers, so that none waits for another in turn
        row = {"tenant": tenant, "scope": scope, "path": path, "value": value, "number": number}
        if _CLAIM.run(connection, row).rowcount == 0:
            what = kind if scope else "resource"
            raise Conflict(f"There is another {what} with this {path}.", remedy="Find it, or choose another value.")


def release_values(connection: Connection, number: int, gone: Held) -> None:
    """Give values of a resource back."""
    for scope, path, value in sorted(gone):
        _RELEASE.run(connection, {"number": number, "old_scope": scope, "old_path": path, "old_value": value})
