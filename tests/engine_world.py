"""A world for the engine in one process: a scripted directory and a SCIM-like target in memory, on a real store.

The fakes stand for the outside only; store, stages and engine are the real ones.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from provisor.engine.running import CycleReport, Engine, run_now
from provisor.gallery.synchronization.reading import read_rules
from provisor.gallery.templates import get_template
from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.model.job import Application
from provisor.model.operation import AttributeChange
from provisor.model.resource import ObjectType, Presence, SourceResource, TargetResource
from provisor.ports.source import SourcePage
from provisor.store.applications import SqlApplications
from provisor.store.database import Database
from provisor.store.plans import SqlPlans
from provisor.store.records import SqlRecords
from provisor.store.work import SqlWork

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AGENT = {"id": "a", "value": "Agent", "displayName": "Agent"}
IS_AGENT = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User:isAgent"


class TurnableClock:
    """A clock that stands still until it is turned; whoever sleeps on it is cancelled before it wakes."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        """The time it shows."""
        return self.time

    def monotonic(self) -> float:
        """Seconds since the start."""
        return (self.time - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Wait for as long as any test lasts."""
        await asyncio.sleep(3600)


def person(name: str, **attributes: Any) -> SourceResource:
    """An assigned, enabled person of Contoso, whose id is the name."""
    defaults = {
        "userPrincipalName": f"{name}@contoso.example",
        "mail": f"{name}@contoso.example",
        "displayName": name.title(),
        "givenName": name.title(),
        "surname": "Example",
        "accountEnabled": True,
        "manager": None,
        "appRoleAssignments": [{"id": "r", "value": "User", "displayName": "User"}],
    }
    return SourceResource(name, ObjectType.USER, {**defaults, **attributes})


class ScriptedSource:
    """A directory that a test edits; every edit is announced in the feed."""

    def __init__(self) -> None:
        self.people: dict[str, SourceResource] = {}
        self.feed: list[str] = []
        self.page_size = 3
        self.is_truncated = False

    def put(self, *people: SourceResource) -> None:
        """Add or replace people."""
        for one in people:
            self.people[one.id] = one
            self.feed.append(one.id)

    def change(self, name: str, **attributes: Any) -> None:
        """Change attributes of one person."""
        one = self.people[name]
        self.put(replace(one, attributes={**one.attributes, **attributes}))

    def purge(self, name: str) -> None:
        """Delete for good."""
        self.people.pop(name)
        self.feed.append(name)

    async def read_all(self, attributes: frozenset[str], page_size: int) -> AsyncIterator[SourcePage]:
        """Everybody."""
        everybody = list(self.people.values())
        for start in range(0, max(len(everybody), 1), self.page_size):
            is_last = start + self.page_size >= len(everybody)
            watermark = str(len(self.feed)) if is_last and not self.is_truncated else None
            yield SourcePage(tuple(everybody[start : start + self.page_size]), watermark=watermark)
            if self.is_truncated:
                return

    async def read_changes(
        self, watermark: str, attributes: frozenset[str], page_size: int
    ) -> AsyncIterator[SourcePage]:
        """Whoever is in the feed since."""
        names = list(dict.fromkeys(self.feed[int(watermark) :]))
        gone = SourceResource("", ObjectType.USER, {}, Presence.GONE)
        changed = tuple(self.people.get(name) or replace(gone, id=name) for name in names)
        yield SourcePage(changed, watermark=str(len(self.feed)))

    async def find_ids(self, reference: str) -> Sequence[str]:
        """By name or id."""
        return [one.id for one in self.people.values() if reference in (one.id, one.person)]

    async def member_ids(self, group: str, limit: int) -> Sequence[str]:
        """Those whose `groups` name it."""
        return [one.id for one in self.people.values() if group in one.attributes.get("groups", ())][:limit]

    async def read_some(self, source_ids: Sequence[str], attributes: frozenset[str]) -> Sequence[SourceResource]:
        """These people."""
        gone = SourceResource("", ObjectType.USER, {}, Presence.GONE)
        return [self.people.get(one) or replace(gone, id=one) for one in source_ids]

    async def has_changes(self, watermark: str | None) -> bool:
        """Whether the feed has grown."""
        return watermark is None or int(watermark) < len(self.feed)


