"""Writing one person: the calls that bring an account's record from what it is to what is wanted, in their order.

    active, stays active      convert, then one PUT with what changed
    becomes active            reactivate, convert, then one PUT with what changed and what waited
    becomes inactive          one PUT with what changed, then DELETE
    inactive, stays so        one PUT; what the account does not take from a deactivated person waits in the index

Each step is left out where there is nothing to do, so an ordinary change is one call. What the account answered is
stored even when a later step fails; such an entry counts as old, so that the next write looks first.
"""

from dataclasses import replace

from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.bridging.intent import Intent
from provisor.freshservice.index import UNKNOWN_AGE, PeopleIndex
from provisor.freshservice.indexing.entry import WAITING_KIND, effective_person, make_entry, settle
from provisor.freshservice.people import Facts, JsonObject, addresses_of, changed_facts, create_body, update_body
from provisor.freshservice.rest import FreshserviceApi
from provisor.freshservice.rest_faults import AddressTaken
from provisor.model.errors import Conflict, ProvisorError
from provisor.ports.clock import Clock
from provisor.ports.people_index import IndexedPerson, PersonKind


class PersonWriter:
    """Writes the people of one account. The caller holds the person's lock."""

    def __init__(self, index: PeopleIndex, api: FreshserviceApi, clock: Clock, settings: BridgeSettings) -> None:
        self._index, self._api, self._clock, self._settings = index, api, clock, settings

    async def create(self, intent: Intent) -> IndexedPerson:
        """Make somebody new: one POST, and a DELETE for somebody who starts deactivated."""
        kind: PersonKind = "agent" if intent.wants_agent else "requester"
        body = create_body(intent.facts, kind)
        if kind == "agent":
            body |= {"occasional": self._settings.is_occasional, "roles": await self._index.names.agent_roles()}
        person = await self._api.create(kind, body)
        return await self.settle_created(person, kind, intent)

    async def settle_created(self, person: JsonObject, kind: PersonKind, intent: Intent) -> IndexedPerson:
        """Store somebody whom a POST has just made."""
        names, now = self._index.names.lookups, self._clock.now()
        entry = replace(make_entry(person, kind, names, now), **_said(intent))
        entry = await self._index.keep(settle(entry, names, now, None))
        if not intent.is_active:
            entry = await self.deactivate(entry)
        return entry

    async def write(self, entry: IndexedPerson, intent: Intent) -> IndexedPerson:
        """Bring somebody who exists to what is wanted."""
        before = entry
        facts = changed_facts(intent.facts, effective_person(entry), intent.changed)
        try:
            entry = await self._activate(entry, intent)
            entry = await self._convert(entry, intent)
            entry = await self._update(entry, facts, intent)
            if entry.person.get("active", True) and not intent.is_active:
                entry = await self._deactivated(entry)
        except ProvisorError:
            entry = settle(entry, self._index.names.lookups, self._clock.now(), before)
            await self._index.keep(replace(entry, refreshed_at=UNKNOWN_AGE))
            raise
        entry = replace(entry, **_said(intent), is_removed=False)
        return await self._index.keep(settle(entry, self._index.names.lookups, self._clock.now(), before))

    async def deactivate(self, entry: IndexedPerson, *, removes: bool = False) -> IndexedPerson:
        """Take access away; with `removes`, SCIM no longer shows the person."""
        before = entry
        if entry.person.get("active", True):
            entry = await self._deactivated(entry)
        entry = replace(entry, is_removed=entry.is_removed or removes)
        return await self._index.keep(settle(entry, self._index.names.lookups, self._clock.now(), before))

    async def link_manager(self, entry: IndexedPerson, manager_id: int) -> IndexedPerson:
        """Set a manager who has appeared. Somebody deactivated gets theirs when they return."""
        before = entry
        body = update_body({"reporting_manager_id": manager_id}, entry.person, entry.kind)
        entry = await self._put(entry, body)
        entry = replace(entry, awaited_manager=None, meant_manager=manager_id)
        return await self._index.keep(settle(entry, self._index.names.lookups, self._clock.now(), before))

    async def _activate(self, entry: IndexedPerson, intent: Intent) -> IndexedPerson:
        if entry.person.get("active", True) or not intent.is_active:
            return entry
        person = await self._api.reactivate(entry.kind, entry.id)
        return self._with_person(entry, {**person, "active": True})

    async def _convert(self, entry: IndexedPerson, intent: Intent) -> IndexedPerson:
        """Change the kind. What a new agent must get besides waits for the PUT that follows, even after a crash."""
        wanted: PersonKind = entry.waiting.get(WAITING_KIND, entry.kind)
        if intent.wants_agent is not None:
            wanted = "agent" if intent.wants_agent else "requester"
        waiting = {name: value for name, value in entry.waiting.items() if name != WAITING_KIND}
        if wanted == entry.kind:
            return replace(entry, waiting=waiting)
        if not entry.person.get("active", True):  # an account may refuse it; it is done on the return
            return replace(entry, waiting={**waiting, WAITING_KIND: wanted})
        roles = await self._index.names.agent_roles() if wanted == "agent" else []
        person = await self._api.convert(entry.kind, entry.id)
        if wanted == "agent":
            waiting |= self._agent_fields(person, roles)
        return replace(self._with_person(entry, person), kind=wanted, waiting=waiting)

    async def _update(self, entry: IndexedPerson, facts: Facts, intent: Intent) -> IndexedPerson:
        """One PUT with what changed and, for somebody active, what waited."""
        waiting = dict(entry.waiting) if entry.person.get("active", True) else {}
        if not facts and not waiting:
            return entry
        body = update_body(facts, effective_person(entry), entry.kind, replaces=intent.shown_department)
        return await self._put(entry, waiting | body)

    def _agent_fields(self, person: JsonObject, roles: list[JsonObject]) -> JsonObject:
        """What a conversion sets otherwise than the settings say."""
        held = [role.get("role_id") for role in person.get("roles") or ()]
        wanted: JsonObject = {} if held == [role["role_id"] for role in roles] else {"roles": roles}
        if bool(person.get("occasional")) != self._settings.is_occasional:
            wanted["occasional"] = self._settings.is_occasional
        return wanted

    async def _put(self, entry: IndexedPerson, body: JsonObject) -> IndexedPerson:
        is_active = bool(entry.person.get("active", True))
        try:
            person = await self._api.update(entry.kind, entry.id, body)
        except Conflict as error:
            if is_active or isinstance(error, AddressTaken):
                raise
            return replace(entry, waiting={**entry.waiting, **body})  # taken again on the return
        kept = {name: value for name, value in entry.waiting.items() if name == WAITING_KIND}
        return replace(self._with_person(entry, person), waiting=kept)

    async def _deactivated(self, entry: IndexedPerson) -> IndexedPerson:
        await self._api.deactivate(entry.kind, entry.id)
        return self._with_person(entry, {**entry.person, "active": False})

    def _with_person(self, entry: IndexedPerson, person: JsonObject) -> IndexedPerson:
        return replace(entry, person=person, addresses=addresses_of(person), refreshed_at=self._clock.now())


def _said(intent: Intent) -> JsonObject:
    return {
        "given": intent.given,
        "awaited_manager": intent.awaited_manager,
        "meant_manager": intent.meant_manager,
    }
