"""Following what the desk changes: one search by `updated_at` in the place of many single reads.

The search index of an account is minutes behind its records (spec §2.4), so an answer speaks for the time before that
lag only, and a row that is older than what we know says nothing. Searching costs two calls or more, so it starts when
several old entries are to be written within a minute; where the account shows too many rows, single reads go on.
"""

from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisor.freshservice.indexing.entry import make_entry
from provisor.freshservice.indexing.names import AccountNames
from provisor.freshservice.rest import FreshserviceApi
from provisor.ports.clock import Clock
from provisor.ports.people_index import IndexedPerson, PeopleIndexStore, PersonKind

SEARCH_LAG = timedelta(minutes=10)
"""How far behind the search index may be; the vendor says a few minutes."""
SINGLE_READS_MAX = 3
"""Old entries that are read one by one within `BATCH_SECONDS`; from the next on it is a batch."""
BATCH_SECONDS = 60.0
PAUSE_SECONDS = 3600.0
"""How long single reads go on after a search that was incomplete."""
KINDS: tuple[PersonKind, ...] = ("requester", "agent")


class DeskChanges:
    """Decides when to search, and takes what was found into the index."""

    def __init__(
        self, store: PeopleIndexStore, api: FreshserviceApi, names: AccountNames, clock: Clock, installation_id: str
    ) -> None:
        self._store, self._api, self._names, self._clock = store, api, names, clock
        self._installation_id = installation_id
        self._reads: deque[float] = deque(maxlen=SINGLE_READS_MAX)
        self._paused_until = 0.0

    def is_worthwhile(self, usable_for: timedelta) -> bool:
        """Whether an old entry, about to be written, is one of many; notes that there is one.

        `usable_for` is how old an entry may be: a search helps only where that is longer than its lag.
        """
        now = self._clock.monotonic()
        is_batch = len(self._reads) == SINGLE_READS_MAX and now - self._reads[0] < BATCH_SECONDS
        self._reads.append(now)
        return is_batch and usable_for > SEARCH_LAG and now >= self._paused_until

    async def follow(self, since: datetime) -> datetime | None:
        """Take in what changed since; the time up to which the index is now true, None where that is unknown."""
        asked_at = self._clock.now()
        day = (since - SEARCH_LAG).astimezone(UTC).date().isoformat()  # whole days are what is documented
        for kind in KINDS:
            rows, is_complete = await self._api.search(kind, f"updated_at:>'{day}'")
            if not is_complete:
                self._paused_until = self._clock.monotonic() + PAUSE_SECONDS
                return None
            known = await self._store.get_many(self._installation_id, [str(row["id"]) for row in rows])
            newer = [
                self._entry(row, kind, known.get(str(row["id"])), asked_at)
                for row in rows
                if _is_newer(row, known.get(str(row["id"])))
            ]
            await self._store.put(self._installation_id, newer, older_than=asked_at)
        return asked_at - SEARCH_LAG

    def _entry(
        self, row: dict[str, object], kind: PersonKind, before: IndexedPerson | None, asked_at: datetime
    ) -> IndexedPerson:
        entry = make_entry(row, kind, self._names.lookups, asked_at, before)
        true_at = asked_at - SEARCH_LAG
        return replace(entry, refreshed_at=max(true_at, before.refreshed_at) if before is not None else true_at)


def _is_newer(row: dict[str, object], before: IndexedPerson | None) -> bool:
    return before is None or str(row.get("updated_at", "")) > str(before.person.get("updated_at", ""))