class MemoryTarget:
    """An application that keeps flat attributes, enforces a unique userName, and counts and fails as told."""

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, Any]] = {}
        self.writes: list[tuple[str, str]] = []
        self.requests = 0
        self.before_write: Callable[[str, Any], TargetAnswer | None] = lambda *_: None
        self.after_write: Callable[[str, Any], None] = lambda *_: None
        self._numbers = itertools.count(1)

    async def test_connection(self, matching_attribute: str) -> None:
        """Always fine."""

    async def count(self, kind: str) -> int | None:
        """How many there are."""
        self.requests += 1
        return len(self.accounts)

    async def list_all(self, kind: str, paths: frozenset[str]) -> AsyncIterator[Sequence[TargetResource]]:
        """All in one page."""
        self.requests += 1
        yield [TargetResource(target_id, dict(held)) for target_id, held in self.accounts.items()]

    async def find(self, kind: str, attribute: str, value: Any, paths: frozenset[str]) -> Sequence[TargetResource]:
        """Those with the value."""
        self.requests += 1
        wanted = str(value).casefold()
        return [
            TargetResource(target_id, dict(held))
            for target_id, held in self.accounts.items()
            if str(held.get(attribute, "")).casefold() == wanted
        ]

    async def get(self, kind: str, target_id: str, paths: frozenset[str]) -> TargetResource | None:
        """One."""
        self.requests += 1
        held = self.accounts.get(target_id)
        return TargetResource(target_id, dict(held)) if held is not None else None

    async def create(self, kind: str, attributes: Any) -> TargetAnswer:
        """Create, unless the userName is taken."""
        self.requests += 1
        if (answer := self.before_write("create", attributes)) is not None:
            return answer
        name = str(attributes["userName"]).casefold()
        if any(str(held["userName"]).casefold() == name for held in self.accounts.values()):
            return TargetAnswer(AnswerKind.CONFLICT, message="userName is taken")
        target_id = f"t{next(self._numbers)}"
        self.accounts[target_id] = dict(attributes)
        self.writes.append(("create", name))
        self.after_write("create", attributes)
        return TargetAnswer(AnswerKind.DONE, target_id, dict(attributes))

    async def update(
        self, kind: str, target_id: str, changes: Sequence[AttributeChange], known: Collection[str] = ()
    ) -> TargetAnswer:
        """Change what is given."""
        self.requests += 1
        if (answer := self.before_write("update", changes)) is not None:
            return answer
        held = self.accounts.get(target_id)
        if held is None:
            return TargetAnswer(AnswerKind.GONE)
        for change in changes:
            held[change.attribute] = change.after
        self.writes.append(("update", str(held["userName"])))
        self.after_write("update", changes)
        return TargetAnswer(AnswerKind.DONE, target_id)

    async def delete(self, kind: str, target_id: str) -> TargetAnswer:
        """Remove."""
        self.requests += 1
        held = self.accounts.pop(target_id, None)
        self.writes.append(("delete", str(held["userName"]) if held else ""))
        return TargetAnswer(AnswerKind.DONE, target_id)

    def account(self, name: str) -> dict[str, Any]:
        """The one account of a person."""
        found = [held for held in self.accounts.values() if held["userName"] == f"{name}@contoso.example"]
        assert len(found) == 1, f"{len(found)} accounts of {name}"
        return found[0]

    def id_of(self, name: str) -> str:
        """The id of the one account of a person."""
        (found,) = [key for key, held in self.accounts.items() if held["userName"] == f"{name}@contoso.example"]
        return found


class World:
    """Directory, target, store and engine, with one application."""

    def __init__(self, database: Database) -> None:
        self.source = ScriptedSource()
        self.target = MemoryTarget()
        self.clock = TurnableClock()
        self.applications = SqlApplications(database)
        self.work = SqlWork(database)
        self.records = SqlRecords(database)
        self.plans = SqlPlans(database)
        numbers = itertools.count(1)
        self.engine = Engine(
            applications=self.applications,
            work=self.work,
            records=self.records,
            plans=self.plans,
            clock=self.clock,
            connect=self._connect,
            rules_of=self._rules,
            new_id=lambda: f"id-{next(numbers):06d}",
            random=lambda below: 0,
            owner="test:1:",
            is_alive=lambda owner: True,
        )

    async def open(self, template: str = "freshservice") -> None:
        """Create the application."""
        app = Application("app", "job", "Desk", template, created=START)
        await self.applications.add(app, get_template(template).schema)
        await self.applications.set_credentials("app", "http://127.0.0.1:9/scim/v2", b"sealed")

    async def cycle(self) -> CycleReport:
        """Run one cycle, a minute later."""
        self.clock.time += timedelta(minutes=1)
        return await run_now(self.engine, "app")

    async def _connect(self, app: Application) -> tuple[ScriptedSource, MemoryTarget]:
        return self.source, self.target

    async def _rules(self, app: Application) -> Any:
        return read_rules(await self.applications.schema(app.id))
