"""Who in the directory a row of an import file is about.

By its key first. Under an unknown key, somebody with the same UPN, `employeeId` or mail, whom no other row of the file
is about, is the same person under another name (CONTRACT, "Import").
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from provisor.connectors.directory.rows import BadRow, PersonRow, RowKey
from provisor.connectors.directory.survey import Survey, key_of
from provisor.model.resource import Presence
from provisor.ports.directory import DirectoryTransaction, DirectoryUser, LookupKey, fold

_ATTRIBUTES = (LookupKey.USER_PRINCIPAL_NAME, LookupKey.EMPLOYEE_ID, LookupKey.MAIL)


class Candidates:
    """The people of the directory who answer to any identifier in some rows."""

    def __init__(self) -> None:
        self._by_id: dict[str, DirectoryUser] = {}
        self._by_anchor: dict[str, DirectoryUser] = {}
        self._by_attribute: dict[tuple[LookupKey, str], list[DirectoryUser]] = defaultdict(list)

    def load(self, transaction: DirectoryTransaction, key: LookupKey, values: Sequence[str]) -> None:
        """Ask the directory who answers to the values."""
        if not values:
            return
        for user in transaction.find_users(key, values):
            if user.id in self._by_id:
                continue
            self._by_id[user.id] = self._by_anchor[user.anchor] = user
            for attribute in _ATTRIBUTES:
                value = user.attributes.get(attribute.value)
                if value:
                    self._by_attribute[attribute, fold(str(value))].append(user)

    def find(self, key: LookupKey, value: str) -> list[DirectoryUser]:
        """Those who answer to the identifier, those present first."""
        if key is LookupKey.ID:
            user = self._by_anchor.get(value)
            return [user] if user else []
        found = self._by_attribute.get((key, fold(value)), []) if value else []
        return sorted(found, key=lambda user: (user.presence is not Presence.PRESENT, user.id))

    def is_id_free(self, user_id: str) -> bool:
        """Whether a new person can have the id."""
        return user_id not in self._by_id and user_id not in self._by_anchor


@dataclass(frozen=True, slots=True)
class Match:
    """The person a row is about, None for somebody new; `by_key` unless known under another name until now."""

    user: DirectoryUser | None = None
    by_key: bool = True


class Joining:
    """Finds the person for each row, nobody twice."""

    def __init__(self, survey: Survey, row_key: RowKey) -> None:
        self._survey = survey
        self._row_key = row_key
        self.joined: set[str] = set()
        """Object ids of those whom a good row is about."""
        self.mentioned: set[str] = set()
        """Object ids of those whom a bad row is about."""

    def load(self, transaction: DirectoryTransaction, rows: Sequence[PersonRow]) -> Candidates:
        """Everybody who may matter to these rows: by key, and by more only where the key leaves a question."""
        candidates = Candidates()
        wanted: dict[LookupKey, list[str]] = defaultdict(list)
        keys = [(row, key) for row in rows if (key := key_of(row, self._row_key))]
        for _, (lookup, value) in keys:
            wanted[lookup].append(value)
        for lookup, values in wanted.items():
            candidates.load(transaction, lookup, values)
        wanted.clear()
        for row, own in keys:
            known = candidates.find(*own)
            name = row.identifier(LookupKey.USER_PRINCIPAL_NAME)
            if not known:
                for other in LookupKey:
                    wanted[other].append(row.identifier(other))
            elif name and fold(name) != _folded(known[0], LookupKey.USER_PRINCIPAL_NAME):
                wanted[LookupKey.USER_PRINCIPAL_NAME].append(name)
        for lookup, values in wanted.items():
            candidates.load(transaction, lookup, [value for value in values if value])
        return candidates

    def mention(self, row: BadRow, candidates: Candidates) -> bool:
        """Note whom a bad row is about; whether that is anybody."""
        keys = (LookupKey.ID, LookupKey.USER_PRINCIPAL_NAME, LookupKey.EMPLOYEE_ID)
        found = {user.id for key in keys for user in candidates.find(key, row.identifier(key))}
        self.mentioned |= found
        return bool(found)

    def find(self, row: PersonRow, candidates: Candidates) -> Match | BadRow:
        """The person a good row is about, or why that cannot be told."""
        key = key_of(row, self._row_key)
        known = candidates.find(*key) if key else []
        present = [user for user in known if user.presence is Presence.PRESENT]
        if len(present) > 1:
            self.mentioned.update(user.id for user in present)
            several = f"{len(present)} people in the directory have the {self._row_key.value} of this row"
            return row.refuse(several)
        match = Match(known[0]) if known else self._find_renamed(row, candidates)
        if match.user:
            self.joined.add(match.user.id)
        return match

    def is_expected(self, user: DirectoryUser) -> bool:
        """Whether some good row of the file names this person by key."""
        keys = self._survey.keys
        return (
            user.anchor in keys[LookupKey.ID]
            or _folded(user, LookupKey.USER_PRINCIPAL_NAME) in keys[LookupKey.USER_PRINCIPAL_NAME]
            or _folded(user, LookupKey.EMPLOYEE_ID) in keys[LookupKey.EMPLOYEE_ID]
        )

    def _find_renamed(self, row: PersonRow, candidates: Candidates) -> Match:
        for key in _ATTRIBUTES:
            found = [user for user in candidates.find(key, row.identifier(key)) if self._is_free(user)]
            if key is LookupKey.MAIL:
                found = [user for user in found if _may_share_mail(user, row)]
            if len(found) == 1:
                return Match(found[0], by_key=False)
        return Match()

    def _is_free(self, user: DirectoryUser) -> bool:
        return user.id not in self.joined and user.id not in self.mentioned and not self.is_expected(user)


def _folded(user: DirectoryUser, key: LookupKey) -> str:
    return fold(str(user.attributes.get(key.value) or ""))


def _may_share_mail(user: DirectoryUser, row: PersonRow) -> bool:
    """An address is handed on: not to somebody with another `employeeId`, nor from the recycle bin."""
    theirs, ours = _folded(user, LookupKey.EMPLOYEE_ID), fold(row.identifier(LookupKey.EMPLOYEE_ID))
    return user.presence is Presence.PRESENT and not (theirs and ours and theirs != ours)
