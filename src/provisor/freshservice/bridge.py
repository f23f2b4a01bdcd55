"""The bridge: a service desk account as the resource backend of a SCIM tenant (`ports/resources.py`, spec §9).

Reads are answered by the index. A write compares what the client asks for with what it saw, reads an old entry again
first, and sends only the difference. Operations on one person, and creates of one address, go one after the other.
People who are there already are never made twice: an active one is a conflict, which tells the client to match; a
deactivated one comes back and is answered as created.
"""

from collections.abc import Callable, Sequence

from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.bridging.intent import name_person, resolve_intent
from provisor.freshservice.bridging.late_links import LateLinks
from provisor.freshservice.bridging.locks import KeyedLocks
from provisor.freshservice.bridging.query import run_query
from provisor.freshservice.bridging.refusals import explained
from provisor.freshservice.bridging.writes import PersonWriter
from provisor.freshservice.index import PeopleIndex
from provisor.freshservice.indexing.entry import (
    attributes_in,
    attributes_of,
    changed_attributes,
    meant_by_client,
    merge_replacement,
    show_resource,
    show_user,
)
from provisor.freshservice.people import JsonObject, addresses_of, fold, primary_address
from provisor.freshservice.rest import FreshserviceApi
from provisor.freshservice.rest_faults import AddressTaken
from provisor.model.errors import (
    AmbiguousWrite,
    Conflict,
    NotFound,
    PreconditionFailed,
    ProvisorError,
    Reject,
    Transient,
)
from provisor.ports.clock import Clock
from provisor.ports.people_index import IndexedPerson, PeopleIndexStore
from provisor.ports.resources import Page, Query
from provisor.scim.patch import PatchOperation, apply_patch
from provisor.scim.schema import ResourceType

USER = "User"


