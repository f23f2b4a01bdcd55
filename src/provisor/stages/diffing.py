"""Diff: what the target should hold, against what it is known to hold, becomes one operation (engine spec §1.4).

This is where the product decides. An operation is a value: nothing has been sent, and everything that shows, plans,
holds or undoes reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from provisor.expressions.values import canonical_text
from provisor.model.link import Link
from provisor.model.operation import Action, AttributeChange, Operation
from provisor.model.resource import SOFT_DELETED, Presence, SourceResource
from provisor.model.rules import AttributeDefinition, AttributeType
from provisor.stages.differences import derive_changes
from provisor.stages.resolving import Resolved
from provisor.stages.rules.compiled import CompiledRules
from provisor.stages.rules.targets import OBJECT_FILTER
from provisor.stages.scoping import ScopeVerdict

ACTIVE = "active"
"""SCIM's own attribute (RFC 7643 §4.1.1): false means that the account cannot be used."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an operation is about: the source resource, its name for people, and the account it has, if any."""

    resource: SourceResource
    person: str
    target_id: str | None = None
    known: Mapping[str, Any] | None = None
    is_managed: bool = True

    @classmethod
    def of(cls, resource: SourceResource, person: str, link: Link | None) -> "Subject":
        """From a resource and its link."""
        if link is None:
            return cls(resource, person)
        return cls(resource, person, link.target_id, link.known, link.is_managed)


def decide_operation(subject: Subject, verdict: ScopeVerdict, desired: Resolved, rules: CompiledRules) -> Operation:
    """What is to be done about one person. Never raises; a skip carries its reason."""
    if subject.target_id is None:
        return _decide_without_account(subject, verdict, desired, rules)
    if subject.resource.presence is Presence.GONE:
        return _decide_deletion(subject, rules)
    if not verdict.is_in:
        return _decide_disabling(subject, verdict, desired, rules)
    return _decide_update(subject, desired, rules)


def skip(subject: Subject, code: str, reason: str) -> Operation:
    """Nothing is sent; `code` is a skip reason of engine spec §4.3."""
    return Operation(
        Action.OTHER,
        subject.resource.id,
        subject.person,
        subject.resource.type,
        subject.target_id,
        reason=f"{code}: {subject.person} {reason}.",
    )


def takes_access_away(changes: tuple[AttributeChange, ...], rules: CompiledRules) -> bool:
    """Whether somebody loses access by these changes, whatever mapping caused them (CONTRACT, "A removal")."""
    return any(_is_loss(change, rules.definitions.get(change.attribute)) for change in changes)


def _is_loss(change: AttributeChange, definition: AttributeDefinition | None) -> bool:
    if change.attribute == ACTIVE:
        return canonical_text(change.after) != "True" and canonical_text(change.before) != "False"
    if definition is None or definition.access_value is None:
        return False
    granting = definition.access_value.casefold()
    had = change.before is not None and canonical_text(change.before).casefold() == granting
    has = change.after is not None and canonical_text(change.after).casefold() == granting
    is_unknown_switch = definition.type is AttributeType.BOOLEAN and change.before is None
    return (had or is_unknown_switch) and not has


def _decide_without_account(
    subject: Subject, verdict: ScopeVerdict, desired: Resolved, rules: CompiledRules
) -> Operation:
    if not verdict.is_in:
        return skip(subject, "NotEffectivelyEntitled", verdict.reason)
    if not rules.object_mapping.creates:
        return skip(subject, "CreateDisabled", "has no account, and the action Create is switched off")
    attributes = {name: value for name, value in desired.attributes.items() if value is not None}
    return Operation(
        Action.CREATE,
        subject.resource.id,
        subject.person,
        subject.resource.type,
        attributes=attributes,
        changes=tuple(AttributeChange(name, None, value) for name, value in attributes.items()),
        deferred=tuple(name for name, _ in desired.deferred),
        reason=f"{subject.person} is in scope and has no account.",
    )


def _decide_deletion(subject: Subject, rules: CompiledRules) -> Operation:
    if not subject.is_managed:
        return skip(subject, "NotManaged", "had left the scope before, so the account is no longer managed")
    if not rules.object_mapping.deletes:
        return skip(subject, "DeleteDisabled", "no longer exists, and the action Delete is switched off")
    return Operation(
        Action.DELETE,
        subject.resource.id,
        subject.person,
        subject.resource.type,
        subject.target_id,
        removes_access=True,
        reason=f"{subject.person} no longer exists in the directory.",
    )


def _decide_disabling(subject: Subject, verdict: ScopeVerdict, desired: Resolved, rules: CompiledRules) -> Operation:
    """Only what follows from leaving the scope is sent: nothing else about the person flows any more."""
    if not rules.object_mapping.updates:
        return skip(subject, "UpdateDisabled", f"{verdict.reason}, and the action Update is switched off")
    following = {m.target for m in rules.following} - {OBJECT_FILTER}
    if not following:
        return skip(subject, "NotDisabled", f"{verdict.reason}, and no mapping uses {SOFT_DELETED}")
    wanted = {name: value for name, value in desired.attributes.items() if name in following}
    changes = derive_changes(wanted, subject.known or {}, rules)
    if not changes:
        return skip(subject, "RedundantExport", f"{verdict.reason}, and the account is disabled already")
    return _update(subject, wanted, changes, rules, f"{subject.person} {verdict.reason}.")


def _decide_update(subject: Subject, desired: Resolved, rules: CompiledRules) -> Operation:
    if not rules.object_mapping.updates:
        return skip(subject, "UpdateDisabled", "has an account, and the action Update is switched off")
    changes = derive_changes(desired.attributes, subject.known or {}, rules)
    if not changes:
        return skip(subject, "RedundantExport", "is in the target as it should be")
    names = ", ".join(change.attribute for change in changes)
    operation = _update(subject, desired.attributes, changes, rules, f"{names} of {subject.person} differ.")
    return replace(operation, deferred=tuple(name for name, _ in desired.deferred))


def _update(
    subject: Subject,
    attributes: Mapping[str, Any],
    changes: tuple[AttributeChange, ...],
    rules: CompiledRules,
    reason: str,
) -> Operation:
    disables = any(change.attribute == ACTIVE and canonical_text(change.after) != "True" for change in changes)
    return Operation(
        Action.DISABLE if disables else Action.UPDATE,
        subject.resource.id,
        subject.person,
        subject.resource.type,
        subject.target_id,
        attributes=attributes,
        changes=changes,
        removes_access=takes_access_away(changes, rules),
        reason=reason,
    )
