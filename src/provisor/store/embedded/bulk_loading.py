"""Loading many resources at once: to restore, to move, to measure; not for requests.

No request log and no events: nobody asked for these resources one by one. Uniqueness, indexes and totals are kept as
by single writes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.ports.resources import JsonObject
from provisor.store.embedded.member_changes import MEMBERS, members_in
from provisor.store.embedded.memberships import add_members
from provisor.store.embedded.rows import bare, unique_values_of, values_of
from provisor.store.embedded.uniqueness import claim_values
from provisor.store.embedded.writing import ADD_VALUES, Writer, find_conflict
from provisor.store.scim_tables import GROUP, resources

LOAD_CHUNK = 2_000
"""Resources per transaction."""

_INSERT = resources.insert().returning(resources.c.number, sort_by_parameter_order=True)


def load_resources(
    connection: Connection, writer: Writer, kind: str, found: Sequence[JsonObject], ids: Sequence[str]
) -> None:
    """Store new resources under the given ids. Raises `Conflict` where a unique value is taken, and stores none."""
    type_ = writer.room.types[kind]
    rows = [writer.row_of(kind, bare(resource, type_), new_id) for resource, new_id in zip(found, ids, strict=True)]
    try:
        numbers = connection.scalars(_INSERT, rows).all()
    except sa.exc.IntegrityError as error:
        raise find_conflict(error, kind, {}) from error
    listed = [
        (number, path, value)
        for number, resource in zip(numbers, found, strict=True)
        for path, value in sorted(values_of(resource, kind))
    ]
    ADD_VALUES.run_tuples(connection, listed)
    for number, resource in zip(numbers, found, strict=True) if type_.unique else ():
        claim_values(connection, writer.room.tenant, number, unique_values_of(resource, type_), kind)
    if kind == GROUP:
        for number, resource in zip(numbers, found, strict=True):
            add_members(connection, writer.room.tenant, number, members_in(resource.get(MEMBERS, ())))
    writer.count(connection, kind, len(rows))
