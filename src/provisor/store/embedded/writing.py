"""Writing resources: each function is one piece of work inside the writer's transaction.

A write that changes nothing keeps the version and `lastModified` (RFC 7644 §3.5.2.1). Uniqueness is the business of
the database's indexes, so no two writers can ever agree on the same name.
"""

from collections import Counter
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
from provisor.store.database import gather
from provisor.store.embedded.member_changes import MEMBERS, MemberStep, StepKind, members_in, split_patch
from provisor.store.embedded.memberships import (
    add_members,
    leave_all_groups,
    members_of,
    remove_members,
    replace_members,
)
from provisor.store.embedded.reading import SHOWN, ResourceRow, Room, find_row
from provisor.store.embedded.rows import (
    FOUND_IN,
    bare,
    changed_names,
    found_by,
    is_expected,
    resource_of,
    text_of,
    unique_values_of,
    values_of,
    with_meta,
)
from provisor.store.embedded.uniqueness import claim_values, release_values
from provisor.store.prepared import Prepared
from provisor.store.scim_tables import GROUP, resources
from provisor.store.scim_tables import values as values_table

_FOUND_BY = ("user_name", "external_id", "display_name", "unique_name", "manager_id", "label")
"""The columns that `found_by` fills."""
_INSERT = Prepared(
    resources.insert(), ("tenant", "kind", "id", "created", "last_modified", "version", "body", *_FOUND_BY)
)
_THIS = resources.c.number == sa.bindparam("row_number")
_UPDATE = Prepared(resources.update().where(_THIS), ("version", "last_modified", "body", *_FOUND_BY))
_UPDATE_BODY = Prepared(resources.update().where(_THIS), ("version", "last_modified", "body"))
"""Most changes touch nothing that an index holds, and an index costs SQLite whether its value changes or not."""
_TOUCH = Prepared(resources.update().where(_THIS), ("version", "last_modified"))
_DELETE = Prepared(resources.delete().where(_THIS))
_BUMP = Prepared(
    resources.update().where(_THIS).values(version=resources.c.version + 1, last_modified=sa.bindparam("moment"))
)
_NUMBERED = Prepared(sa.select(*SHOWN).where(_THIS))
_REPORTS = Prepared(
    sa.select(*SHOWN).where(
        resources.c.tenant == sa.bindparam("of_tenant"), resources.c.manager_id == sa.bindparam("manager")
    )
)
ADD_VALUES = Prepared(values_table.insert(), ("resource_number", "path", "value"))
_REMOVE_VALUE = Prepared(
    values_table.delete().where(
        values_table.c.resource_number == sa.bindparam("row_number"),
        values_table.c.path == sa.bindparam("old_path"),
        values_table.c.value == sa.bindparam("old_value"),
    )
)
_COUNT = Prepared(
    sa.text(
        "INSERT INTO scim_totals (tenant, kind, total) VALUES (:tenant, :kind, :change)"
        " ON CONFLICT (tenant, kind) DO UPDATE SET total = scim_totals.total + :change"
    )
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
        kept = bare(resource, self.room.types[kind])
        row = self.row_of(kind, kept, new_id)
        try:
            number = _INSERT.insert(connection, row)
        except sa.exc.IntegrityError as error:
            raise find_conflict(error, kind, resource) from error
        self.count(connection, kind, 1)
        _add_values(connection, number, values_of(resource, kind))
        claim_values(connection, self.room.tenant, number, unique_values_of(resource, self.room.types[kind]), kind)
        if wanted:
            add_members(connection, self.room.tenant, number, wanted)
        shown = ResourceRow(number, kind, new_id, self.moment, self.moment, 1, row["body"], row["manager_id"])
        created = with_meta(kept, shown, kind)
        self._record(connection, Change(Action.CREATE, kind, new_id, None, created, bool(wanted)))
        return created

    def row_of(self, kind: str, kept: JsonObject, new_id: str) -> dict[str, Any]:
        """The row of a new resource of which this is kept."""
        return {
            "tenant": self.room.tenant,
            "kind": kind,
            "id": new_id,
            "created": self.moment,
            "last_modified": self.moment,
            "version": 1,
            "body": text_of(kept),
            **found_by(kept, self.room.types[kind], unique_group_names=self.unique_group_names),
        }

    def count(self, connection: Connection, kind: str, change: int) -> None:
        """Keep the total of a kind."""
        gather(connection, _store_counts, (self.room.tenant, kind, change))

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
        return self._save(connection, row, resource_of(row, kind), resource, Action.REPLACE, members_changed=is_changed)

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
        before = resource_of(row, kind)
        if kind != GROUP:
            return self._save(connection, row, before, apply_patch(before, operations, type_, lenient=lenient))
        split = split_patch(operations, type_, lenient=lenient)
        if split.steps is None:
            return self._patch_all_members(connection, row, before, operations, lenient=lenient)
        changed = apply_patch(before, split.rest, type_, lenient=lenient) if split.rest else before
        is_changed = False
        for step in split.steps:
            is_changed |= self._take(connection, row.number, step)
        return self._save(connection, row, before, changed, members_changed=is_changed)

    def delete(self, connection: Connection, kind: str, resource_id: str, expected: Sequence[str] | None) -> None:
        """Remove a resource, its memberships, and it as anybody's manager."""
        row = self._find(connection, kind, resource_id, expected)
        left = leave_all_groups(connection, self.room.tenant, resource_id)
        _BUMP.run_all(connection, [{"row_number": number, "moment": self.moment} for number in left])
        self._record_groups(connection, left)
        self._forget_manager(connection, resource_id)
        _DELETE.run(connection, {"row_number": row.number})
        self.count(connection, kind, -1)
        if self.record is not None:
            self._record(connection, Change(Action.DELETE, kind, resource_id, resource_of(row, kind), None))

    def _find(self, connection: Connection, kind: str, resource_id: str, expected: Sequence[str] | None) -> ResourceRow:
        row = find_row(connection, self.room, kind, resource_id, for_update=True)
        if expected is not None and not is_expected(row.version, expected):
            raise PreconditionFailed(
                f"The {kind} {resource_id} has changed since it was read.", remedy="Read it again and decide anew."
            )
        return row

    def _save(
        self,
        connection: Connection,
        row: ResourceRow,
        before: JsonObject,
        resource: JsonObject,
        action: Action = Action.PATCH,
        *,
        members_changed: bool = False,
        is_consequence: bool = False,
    ) -> JsonObject:
        """Write what is different; the resource as it now is. What is joined is neither in it nor in `before`."""
        kind, type_ = row.kind, self.room.types[row.kind]
        kept = bare(resource, type_)
        changed = changed_names(before, kept, type_)
        if not changed and not members_changed:
            self._record(connection, Change(action, kind, row.id, before, before))
            return before
        new_row = row._replace(version=row.version + 1, last_modified=self.moment)
        values: dict[str, Any] = {"row_number": row.number, "version": new_row.version, "last_modified": self.moment}
        if changed:
            values["body"] = text_of(kept)
            new_row = new_row._replace(body=values["body"])
            self._update(connection, row, values, before, kept, changed)
        else:
            _TOUCH.run(connection, values)
        after = resource_of(new_row, kind)
        self._record(connection, Change(action, kind, row.id, before, after, members_changed, is_consequence))
        return after

    def _update(
        self,
        connection: Connection,
        row: ResourceRow,
        values: dict[str, Any],
        before: JsonObject,
        kept: JsonObject,
        changed: set[str],
    ) -> None:
        """Write the JSON, and what is found by where that changes."""
        type_ = self.room.types[row.kind]
        old = new = None
        if not changed.isdisjoint(FOUND_IN):
            old = found_by(before, type_, unique_group_names=self.unique_group_names)
            new = found_by(kept, type_, unique_group_names=self.unique_group_names)
        try:
            if new is None or old == new:
                _UPDATE_BODY.run(connection, values)
            else:
                _UPDATE.run(connection, values | new)
        except sa.exc.IntegrityError as error:
            raise find_conflict(error, row.kind, kept) from error
        if new is not None:
            held, wanted = values_of(before, row.kind), values_of(kept, row.kind)
            _remove_values(connection, row.number, held - wanted)
            _add_values(connection, row.number, wanted - held)
        if any((place.container or place.attribute.name) in changed for place in type_.unique):
            mine, claimed = unique_values_of(before, type_), unique_values_of(kept, type_)
            release_values(connection, row.number, mine - claimed)
            claim_values(connection, self.room.tenant, row.number, claimed - mine, row.kind)

    def _record(self, connection: Connection, change: Change) -> None:
        if self.record is not None:
            self.record(connection, change)

    def _record_groups(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Say of groups that they have lost a member who was deleted."""
        if self.record is None:
            return
        for number in numbers:
            row = ResourceRow._make(_NUMBERED.run(connection, {"row_number": number}).fetchone())
            group = resource_of(row, row.kind)
            change = Change(Action.PATCH, row.kind, row.id, group, group, members_changed=True, is_consequence=True)
            self._record(connection, change)

    def _patch_all_members(
        self,
        connection: Connection,
        row: ResourceRow,
        before: JsonObject,
        operations: Sequence[PatchOperation],
        *,
        lenient: bool,
    ) -> JsonObject:
        """A patch that looks into the list of members: over all of them."""
        current = before | {MEMBERS: members_of(connection, [row.number]).get(row.number, [])}
        changed = apply_patch(current, operations, self.room.types[GROUP], lenient=lenient)
        wanted = members_in(changed.get(MEMBERS, ()))
        is_changed = replace_members(connection, self.room.tenant, row.number, wanted)
        return self._save(connection, row, before, changed, members_changed=is_changed)

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
        for found in _REPORTS.run(connection, {"of_tenant": self.room.tenant, "manager": manager_id}).fetchall():
            row = ResourceRow._make(found)
            before = resource_of(row, row.kind)
            extension = {name: value for name, value in before[ENTERPRISE_SCHEMA].items() if name != "manager"}
            resource = before | {ENTERPRISE_SCHEMA: extension}
            if not extension:
                del resource[ENTERPRISE_SCHEMA]
                resource["schemas"] = [each for each in before["schemas"] if each != ENTERPRISE_SCHEMA]
            self._save(connection, row, before, resource, is_consequence=True)


def _store_counts(connection: Connection, counts: Sequence[tuple[str, str, int]]) -> None:
    """Add up what the writes of one commit counted: a total is then one row written, not one for each of them."""
    sums: Counter[tuple[str, str]] = Counter()
    for tenant, kind, change in counts:
        sums[tenant, kind] += change
    for (tenant, kind), change in sorted(sums.items()):
        _COUNT.run(connection, {"tenant": tenant, "kind": kind, "change": change})


def _add_values(connection: Connection, number: int, found: set[tuple[str, str]]) -> None:
    if found:
        ADD_VALUES.run_tuples(connection, [(number, path, value) for path, value in sorted(found)])


def _remove_values(connection: Connection, number: int, gone: set[tuple[str, str]]) -> None:
    if gone:
        rows = [{"row_number": number, "old_path": path, "old_value": value} for path, value in sorted(gone)]
        _REMOVE_VALUE.run_all(connection, rows)


def find_conflict(error: sa.exc.IntegrityError, kind: str, resource: Mapping[str, Any]) -> Conflict:
    """The error that says which unique value is taken; nothing of the other resource is told."""
    name = "displayName" if "unique_name" in str(error.orig) else "userName"
    value = str(resource.get(name, ""))[:200]
    return Conflict(f"There is another {kind} with the {name} '{value}'.", remedy="Find it, or choose another.")
