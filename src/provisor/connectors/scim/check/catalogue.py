"""All checks, in the order in which they run, and how some of them are chosen."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from provisor.connectors.scim.check.announced import Announced
from provisor.connectors.scim.check.check import Check, CheckGroup
from provisor.connectors.scim.check.judges import Client
from provisor.connectors.scim.check.reading import (
    authentication,
    cursors,
    discovery,
    errors,
    filters,
    paging,
    projection,
    schemas,
    search,
    searches,
    sorting,
    transport,
)
from provisor.connectors.scim.check.writing import (
    bulk,
    entra_patches,
    groups,
    leaving,
    members,
    patching,
    patching_lists,
    patching_refusals,
    replacing,
    users,
    values,
    versions,
)
from provisor.model.errors import Reject

GROUPS_OF_CHECKS: tuple[CheckGroup, ...] = tuple(
    module.CHECKS
    for module in (
        discovery,
        schemas,
        authentication,
        transport,
        errors,
        users,
        values,
        searches,
        filters,
        paging,
        cursors,
        sorting,
        projection,
        search,
        replacing,
        patching,
        patching_lists,
        patching_refusals,
        entra_patches,
        leaving,
        groups,
        members,
        bulk,
        versions,
    )
)

WRITES = "it writes, and only reading is allowed"

CHECKS: tuple[Check, ...] = tuple(check for group in GROUPS_OF_CHECKS for check in group.checks)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which checks to run, for whom."""

    checks: tuple[Check, ...]
    clients: tuple[Client, ...]
    is_reading: bool = False
    has_token: bool = True

    def reason_to_skip(self, check: Check, announced: Announced) -> str:
        """Why a check makes no sense at this server; empty when it does."""
        if self.is_reading and not check.is_reading:
            return WRITES
        concerned = check.clients.intersection(self.clients)
        for need in check.needs:
            if not need.is_met(announced) and concerned.isdisjoint(need.wanted_by):
                return need.missing
        return ""


def select(
    *,
    only: Collection[str] = (),
    skip: Collection[str] = (),
    clients: Collection[Client] = (),
    is_reading: bool = False,
) -> Selection:
    """A selection: `only` and `skip` take ids of groups and of checks. Raises `Reject` for a name that is unknown."""
    for name in (*only, *skip):
        _check_known(name)
    chosen = tuple(clients) or tuple(Client)
    checks = tuple(
        check
        for check in CHECKS
        if not check.clients.isdisjoint(chosen)
        and (not only or _is_named(check, only))
        and not (skip and _is_named(check, skip))
    )
    if not checks:
        raise Reject("No check is left by this selection.", remedy="provisor scim check --list shows them all.")
    return Selection(checks, chosen, is_reading)


def _is_named(check: Check, names: Iterable[str]) -> bool:
    return any(name in {check.id, check.group} for name in names)


def _check_known(name: str) -> None:
    known = [*(group.id for group in GROUPS_OF_CHECKS), *(check.id for check in CHECKS)]
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise Reject(
            f"There is no group and no check called '{name}'.", remedy=f"{hint}provisor scim check --list shows all."
        )
