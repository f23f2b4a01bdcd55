"""Writing resources: each function is one piece of work inside the writer's transaction.

A write that changes nothing keeps the version and `lastModified` (RFC 7644 §3.5.2.1). Uniqueness is the business of
the database's indexes, so no two writers can ever agree on the same name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Conflict, PreconditionFailed
from provisor.ports.changes import Action, Change
from provisor.ports.resources import JsonObject
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA
from provisor.scim.patch import PatchOperation, apply_patch
from provisor.store.embedded.member_changes import MEMBERS, MemberStep, StepKind, members_in, split_patch
from provisor.store.embedded.memberships import (
    add_members,
    leave_all_groups,
    members_of,
    remove_members,
    replace_members,
)
from provisor.store.embedded.reading import Room, find_row
from provisor.store.embedded.rows import bare, columns_of, is_expected, resource_of, unique_values_of, values_of
from provisor.store.embedded.uniqueness import claim_values, release_values
from provisor.store.scim_tables import GROUP, resources
from provisor.store.scim_tables import values as values_table

_INSERT = resources.insert()
_UPDATE = resources.update().where(resources.c.number == sa.bindparam("row_number"))
_DELETE = resources.delete().where(resources.c.number == sa.bindparam("row_number"))
_BUMP = (
    resources.update()
    .where(resources.c.number.in_(sa.bindparam("numbers", expanding=True)))
    .values(version=resources.c.version + 1, last_modified=sa.bindparam("moment"))
)
_ADD_VALUES = values_table.insert()
_REMOVE_VALUE = values_table.delete().where(
    values_table.c.resource_number == sa.bindparam("row_number"),
    values_table.c.path == sa.bindparam("old_path"),
    values_table.c.value == sa.bindparam("old_value"),
)
_COUNT = sa.text(
    "INSERT INTO scim_totals (tenant, kind, total) VALUES (:tenant, :kind, :change)"
    " ON CONFLICT (tenant, kind) DO UPDATE SET total = scim_totals.total + :change"
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for one tenant at one moment (ISO text). `record` is told of each write in its transaction."""

    room: Room
    unique_group_names: bool
    moment: str
    record: Callable[[Connection, Change], None] | None = None

    def create(self, connection: Connection, kind: str, resource: JsonObject, new_id: str) -> JsonObject:
        """Store a new resource. Raises `Conflict`."""
        wanted = members_in(resource.get(MEMBERS, ())) if kind == GROUP else {}
        row = self.row_of(kind, resource, new_id)
        try:
            result = connection.execute(_INSERT, row)
        except sa.exc.IntegrityError as error:
            raise find_conflict(error, kind, resource) from error
        assert result.inserted_primary_key is not None
        number = result.inserted_primary_key[0]
        self.count(connection, kind, 1)
        _add_values(connection, number, values_of(resource, kind))
        claim_values(connection, self.room.tenant, number, unique_values_of(resource, self.room.types[kind]), kind)
        if wanted:
            add_members(connection, self.room.tenant, number, wanted)
        created = resource_of(_Row(row), kind)
        self._record(connection, Change(Action.CREATE, kind, new_id, None, created, bool(wanted)))
        return created

    def row_of(self, kind: str, resource: JsonObject, new_id: str) -> dict[str, Any]:
        """The row of a new resource."""
        return {
            "tenant": self.room.tenant,
            "kind": kind,
            "id": new_id,
            "created": self.moment,
            "last_modified": self.moment,
            "version": 1,
            **columns_of(resource, self.room.types[kind], unique_group_names=self.unique_group_names),
        }

    def count(self, connection: Connection, kind: str, change: int) -> None:
        """Keep the total of a kind."""
        connection.execute(_COUNT, {"tenant": self.room.tenant, "kind": kind, "change": change})

    def replace(
        self,
        connection: Connection,
        kind: str,
        resource_id: str,
        resource: JsonObject,
        expected: Sequence[str] | None,
    ) -> JsonObject:
        """Put a whole resource in the place of another."""
        row = self._find(connection, kind, resource_id, expected)
        is_changed = False
        if kind == GROUP:
            wanted = members_in(resource.get(MEMBERS, ()))
            is_changed = replace_members(connection, self.room.tenant, row.number, wanted)
        return self._save(connection, row, kind, resource, Action.REPLACE, members_changed=is_changed)

    def patch(
        self,
        connection: Connection,
        kind: str,
        resource_id: str,
        operations: Sequence[PatchOperation],
        expected: Sequence[str] | None,
        *,
        lenient: bool,
    ) -> JsonObject:
        """Apply the operations in order, all or none."""
        row = self._find(connection, kind, resource_id, expected)
        type_ = self.room.types[kind]
        current = resource_of(row, kind)
        if kind != GROUP:
            changed = apply_patch(current, operations, type_, lenient=lenient)
            return self._save(connection, row, kind, changed)
        split = split_patch(operations, type_, lenient=lenient)
        if split.steps is None:
            return self._patch_all_members(connection, row, operations, lenient=lenient)
        if split.rest:
            current = apply_patch(current, split.rest, type_, lenient=lenient)
        is_changed = False
        for step in split.steps:
            is_changed |= self._take(connection, row.number, step)
        return self._save(connection, row, kind, current, members_changed=is_changed)

    def delete(self, connection: Connection, kind: str, resource_id: str, expected: Sequence[str] | None) -> None:
        """Remove a resource, its memberships, and it as anybody's manager."""
        row = self._find(connection, kind, resource_id, expected)
        left = leave_all_groups(connection, self.room.tenant, resource_id)
        if left:
            connection.execute(_BUMP, {"numbers": list(left), "moment": self.moment})
        self._forget_manager(connection, resource_id)
        connection.execute(_DELETE, {"row_number": row.number})
        self.count(connection, kind, -1)
        if self.record is not None:
            self._record(connection, Change(Action.DELETE, kind, resource_id, resource_of(row, kind), None))

    def _find(self, connection: Connection, kind: str, resource_id: str, expected: Sequence[str] | None) -> Any:
        row = find_row(connection, self.room, kind, resource_id, for_update=True)
        if expected is not None and not is_expected(row.version, expected):
            raise PreconditionFailed(
                f"The {kind} {resource_id} has changed since it was read.", remedy="Read it again and decide anew."
            )
        return row

    def _save(
        self,
        connection: Connection,
        row: Any,
        kind: str,
        resource: JsonObject,
        action: Action = Action.PATCH,
        *,
        members_changed: bool = False,
        is_consequence: bool = False,
    ) -> JsonObject:
        """Write what is different; the resource as it now is, without what is joined."""
        type_ = self.room.types[kind]
        values: dict[str, Any] = {}
        before = resource_of(row, kind)
        if bare(resource, type_) != bare(before, type_):
            values = columns_of(resource, type_, unique_group_names=self.unique_group_names)
        if not values and not members_changed:
            self._record(connection, Change(action, kind, row.id, before, before))
            return before
        values |= {"version": row.version + 1, "last_modified": self.moment}
        try:
            connection.execute(_UPDATE, {"row_number": row.number, **values})
        except sa.exc.IntegrityError as error:
            raise find_conflict(error, kind, resource) from error
        old, new = values_of(before, kind), values_of(resource, kind)
        _remove_values(connection, row.number, old - new)
        _add_values(connection, row.number, new - old)
        if type_.unique:
            held, wanted = unique_values_of(before, type_), unique_values_of(resource, type_)
            release_values(connection, row.number, held - wanted)
            claim_values(connection, self.room.tenant, row.number, wanted - held, kind)
        after = resource_of(_Row({**row._mapping, **values}), kind)  # noqa: SLF001 - the public name of a row's dict
        self._record(connection, Change(action, kind, row.id, before, after, members_changed, is_consequence))
        return after

    def _record(self, connection: Connection, change: Change) -> None:
        if self.record is not None:
            self.record(connection, change)

    def _patch_all_members(
        self, connection: Connection, row: Any, operations: Sequence[PatchOperation], *, lenient: bool
    ) -> JsonObject:
        """A patch that looks into the list of members: over all of them."""
        current = resource_of(row, GROUP)
        current[MEMBERS] = members_of(connection, [row.number]).get(row.number, [])
        changed = apply_patch(current, operations, self.room.types[GROUP], lenient=lenient)
        wanted = members_in(changed.get(MEMBERS, ()))
        is_changed = replace_members(connection, self.room.tenant, row.number, wanted)
        return self._save(connection, row, GROUP, changed, members_changed=is_changed)

    def _take(self, connection: Connection, group_number: int, step: MemberStep) -> bool:
        tenant = self.room.tenant
        match step.kind:
            case StepKind.ADD:
                return add_members(connection, tenant, group_number, step.members)
            case StepKind.REMOVE:
                return remove_members(connection, group_number, step.members.keys())
            case StepKind.REPLACE:
                return replace_members(connection, tenant, group_number, step.members)

    def _forget_manager(self, connection: Connection, manager_id: str) -> None:
        reports = connection.execute(
            sa.select(resources).where(resources.c.tenant == self.room.tenant, resources.c.manager_id == manager_id)
        ).all()
        for row in reports:
            resource = resource_of(row, row.kind)
            extension = {name: value for name, value in resource[ENTERPRISE_SCHEMA].items() if name != "manager"}
            if extension:
                resource[ENTERPRISE_SCHEMA] = extension
            else:
                del resource[ENTERPRISE_SCHEMA]
                resource["schemas"] = [each for each in resource["schemas"] if each != ENTERPRISE_SCHEMA]
            self._save(connection, row, row.kind, resource, is_consequence=True)


class _Row:
    """A row that was written, in the shape of one that was read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.id = values["id"]
        self.created = values["created"]
        self.last_modified = values["last_modified"]
        self.version = values["version"]
        self.body = values["body"]


def _add_values(connection: Connection, number: int, found: set[tuple[str, str]]) -> None:
    if found:
        rows = [{"resource_number": number, "path": path, "value": value} for path, value in sorted(found)]
        connection.execute(_ADD_VALUES, rows)


def _remove_values(connection: Connection, number: int, gone: set[tuple[str, str]]) -> None:
    if gone:
        rows = [{"row_number": number, "old_path": path, "old_value": value} for path, value in sorted(gone)]
        connection.execute(_REMOVE_VALUE, rows)


def find_conflict(error: sa.exc.IntegrityError, kind: str, resource: Mapping[str, Any]) -> Conflict:
    """The error that says which unique value is taken; nothing of the other resource is told."""
    name = "displayName" if "unique_name" in str(error.orig) else "userName"
    value = str(resource.get(name, ""))[:200]
    return Conflict(f"There is another {kind} with the {name} '{value}'.", remedy="Find it, or choose another.")
