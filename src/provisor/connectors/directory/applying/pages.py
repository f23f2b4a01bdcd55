"""The second pass of an import: pages of good rows become people, inside the import's transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from provisor.connectors.directory.applying.joining import Candidates, Joining, Match
from provisor.connectors.directory.applying.reporting_lines import ReportingLines
from provisor.connectors.directory.rows import BadRow, PersonRow, RowKey
from provisor.connectors.directory.survey import Survey
from provisor.model.resource import Presence
from provisor.ports.directory import DirectoryTransaction, DirectoryUser, LookupKey, fold

RENAMES_MAX = 100
"""So many renames are listed; all are counted."""


@dataclass(slots=True)
class ImportCounts:
    """What became of the good rows; each counts once."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    restored: int = 0
    renamed: int = 0


@dataclass(slots=True)
class _Page:
    """The writes of one page of rows, in the order in which they are made."""

    released: list[str] = field(default_factory=list)
    replaced: list[DirectoryUser] = field(default_factory=list)
    inserted: list[DirectoryUser] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """Folded UPNs by object id, of those whom this page is about."""


class Applying:
    """One import under way."""

    def __init__(
        self,
        transaction: DirectoryTransaction,
        survey: Survey,
        row_key: RowKey,
        *,
        now: datetime,
        new_id: Callable[[], str],
    ) -> None:
        self._transaction = transaction
        self._row_key = row_key
        self._now = now
        self._new_id = new_id
        known = transaction.count()
        self._was_empty = not (known.present or known.soft_deleted)
        self._joining = Joining(survey, row_key)
        self._lines = ReportingLines(transaction)
        self.counts = ImportCounts()
        self.refused: list[BadRow] = []
        self.renames: list[tuple[str, str]] = []

    @property
    def waiting_managers(self) -> Sequence[tuple[int, str]]:
        """Lines whose manager nobody answers to yet."""
        return self._lines.waiting

    def is_in_file(self, user_id: str) -> bool:
        """Whether a row, however bad, is about this person."""
        return user_id in self._joining.joined or user_id in self._joining.mentioned

    def note_bad_rows(self, rows: Sequence[BadRow]) -> list[BadRow]:
        """Whom bad rows are about is present all the same; returns the rows that lead to nobody known."""
        candidates = Candidates()
        for key in LookupKey:
            candidates.load(self._transaction, key, [text for row in rows if (text := row.identifier(key))])
        return [row for row in rows if not self._joining.mention(row, candidates)]

    def apply_page(self, rows: Sequence[PersonRow]) -> None:
        """Write what a page of rows says that is new."""
        candidates = Candidates() if self._was_empty else self._joining.load(self._transaction, rows)
        page = _Page()
        for row in rows:
            match = self._joining.find(row, candidates)
            refusal = match if isinstance(match, BadRow) else self._claim_name(row, match, candidates, page)
            if refusal:
                self.refused.append(refusal)
            elif isinstance(match, Match):
                self._apply_row(row, match, candidates, page)
        self._transaction.release_names(page.released)
        self._transaction.replace_users(page.replaced)
        self._transaction.insert_users(page.inserted)

    def link_managers(self) -> None:
        """When every page is in: link people to their managers."""
        touched = self._lines.link(self._now)
        self.counts.unchanged -= touched
        self.counts.updated += touched

    def _apply_row(self, row: PersonRow, match: Match, candidates: Candidates, page: _Page) -> None:
        known = match.user
        if known is None:
            user = self._new_user(row, candidates)
            page.inserted.append(user)
            self._joining.joined.add(user.id)
            self.counts.created += 1
            self._lines.note(row, user, was_unchanged=False)
            return
        user = self._merge(row, known)
        is_changed = user is not known
        if is_changed:
            page.replaced.append(user)
        has_new_name = fold(user.name) != fold(known.name)
        if has_new_name and known.presence is Presence.PRESENT:
            self._lines.note_renamed(known.name, user.id)
        is_renamed = has_new_name and not match.by_key
        if is_renamed and len(self.renames) < RENAMES_MAX:
            self.renames.append((known.name, user.name))
        if known.presence is not Presence.PRESENT:
            self.counts.restored += 1
        elif is_renamed:
            self.counts.renamed += 1
        elif is_changed:
            self.counts.updated += 1
        else:
            self.counts.unchanged += 1
        self._lines.note(row, user, was_unchanged=not is_changed)

    def _claim_name(self, row: PersonRow, match: Match, candidates: Candidates, page: _Page) -> BadRow | None:
        """Make sure that the row's UPN is free for its person, or say who has it."""
        name = row.identifier(LookupKey.USER_PRINCIPAL_NAME)
        if not name:
            return None if match.user else row.refuse("a new person needs a userPrincipalName")
        for holder in candidates.find(LookupKey.USER_PRINCIPAL_NAME, name):
            if match.user and holder.id == match.user.id:
                continue
            is_moving = holder.id in page.names and page.names[holder.id] != fold(name)
            will_move = holder.id not in self._joining.joined and self._joining.is_expected(holder)
            is_deleted = holder.presence is not Presence.PRESENT
            if not (is_moving or will_move or is_deleted):
                return row.refuse(f"userPrincipalName {name} belongs to somebody else (id {holder.id})")
            page.released.append(holder.id)
        if match.user:
            page.names[match.user.id] = fold(name)
        return None

    def _new_user(self, row: PersonRow, candidates: Candidates) -> DirectoryUser:
        user_id = row.id if row.id and candidates.is_id_free(row.id) else self._new_id()
        attributes = {name: value for name, value in row.attributes.items() if value is not None}
        return DirectoryUser(
            id=user_id,
            attributes=attributes,
            created=self._now,
            modified=self._now,
            is_enabled=row.is_enabled is not False,
            anchor=self._anchor(row) or user_id,
        )

    def _merge(self, row: PersonRow, known: DirectoryUser) -> DirectoryUser:
        if self._says_nothing_new(row, known):
            return known
        merged = {**known.attributes, **row.attributes}
        return replace(
            known,
            attributes={name: value for name, value in merged.items() if value is not None},
            is_enabled=known.is_enabled if row.is_enabled is None else row.is_enabled,
            presence=Presence.PRESENT,
            deleted_at=None,
            anchor=self._anchor(row) or known.anchor,
            modified=self._now,
        )

    def _says_nothing_new(self, row: PersonRow, known: DirectoryUser) -> bool:
        attributes = known.attributes
        return (
            known.presence is Presence.PRESENT
            and row.is_enabled in {None, known.is_enabled}
            and self._anchor(row) in {"", known.anchor}
            and all(attributes.get(name) == value for name, value in row.attributes.items())
        )

    def _anchor(self, row: PersonRow) -> str:
        """The id to know the person by from now on, empty where ids are not what counts."""
        return row.id if self._row_key in {RowKey.AUTO, RowKey.ID} else ""
