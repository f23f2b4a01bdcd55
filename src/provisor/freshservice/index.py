"""The index at work: loaded once with list calls, then answering every lookup without a call.

An entry that was not read or written for a while is read again before a write, so that what somebody changed at the
desk survives it. Once a day the whole account is listed again, which also finds people that were forgotten there. What
it holds and how it is kept is in `ports/people_index.py`; this is when it talks to the account.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.indexing.entry import make_entry, with_noted
from provisor.freshservice.indexing.following import DeskChanges
from provisor.freshservice.indexing.names import AccountNames
from provisor.freshservice.people import JsonObject, fold
from provisor.freshservice.rest import FreshserviceApi
from provisor.freshservice.rest_faults import KeyRefused
from provisor.model.errors import NotFound, ProvisorError, Transient
from provisor.ports.clock import Clock
from provisor.ports.people_index import IndexedPerson, IndexState, PeopleIndexStore, PersonKind

UNKNOWN_AGE = datetime(1970, 1, 1, tzinfo=UTC)
"""When an entry counts as last read after a write that broke off: only the account knows how it stands."""
CREATION_NOTED_FOR = timedelta(days=1)
"""How long a creation of which nothing was heard again is remembered."""
LOADING_WAIT_SECONDS = 20.0
"""How long a request waits for the first load; a SCIM client gives up after 30 seconds or more."""


class PeopleIndex:
    """The people of one installation."""

    def __init__(
        self,
        store: PeopleIndexStore,
        api: FreshserviceApi,
        clock: Clock,
        installation_id: str,
        settings: BridgeSettings,
        *,
        on_loaded: Callable[[], Awaitable[None]],
    ) -> None:
        self._api, self._clock, self._settings = api, clock, settings
        self._installation_id = installation_id
        self.store = store
        self.names = AccountNames(store, api, clock, installation_id, settings)
        self._loading: asyncio.Task[None] | None = None
        self._state: IndexState | None = None
        self._changes = DeskChanges(store, api, self.names, clock, installation_id)
        self._following = asyncio.Lock()
        self._on_loaded = on_loaded
        self._usable_for = timedelta(seconds=settings.refresh_after_seconds)

    async def ready(self) -> None:
        """Return once the account has been read. Raises `Transient` while that takes longer than a client waits."""
        if self._state is None:
            state = await self.store.state(self._installation_id)
            if state.loaded_at is not None:
                await self.names.restore()
            self._state = state
        if self._state.loaded_at is None:
            await self._wait_for(self._load_in_background())
            return
        if self._clock.now() - self._state.loaded_at > timedelta(seconds=self._settings.load_again_after_seconds):
            self._load_in_background()

    async def load(self) -> None:
        """Read the whole account again: departments, requesters, agents."""
        began = self._clock.now()
        await self.names.load("department")
        await self._load_people("requester")
        try:
            await self._load_people("agent")
        except KeyRefused as error:
            if error.fault.status != 403:
                raise  # without the right to manage agents, requesters still go
        await self.store.forget(self._installation_id, older_than=began)
        self._state = IndexState(began, began)
        await self.store.put_state(self._installation_id, self._state)
        await self._on_loaded()

    async def close(self) -> None:
        """End a load in progress; the next start does it again."""
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()
            with suppress(asyncio.CancelledError, ProvisorError):
                await self._loading

    async def get(self, person_id: str) -> IndexedPerson | None:
        """One person as last known, removed ones included."""
        return await self.store.get(self._installation_id, person_id)

    async def find_address(self, address: str) -> Sequence[IndexedPerson]:
        """Whoever holds this address, primary or secondary."""
        return await self.store.find(self._installation_id, address=fold(address))

    async def find_user_name(self, user_name: str) -> Sequence[IndexedPerson]:
        """Whoever is shown under this user name."""
        return await self.store.find(self._installation_id, user_name=fold(user_name))

    async def keep(self, entry: IndexedPerson) -> IndexedPerson:
        """Store an entry."""
        await self.store.put(self._installation_id, [entry])
        return entry

    def is_stale(self, entry: IndexedPerson) -> bool:
        """Whether the entry has to be read again before a write."""
        known_at = entry.refreshed_at
        if known_at != UNKNOWN_AGE and self._state is not None and self._state.followed_until is not None:
            known_at = max(known_at, self._state.followed_until)
        return self._clock.now() - known_at >= self._usable_for

    async def freshen(self, entry: IndexedPerson) -> IndexedPerson | None:
        """The entry as a write may build on it: read again where it is old, alone or with all that changed since.

        None, and dropped from the index, when the account no longer has the person.
        """
        if not self.is_stale(entry):
            return entry
        if entry.refreshed_at == UNKNOWN_AGE or not self._changes.is_worthwhile(self._usable_for):
            return await self.refresh(entry)
        async with self._following:
            if self.is_stale(entry):  # else somebody else has just asked
                await self._follow()
        current = await self.get(entry.id)
        if current is None or not self.is_stale(current):
            return current
        return await self.refresh(current)

    async def refresh(self, entry: IndexedPerson) -> IndexedPerson | None:
        """Read one person again; None, and dropped from the index, when the account no longer has them."""
        asked_at = self._clock.now()
        found = await self._read(entry)
        if found is None:
            later = max(asked_at, entry.refreshed_at) + timedelta(milliseconds=1)
            await self.store.forget(self._installation_id, person_id=entry.id, older_than=later)
            return None
        person, kind = found
        return await self.keep(make_entry(person, kind, self.names.lookups, asked_at, entry))

    async def search_account(self, address: str) -> IndexedPerson | None:
        """Ask the account who holds this address, and take the answer into the index."""
        found = await self._api.find_by_email(address)
        if found is None:
            return None
        if found.get("is_agent") is True:  # what was found lacks an agent's own fields
            return await self.take_in(await self._api.get("agent", found["id"]), "agent")
        return await self.take_in(found, "requester")

    async def take_in(self, person: JsonObject, kind: PersonKind) -> IndexedPerson:
        """Store a person just answered by the account, with what was known of them."""
        before = await self.get(str(person["id"]))
        entry = make_entry(person, kind, self.names.lookups, self._clock.now(), before)
        (entry,) = await self._with_noted([entry])
        return await self.keep(entry)

    async def _read(self, entry: IndexedPerson) -> tuple[JsonObject, PersonKind] | None:
        """The person under the kind that we know, else under the other: the desk may have converted them."""
        other: PersonKind = "requester" if entry.kind == "agent" else "agent"
        for kind in (entry.kind, other):
            with suppress(NotFound):
                person = await self._api.get(kind, entry.id)
                return person, "agent" if person.get("is_agent") is True else kind
        return None

    async def _follow(self) -> None:
        assert self._state is not None
        since = self._state.followed_until or self._state.loaded_at
        true_at = await self._changes.follow(since) if since is not None else None
        if true_at is not None:
            self._state = replace(self._state, followed_until=true_at)
            await self.store.put_state(self._installation_id, self._state)

    def _load_in_background(self) -> asyncio.Task[None]:
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self.load(), name=f"load {self._installation_id}")
            self._loading.add_done_callback(_consume)
        return self._loading

    async def _wait_for(self, loading: asyncio.Task[None]) -> None:
        done, _ = await asyncio.wait({loading}, timeout=LOADING_WAIT_SECONDS)
        if not done:
            raise Transient(
                "The people of the Freshservice account are still being read for the first time.",
                remedy="Try again in a moment.",
                retry_after_seconds=LOADING_WAIT_SECONDS,
            )
        loading.result()

    async def _load_people(self, kind: PersonKind) -> None:
        """List one kind. People written since the listing began are newer than what it says."""
        began = self._clock.now()
        pages = self._api.list_agents() if kind == "agent" else self._api.list_requesters()
        async for page in pages:
            known = await self.store.get_many(self._installation_id, [str(person["id"]) for person in page])
            entries = [
                make_entry(person, kind, self.names.lookups, began, known.get(str(person["id"]))) for person in page
            ]
            await self.store.put(self._installation_id, await self._with_noted(entries), older_than=began)
        await self.store.forget_creation(self._installation_id, noted_before=began - CREATION_NOTED_FOR)

    async def _with_noted(self, entries: Sequence[IndexedPerson]) -> list[IndexedPerson]:
        """The entries, those of people whose creation was cut off with what the client said then."""
        names = {name for entry in entries if not entry.given for name in (*entry.addresses[:1], entry.user_name)}
        noted = await self.store.creations(self._installation_id, sorted(names))
        return [with_noted(entry, noted, self.names.lookups) for entry in entries]


def _consume(task: asyncio.Task[None]) -> None:
    """Whoever waits sees the failure; where nobody does, the next use of the index tries again."""
    if not task.cancelled():
        task.exception()
