"""The emulated account in memory, written through to a document store.

Handlers change the state without awaiting anything, so each call sees and leaves a whole one; what they changed is
collected and made durable by `commit` before the call is answered. Documents are replaced, never edited in place,
so that an older version stays readable for the lagging search index. A commit that fails leaves memory ahead of the
disk: from then on the account answers nothing, until it is opened again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from provisor.freshservice.emulator.answers import JsonObject
from provisor.freshservice.emulator.knobs import Knobs
from provisor.ports.clock import Clock
from provisor.ports.documents import DocumentChange, DocumentStore

PEOPLE: Final = "people"
DEPARTMENTS: Final = "departments"
LOCATIONS: Final = "locations"
ROLES: Final = "roles"
REQUESTER_GROUPS: Final = "requester_groups"
AGENT_GROUPS: Final = "groups"
FIELDS: Final = "fields"
COLLECTIONS: Final = (PEOPLE, DEPARTMENTS, LOCATIONS, ROLES, REQUESTER_GROUPS, AGENT_GROUPS, FIELDS)
_KEYS: Final = "keys"
_COUNTERS: Final = "counters"
FIRST_ID: Final = 21_000_000_001
"""Ids are one space for everything, do not fit 32 bits, and are never given twice."""


class State:
    """One account. `tables` maps a collection to its documents by id, oldest first."""

    def __init__(self, documents: DocumentStore, knobs: Knobs, clock: Clock) -> None:
        self.knobs = knobs
        self.clock = clock
        self.tables: dict[str, dict[int, JsonObject]] = {name: {} for name in COLLECTIONS}
        self.is_broken = False
        self._documents = documents
        self._changes: list[DocumentChange] = []
        self._next_id = FIRST_ID
        self._keys: dict[str, int] = {}
        self._by_email: dict[str, int] = {}
        self._by_phone: defaultdict[str, set[int]] = defaultdict(set)
        self._unindexed: dict[int, list[tuple[datetime, JsonObject | None]]] = {}

    async def load(self) -> None:
        """Read everything; called once, before the first call."""
        for name, table in self.tables.items():
            loaded = await self._documents.load_all(name)
            table.update({int(key): loaded[key] for key in sorted(loaded, key=int)})
        for person in self.tables[PEOPLE].values():
            self._index(person)
        counters = await self._documents.load_all(_COUNTERS)
        self._next_id = counters.get("id", {}).get("next", FIRST_ID)
        keys = await self._documents.load_all(_KEYS)
        self._keys = {key_hash: body["agent_id"] for key_hash, body in keys.items()}

    async def commit(self) -> None:
        """Make durable what was changed since the last commit, in the order of the changes."""
        if not self._changes:
            return
        changes, self._changes = self._changes, []
        try:
            await self._documents.write(changes)
        except BaseException:
            self.is_broken = True
            raise

    # ---------------------------------------------------------------- documents

    def now_text(self) -> str:
        """The time as the API writes it, in whole seconds."""
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def new_id(self) -> int:
        """The next id; the counter is part of the same commit."""
        number = self._next_id
        self._next_id += 1
        self._changes.append(DocumentChange(_COUNTERS, "id", {"next": self._next_id}))
        return number

    def put(self, collection: str, document: JsonObject) -> JsonObject:
        """Store a document under its `id`, in the place of the former one."""
        table = self.tables[collection]
        if collection == PEOPLE:
            self._reindex(document["id"], document)
        table[document["id"]] = document
        self._changes.append(DocumentChange(collection, str(document["id"]), document))
        return document

    def add(self, collection: str, fields: JsonObject) -> JsonObject:
        """Store a new document with an id and both times."""
        now = self.now_text()
        return self.put(collection, {"id": self.new_id(), **fields, "created_at": now, "updated_at": now})

    def change(self, collection: str, document: JsonObject, changes: JsonObject) -> JsonObject:
        """Store a document with some members replaced and its `updated_at` moved."""
        return self.put(collection, {**document, **changes, "updated_at": self.now_text()})

    def remove(self, collection: str, document_id: int) -> None:
        """Take a document away for good."""
        if collection == PEOPLE:
            self._reindex(document_id, None)
        del self.tables[collection][document_id]
        self._changes.append(DocumentChange(collection, str(document_id), None))

    def people(self) -> Iterator[JsonObject]:
        """Everybody of either kind, oldest first."""
        return iter(self.tables[PEOPLE].values())

    # ---------------------------------------------------------------- addresses and phones

    def email_owner(self, email: str) -> JsonObject | None:
        """Whoever has this address, primary or secondary, active or not."""
        number = self._by_email.get(email.casefold())
        return None if number is None else self.tables[PEOPLE][number]

    def phone_owners(self, phone: str) -> list[JsonObject]:
        """Everybody with this number, as their work or their mobile number."""
        return [self.tables[PEOPLE][number] for number in sorted(self._by_phone.get(phone, ()))]

    def _index(self, person: JsonObject) -> None:
        for email in emails_of(person):
            self._by_email[email.casefold()] = person["id"]
        for phone in phones_of(person):
            self._by_phone[phone].add(person["id"])

    def _reindex(self, number: int, person: JsonObject | None) -> None:
        before = self.tables[PEOPLE].get(number)
        if before is not None:
            for email in emails_of(before):
                self._by_email.pop(email.casefold(), None)
            for phone in phones_of(before):
                self._by_phone[phone].discard(number)
        if person is not None:
            self._index(person)
        if self.knobs.index_lag_seconds > 0:
            self._unindexed.setdefault(number, []).append((self.clock.now(), before))

    # ---------------------------------------------------------------- the search index

    def indexed_people(self) -> list[JsonObject]:
        """People as the search index knows them: behind by `index_lag_seconds`."""
        if not self._unindexed:
            return list(self.people())
        now, lag = self.clock.now(), self.knobs.index_lag_seconds
        seen: dict[int, JsonObject] = dict(self.tables[PEOPLE])
        for number, versions in list(self._unindexed.items()):
            late = [v for v in versions if lag == float("inf") or v[0] + timedelta(seconds=lag) > now]
            if not late:
                del self._unindexed[number]
                continue
            self._unindexed[number] = late
            seen.pop(number, None)
            if (known := late[0][1]) is not None:
                seen[number] = known
        return list(seen.values())

    def flush_index(self) -> None:
        """Let the search index catch up at once."""
        self._unindexed.clear()

    # ---------------------------------------------------------------- keys

    def add_key(self, plain: str, agent_id: int) -> None:
        """Accept an API key from now on; only its hash is kept."""
        self._keys[hash_key(plain)] = agent_id
        self._changes.append(DocumentChange(_KEYS, hash_key(plain), {"agent_id": agent_id}))

    @property
    def has_key(self) -> bool:
        """Whether any key is accepted."""
        return bool(self._keys)

    def revoke_key(self, plain: str) -> None:
        """Accept a key no longer."""
        if self._keys.pop(hash_key(plain), None) is not None:
            self._changes.append(DocumentChange(_KEYS, hash_key(plain), None))

    def key_owner(self, plain: str) -> JsonObject | None:
        """The agent whose key this is, while that person is an active agent."""
        number = self._keys.get(hash_key(plain))
        person = None if number is None else self.tables[PEOPLE].get(number)
        return person if person is not None and person["is_agent"] and person["active"] else None


def hash_key(plain: str) -> str:
    """SHA-256 is enough for keys that are random and long."""
    return hashlib.sha256(plain.encode()).hexdigest()


def emails_of(person: JsonObject) -> list[str]:
    """Every address of a person, the primary one first."""
    primary = [person["primary_email"]] if person["primary_email"] else []
    return [*primary, *person["secondary_emails"]]


def phones_of(person: JsonObject) -> list[str]:
    """Both numbers, where there are any."""
    return [phone for phone in (person["work_phone_number"], person["mobile_phone_number"]) if phone]


def find_by_name(state: State, collection: str, name: str) -> JsonObject | None:
    """The document of that name, whatever its case."""
    folded = name.casefold()
    return next((d for d in state.tables[collection].values() if d["name"].casefold() == folded), None)