class FreshserviceBridge:
    """A `ResourceBackend` for the users of one installation. `close` it when done."""

    def __init__(
        self,
        installation_id: str,
        api: FreshserviceApi,
        store: PeopleIndexStore,
        clock: Clock,
        user_type: ResourceType,
        settings: BridgeSettings | None = None,
    ) -> None:
        self._installation_id, self._api, self._type = installation_id, api, user_type
        self._settings = settings or BridgeSettings()
        self._index = PeopleIndex(store, api, clock, installation_id, self._settings, on_loaded=self._relink)
        self._clock = clock
        self._writer = PersonWriter(self._index, api, clock, self._settings)
        self._locks = KeyedLocks()
        self._links = LateLinks(self._index, self._writer, self._locks, installation_id)

    async def close(self) -> None:
        """Finish what goes on in the background."""
        await self._links.close()
        await self._index.close()

    async def settle(self) -> None:
        """Return once no late link is being set."""
        await self._links.settle()

    def members(self, kind: str) -> None:
        """There are no groups."""

    def texts(self, kind: str) -> None:
        """No resource is kept as text."""

    async def get(self, kind: str, resource_id: str, *, excluded: frozenset[str] = frozenset()) -> JsonObject:  # noqa: ARG002 - nothing is costly to load
        """One person. Raises `NotFound`."""
        await self._ready(kind)
        return self._shown(await self._visible(resource_id))

    async def query(self, kind: str, query: Query) -> Page:
        """One page of people."""
        await self._ready(kind)
        return await run_query(self._index, self._installation_id, self._type, query)

    async def create(self, kind: str, resource: JsonObject) -> JsonObject:
        """Make a person, or bring a deactivated one back. Raises `Conflict` for one who is active."""
        await self._ready(kind)
        given = meant_by_client(resource, {}, {})
        address = primary_address(given)
        names = list(dict.fromkeys(fold(name) for name in (address, str(given.get("userName") or "")) if name))
        with explained(name_person(given)):
            async with self._locks.hold(f"address:{name}" for name in names):
                entry = await self._adopt_known(given, names)
                if entry is None:
                    entry = await self._create_new(given, address)
        self._links.follow(entry)
        return self._shown(entry)

    async def replace(
        self, kind: str, resource_id: str, resource: JsonObject, expected: Sequence[str] | None
    ) -> JsonObject:
        """Put a whole person in the place of another; what only the desk has set stays."""

        def wanted(entry: IndexedPerson) -> JsonObject:
            return merge_replacement(resource, show_user(entry, self._index.names.lookups), entry.given)

        return await self._change(kind, resource_id, wanted, attributes_of(resource), expected)

    async def patch(
        self,
        kind: str,
        resource_id: str,
        operations: Sequence[PatchOperation],
        expected: Sequence[str] | None,
        *,
        lenient: bool = True,
        excluded: frozenset[str] = frozenset(),  # noqa: ARG002 - nothing is costly to load
    ) -> JsonObject:
        """Apply the operations in order, all or none."""

        def wanted(entry: IndexedPerson) -> JsonObject:
            shown = show_user(entry, self._index.names.lookups)
            return apply_patch(shown, operations, self._type, lenient=lenient)

        return await self._change(kind, resource_id, wanted, attributes_in(operations), expected)

    async def delete(self, kind: str, resource_id: str, expected: Sequence[str] | None) -> None:
        """Deactivate the person at the desk and show them no longer. Nothing is ever destroyed."""
        await self._ready(kind)
        async with self._locks.hold([f"id:{resource_id}"]):
            entry = await self._visible(resource_id)
            self._check_version(entry, expected)
            with explained(entry.user_name or entry.id):
                try:
                    await self._writer.deactivate(entry, removes=True)
                except NotFound:
                    current = await self._index.refresh(entry)
                    if current is not None:  # converted at the desk
                        await self._writer.deactivate(current, removes=True)

    # ---------------------------------------------------------------- creating

    async def _adopt_known(self, given: JsonObject, names: Sequence[str]) -> IndexedPerson | None:
        """The person who is there already, brought back; None when nobody is."""
        for name in names:
            for found in (*await self._index.find_address(name), *await self._index.find_user_name(name)):
                async with self._locks.hold([f"id:{found.id}"]):
                    entry = await self._index.get(found.id)
                    if entry is not None:
                        entry = await self._index.freshen(entry)
                    if entry is not None and name in {*entry.addresses, entry.user_name}:
                        return await self._bring_back(entry, given)
        return None

    async def _bring_back(self, entry: IndexedPerson, given: JsonObject, *, is_ours: bool = False) -> IndexedPerson:
        """Activate and update somebody deactivated, or whom we were about to create. Raises `Conflict` for others."""
        is_active = bool(entry.person.get("active", True))
        whose = f"{entry.user_name} (id {entry.id}), {'an active' if is_active else 'a deactivated'} {entry.kind}"
        if fold(primary_address(given) or "") in addresses_of(entry.person)[1:]:
            raise Conflict(
                f"{name_person(given)}: the address is a secondary address of {whose} in Freshservice.",
                remedy="Remove it there, or provision that person under their primary address.",
            )
        if is_active and not is_ours:
            raise Conflict(
                f"{name_person(given)} exists already in Freshservice: {whose}.",
                remedy="Match by userName and update that person instead.",
            )
        shown = show_user(entry, self._index.names.lookups)
        after = merge_replacement({"active": True, **given}, shown, entry.given)
        intent = await resolve_intent(self._index, self._settings, given, shown, after=after, person_id=entry.id)
        return await self._writer.write(entry, intent)

    async def _create_new(self, given: JsonObject, address: str | None) -> IndexedPerson:
        """Make somebody whom the index does not know.

        What they are to be is noted before the account is asked, so that a crash between its answer and our storing it
        leaves a person whom the next attempt knows for its own: finished, not refused as a stranger.
        """
        intent = await resolve_intent(self._index, self._settings, given)
        if not any(intent.facts.get(name) for name in ("email", "work_phone_number", "mobile_phone_number")):
            raise Reject(
                f"{name_person(given)} has neither an e-mail address nor a phone number.",
                remedy="Freshservice needs one of them: map a work e-mail address.",
                code="invalidValue",
            )
        name = fold(address or str(given.get("userName") or ""))
        notes, tenant = self._index.store, self._installation_id
        was_under_way = await notes.note_creation(tenant, name, given, self._clock.now())
        try:
            return await self._writer.create(intent)
        except AddressTaken:
            if not was_under_way:
                await notes.forget_creation(tenant, name)
            found = await self._index.search_account(address) if address else None
            if found is None:
                raise
            async with self._locks.hold([f"id:{found.id}"]):
                return await self._bring_back(found, given, is_ours=was_under_way)
        except AmbiguousWrite:
            found = await self._index.search_account(address) if address else None
            if found is None:
                raise
            return await self._writer.settle_created(dict(found.person), found.kind, intent)
        except Transient:
            raise
        except ProvisorError:  # refused for good: there is nothing under way
            await notes.forget_creation(tenant, name)
            raise

    # ---------------------------------------------------------------- changing

    async def _change(
        self,
        kind: str,
        resource_id: str,
        wanted: Callable[[IndexedPerson], JsonObject],
        named: frozenset[str],
        expected: Sequence[str] | None,
    ) -> JsonObject:
        """Bring a person to what `wanted` makes of them; without a difference nothing is sent and nothing read."""
        await self._ready(kind)
        async with self._locks.hold([f"id:{resource_id}"]):
            before = entry = await self._visible(resource_id)
            self._check_version(entry, expected)
            with explained(entry.user_name or entry.id):
                if self._has_work(entry, wanted(entry)):
                    entry = _present(await self._index.freshen(entry), resource_id)
                    self._check_version(entry, expected)
                    try:
                        entry = await self._write(entry, wanted(entry), named)
                    except NotFound:  # converted at the desk since we last looked, or gone
                        entry = _present(await self._index.refresh(entry), resource_id)
                        entry = await self._write(entry, wanted(entry), named)
        if entry.addresses != before.addresses:
            self._links.follow(entry)
        return self._shown(entry)

    def _has_work(self, entry: IndexedPerson, after: JsonObject) -> bool:
        is_waiting = bool(entry.waiting) and bool(entry.person.get("active", True))
        return is_waiting or bool(changed_attributes(show_user(entry, self._index.names.lookups), after))

    async def _write(self, entry: IndexedPerson, after: JsonObject, named: frozenset[str]) -> IndexedPerson:
        if not self._has_work(entry, after):
            return entry
        shown = show_user(entry, self._index.names.lookups)
        if fold(str(after.get("userName", ""))) != entry.user_name:
            await self._check_unique(entry, str(after.get("userName", "")))
        given = meant_by_client(after, shown, entry.given, named)
        intent = await resolve_intent(self._index, self._settings, given, shown, after=after, person_id=entry.id)
        return await self._writer.write(entry, intent)

    async def _check_unique(self, entry: IndexedPerson, user_name: str) -> None:
        for other in await self._index.find_user_name(user_name):
            if other.id != entry.id and not other.is_removed:
                raise Conflict(
                    f"The userName {user_name} belongs to the person with the id {other.id}.",
                    remedy="Choose another, or merge the two people in Freshservice.",
                )

    async def _relink(self) -> None:
        """After a listing of the account: managers who came from elsewhere are there for those who wait."""
        for name in await self._index.store.awaited(self._installation_id):
            for manager in (await self._index.get(name), *await self._index.find_address(name)):
                if manager is not None:
                    self._links.follow(manager)

    # ---------------------------------------------------------------- reading

    async def _ready(self, kind: str) -> None:
        if kind != USER:
            raise NotFound(f"This tenant has no resources of type {kind}.", remedy="See /ResourceTypes.")
        with explained("The account"):
            await self._index.ready()

    async def _visible(self, resource_id: str) -> IndexedPerson:
        entry = await self._index.get(resource_id)
        return _present(entry if entry is None or not entry.is_removed else None, resource_id)

    def _check_version(self, entry: IndexedPerson, expected: Sequence[str] | None) -> None:
        if expected is None or "*" in expected:
            return
        if str(entry.version) not in {version.removeprefix("W/").strip('"') for version in expected}:
            raise PreconditionFailed(
                f"User {entry.id} has changed since it was read.", remedy="Read it again and repeat the change."
            )

    def _shown(self, entry: IndexedPerson) -> JsonObject:
        return show_resource(entry, self._index.names.lookups)


def _present(entry: IndexedPerson | None, resource_id: str) -> IndexedPerson:
    if entry is None:
        raise NotFound(f"There is no User {resource_id}.", remedy="It may have been removed; look it up by userName.")
    return entry
