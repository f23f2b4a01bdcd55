"""The state of the world as one job knows it: the mirror of the source, what is to be evaluated, and the accounts.

What is stored is state, never a message that must not get lost. A mark says that somebody is to be evaluated; it is
cleared only in the transaction that stores the outcome, so any step may be repeated after a crash.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from provisor.model.escrow import Escrow
from provisor.model.link import Link
from provisor.model.log import LogEntry
from provisor.model.removal import Decision, StagedRemoval
from provisor.model.resource import Attributes, SourceResource, TargetResource


@dataclass(frozen=True, slots=True)
class Imported:
    """One resource as read, with the fingerprint of what decisions depend on."""

    resource: SourceResource
    fingerprint: bytes
    manager_id: str | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """Somebody to be evaluated. `depth` is the distance from the top of the management tree among the marked.

    `manager` holds the manager's attributes as mirrored, where they were asked for and there is one.
    """

    resource: SourceResource
    generation: int
    depth: int
    link: Link | None
    escrow: Escrow | None
    staged: StagedRemoval | None = None
    manager: Attributes | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The outcome of one evaluation, stored in one transaction that also clears the mark.

    `link` is the link to keep (None removes it). `wanted` are references that wait: pairs of attribute and source id.
    `due_again` is when the person is to be looked at again although nothing changed. `staged` is a removal that waits,
    to be joined with what is already decided about it (`policy/staging.py`); None takes the person off that list,
    unless `keeps_staged`. `forgets_source` drops the person from the mirror, after a hard delete.
    """

    source_id: str
    generation: int
    link: Link | None
    entry: LogEntry | None = None
    escrow: Escrow | None = None
    wanted: tuple[tuple[str, str], ...] = ()
    due_again: datetime | None = None
    staged: StagedRemoval | None = None
    keeps_staged: bool = False
    forgets_source: bool = False


@dataclass(frozen=True, slots=True)
class MissingPeople:
    """Who was known and was not seen in a full read."""

    known: int
    missing: int
    examples: tuple[str, ...]


class WorkStore(Protocol):
    """Mirror, marks, links, shadow, escrows and staged removals of all jobs."""

    async def store_page(
        self, app_id: str, page: Sequence[Imported], read_id: str, *, marks_all: bool, marks_reports: bool = False
    ) -> int:
        """Bring a page into the mirror and mark what has changed; returns how many were marked.

        `marks_reports` marks whoever reports to somebody who changed, too.
        """
        ...

    async def missing_people(self, app_id: str, read_id: str) -> MissingPeople:
        """Compare a finished full read with the mirror."""
        ...

    async def mark_missing_gone(self, app_id: str, read_id: str) -> int:
        """Those not seen in the full read are gone from the source, and marked."""
        ...

    async def mark_due(self, app_id: str, now: datetime) -> int:
        """Mark those whose next attempt has come, or for whom a date in the rules has passed."""
        ...

    async def next_instant(self, app_id: str) -> datetime | None:
        """When the next date in the rules passes for anybody."""
        ...

    async def order_marks(self, app_id: str) -> int:
        """Work out the management depth of everybody marked; returns how many there are."""
        ...

    async def next_marks(
        self,
        app_id: str,
        after: tuple[int, str] | None,
        limit: int,
        *,
        only_unlinked: bool = False,
        with_manager: bool = False,
    ) -> Sequence[Marked]:
        """The next page in order of depth and id, after the last one worked; on demand of those without an account."""
        ...

    async def load(self, app_id: str, source_ids: Sequence[str], *, with_manager: bool = False) -> Sequence[Marked]:
        """The same values for named people, marked or not."""
        ...

    async def list_people(self, app_id: str, after: str, limit: int, *, with_manager: bool = False) -> Sequence[Marked]:
        """The next of all people known, marked or not, in the order of their ids."""
        ...

    async def find_people(self, app_id: str, reference: str) -> Sequence[str]:
        """The ids of those who are known by this id or name, or have the account with this id."""
        ...

    async def target_ids(self, app_id: str, source_ids: Sequence[str]) -> Mapping[str, str]:
        """Source id to target id, for those who have an account."""
        ...

    async def source_of(self, app_id: str, target_id: str) -> str | None:
        """Whose account this is."""
        ...

    async def save_link(self, app_id: str, link: Link) -> None:
        """Store what is known of an account, and change nothing else."""
        ...

    async def finish(self, app_id: str, outcomes: Sequence[Finished]) -> None:
        """Store outcomes and clear their marks, all in one transaction.

        Those who waited for somebody that now has an account are marked.
        """
        ...

    async def clear_shadow(self, app_id: str) -> None:
        """Forget target accounts without a link."""
        ...

    async def store_shadow_page(
        self, app_id: str, page: Sequence[tuple[TargetResource, Sequence[tuple[str, str]]]]
    ) -> None:
        """Remember target accounts with their matching keys: pairs of attribute and folded value."""
        ...

    async def find_in_shadow(self, app_id: str, attribute: str, folded: str) -> Sequence[TargetResource]:
        """Unlinked accounts with this key."""
        ...

    async def find_all_in_shadow(
        self, app_id: str, attribute: str, folded: Sequence[str]
    ) -> Mapping[str, Sequence[TargetResource]]:
        """Unlinked accounts with any of these keys, by key."""
        ...

    async def note_listing(self, app_id: str, at: datetime, attributes: Sequence[str]) -> None:
        """Remember that all accounts have been listed, with their keys of these attributes."""
        ...

    async def listed_at(self, app_id: str, attributes: Collection[str]) -> datetime | None:
        """When all accounts were last listed with their keys of these attributes; None when they never were."""
        ...

    async def count_unlinked(self, app_id: str) -> int:
        """Known people who have no account."""
        ...

    async def staged_removals(self, app_id: str, *, decision: Decision | None = None) -> Sequence[StagedRemoval]:
        """What waits, oldest first."""
        ...

    async def hold_removals(self, app_id: str, held: Sequence[tuple[str, LogEntry]], now: datetime) -> None:
        """Note that the guard has stopped removals (by their ids), each with its log entry, in one transaction.

        One that was noted before, or about which somebody has decided meanwhile, is left as it is.
        """
        ...

    async def decide_removals(self, app_id: str, ids: Sequence[str], decision: Decision, now: datetime) -> int:
        """Approve or reject what is still there; returns how many were decided.

        Approving makes one that had failed due for another try at once; rejecting gives up trying.
        """
        ...

    async def expire_approvals(self, app_id: str, approved_before: datetime) -> None:
        """An approval that was not used in time waits again for a decision."""
        ...

    async def newest_approval(self, app_id: str, since: datetime) -> datetime | None:
        """When somebody last approved a removal that has not been tried since; approvals before `since` are void."""
        ...

    async def count_managed(self, app_id: str) -> int:
        """Accounts under management."""
        ...

    async def count_sent_removals(self, app_id: str, since: datetime) -> int:
        """People who lost access since then."""
        ...

    async def escrows(self, app_id: str) -> Sequence[Escrow]:
        """All failures that are held for retry."""
        ...

    async def retry_escrows(self, app_id: str, ids: Sequence[str], now: datetime) -> int:
        """Make named failures due for another try now; returns how many are still there."""
        ...

    async def drop_escrows(self, app_id: str, ids: Sequence[str]) -> int:
        """Give named failures up until the person or the rules change; returns how many were still there."""
        ...

    async def summary(self, app_id: str) -> Mapping[str, Any]:
        """Numbers for a status page: people, links, escrows, and staged removals but for the rejected ones."""
        ...
