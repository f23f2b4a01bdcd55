"""Managers in an import: linked when everybody is in, because one may come later in the file, or in a later file.

A manager is named by UPN or id; a UPN that somebody gives up in this import still names them, unless somebody else has
it by then. Circles are allowed; the engine deals with them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from provisor.connectors.directory.rows import PersonRow
from provisor.model.resource import Presence
from provisor.ports.directory import DirectoryTransaction, DirectoryUser, LookupKey, ManagerLink, fold

REFERENCES_AT_ONCE = 500
LINKS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a row says about a person's manager, beside what is so."""

    line: int
    reference: str
    known: ManagerLink
    was_unchanged: bool


class ReportingLines:
    """Collects what rows say about managers, then links them."""

    def __init__(self, transaction: DirectoryTransaction) -> None:
        self._transaction = transaction
        self._wishes: list[_Wish] = []
        self._ids: dict[str, str] = {}
        self._former: dict[str, str] = {}
        self.waiting: list[tuple[int, str]] = []
        """Lines whose manager nobody answers to yet."""

    def note(self, row: PersonRow, user: DirectoryUser, *, was_unchanged: bool) -> None:
        """Keep what the row says about the manager, where it says anything that may be new."""
        known = ManagerLink(user.id, user.manager_id, user.manager_wanted)
        if row.manager is None or (not row.manager and known == ManagerLink(user.id)):
            return
        self._wishes.append(_Wish(row.line, row.manager, known, was_unchanged))

    def note_renamed(self, former_name: str, user_id: str) -> None:
        """Keep whom a UPN has named until this import."""
        self._former[fold(former_name)] = user_id

    def link(self, now: datetime) -> int:
        """Link everybody to their managers; how many otherwise unchanged people that changed."""
        self._resolve({wish.reference for wish in self._wishes if wish.reference})
        touched = 0
        named = {wish.known.user_id for wish in self._wishes}
        links = self._links(self._wishes)
        while some := list(islice(links, LINKS_AT_ONCE)):
            touched += sum(is_update for _, is_update in some)
            self._transaction.link_managers([link for link, _ in some], now)
        self._link_those_waiting(named, now)
        return touched

    def _links(self, wishes: Iterable[_Wish]) -> Iterator[tuple[ManagerLink, bool]]:
        """What is to be written; and whether that alone makes a row say something new."""
        for wish in wishes:
            known, link = wish.known, self._link_for(wish)
            if link.wanted and not link.manager_id:
                self.waiting.append((wish.line, link.wanted))
            if link != known:
                is_same_manager = link.manager_id is not None and link.manager_id == known.manager_id
                yield link, wish.was_unchanged and not is_same_manager

    def _link_for(self, wish: _Wish) -> ManagerLink:
        """A manager named by a former UPN is remembered with it, so that the same file says the same again."""
        known, reference = wish.known, wish.reference
        if manager_id := self._ids.get(fold(reference)):
            return ManagerLink(known.user_id, manager_id)
        if manager_id := self._former.get(fold(reference)):
            return ManagerLink(known.user_id, manager_id, reference)
        if known.manager_id and known.wanted and fold(known.wanted) == fold(reference):
            return known
        return ManagerLink(known.user_id, None, reference or None)

    def _link_those_waiting(self, named: set[str], now: datetime) -> None:
        """People of earlier imports whose manager has come with this one."""
        after = ""
        while waiting := self._transaction.list_waiting_for_manager(after, REFERENCES_AT_ONCE):
            after = waiting[-1].user_id
            others = [link for link in waiting if link.user_id not in named and link.wanted]
            self._resolve({link.wanted for link in others if link.wanted})
            found = [(link.user_id, self._ids.get(fold(link.wanted or ""))) for link in others]
            links = [ManagerLink(user_id, manager_id) for user_id, manager_id in found if manager_id]
            self._transaction.link_managers(links, now)

    def _resolve(self, references: set[str]) -> None:
        """Find the object ids behind UPNs and ids; an id wins over a UPN, somebody present over the recycle bin."""
        pending = iter(sorted(references))
        while some := list(islice(pending, REFERENCES_AT_ONCE)):
            named = self._transaction.find_users(LookupKey.USER_PRINCIPAL_NAME, some)
            for user in sorted(named, key=lambda user: user.presence is Presence.PRESENT):
                name = fold(str(user.attributes["userPrincipalName"]))
                if user.presence is Presence.PRESENT or name not in self._former:
                    self._ids[name] = user.id
            for user in self._transaction.find_users(LookupKey.ID, some):
                self._ids[fold(user.id)] = self._ids[fold(user.anchor)] = user.id
