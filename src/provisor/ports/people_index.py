"""The local index of a service desk account's people: what answers lookups without a call to the account.

One row per person of one installation: what the account holds as last known, what the SCIM client said, and what waits.
The index is a cache of the account for the first part and the only home of the other two, so losing it loses
attributes that the account has no field for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

PersonKind = Literal["requester", "agent"]
NameKind = Literal["department", "location", "role"]


@dataclass(frozen=True, slots=True)
class IndexedPerson:
    """One person. Texts to be found by are folded already.

    `person` is the account's JSON as it was at `refreshed_at`; `given` the SCIM resource as the client last meant it;
    `waiting` fields that the account would not take while the person is deactivated; `awaited_manager` the manager
    as named by the client who is not known yet, `meant_manager` the account's id of one who is. `is_removed`: deleted
    over SCIM, so deactivated and hidden.
    """

    id: str
    kind: PersonKind
    person: Mapping[str, Any]
    user_name: str
    addresses: tuple[str, ...]
    refreshed_at: datetime
    created: datetime
    last_modified: datetime
    version: int = 1
    external_id: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    waiting: Mapping[str, Any] = field(default_factory=dict)
    awaited_manager: str | None = None
    meant_manager: int | None = None
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class IndexState:
    """When the account was last read whole, and up to which change it was followed since; None: never."""

    loaded_at: datetime | None = None
    followed_until: datetime | None = None


class PeopleIndexStore(Protocol):
    """Keeps the index. Every call names the installation; nothing crosses from one to another."""

    async def get(self, installation_id: str, person_id: str) -> IndexedPerson | None:
        """One person, removed ones included."""
        ...

    async def get_many(self, installation_id: str, ids: Sequence[str]) -> Mapping[str, IndexedPerson]:
        """Those of the ids that are known."""
        ...

    async def find(
        self,
        installation_id: str,
        *,
        address: str | None = None,
        user_name: str | None = None,
        external_id: str | None = None,
    ) -> Sequence[IndexedPerson]:
        """People by one of the three, removed ones included. `address` also finds secondary addresses."""
        ...

    async def awaiting(self, installation_id: str, names: Sequence[str]) -> Sequence[str]:
        """Ids of people whose manager is awaited under one of these names."""
        ...

    async def awaited(self, installation_id: str) -> Sequence[str]:
        """Every name under which a manager is awaited."""
        ...

    async def page(
        self, installation_id: str, *, after_id: str = "", offset: int = 0, limit: int
    ) -> Sequence[IndexedPerson]:
        """People in order of id, removed ones left out."""
        ...

    async def count(self, installation_id: str) -> int:
        """How many `page` would give in all."""
        ...

    async def put(
        self, installation_id: str, people: Sequence[IndexedPerson], *, older_than: datetime | None = None
    ) -> None:
        """Store people, in one transaction; with `older_than`, leave out those refreshed since."""
        ...

    async def note_creation(self, installation_id: str, name: str, given: Mapping[str, Any], now: datetime) -> bool:
        """Note what a person is to be before the account is asked to make them, under a folded address or user name.

        True when a creation under this name was under way already: whether the account carried it out is not known.
        The note ends when the person is `put` with what the client said, or by `forget_creation`.
        """
        ...

    async def creations(self, installation_id: str, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """What was noted under these names."""
        ...

    async def forget_creation(
        self, installation_id: str, name: str | None = None, *, noted_before: datetime | None = None
    ) -> None:
        """Drop a note, or all that are older: they came to nothing."""
        ...

    async def forget(self, installation_id: str, *, person_id: str | None = None, older_than: datetime) -> int:
        """Drop people (or one) last refreshed before `older_than`: the account no longer has them. Says how many."""
        ...

    async def names(self, installation_id: str, kind: NameKind) -> Mapping[int, str]:
        """The account's departments, locations or roles by id."""
        ...

    async def put_names(
        self, installation_id: str, kind: NameKind, names: Mapping[int, str], *, is_complete: bool = False
    ) -> None:
        """Store names; a complete list replaces what was there."""
        ...

    async def state(self, installation_id: str) -> IndexState:
        """How current the index is."""
        ...

    async def put_state(self, installation_id: str, state: IndexState) -> None:
        """Note how current the index is."""
        ...

    async def clear(self, installation_id: str) -> None:
        """Forget everything about an installation."""
        ...
