"""What rules say, carried out in cycles on a real store: filters that move, unique values, patterns that time out."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from engine_world import World, person
from provisor.engine.scheduling import is_due
from provisor.model.job import Profile
from provisor.ports.records import LogQuery
from provisor.store.database import Database

HOSTILE = "(a|a|aa)+$"
ENDLESS = "a" * 64 + "!"


@pytest.fixture
async def world(database: Database) -> World:
    """An application whose people a test puts in."""
    world = World(database)
    await world.open()
    return world


async def set_rules(world: World, change: Callable[[dict[str, Any]], None]) -> None:
    """Store the application's schema with a change to its object mapping of users."""
    schema: dict[str, Any] = deepcopy(dict(await world.applications.schema("app")))
    change(schema)
    await world.applications.set_schema("app", schema)


def filters(*groups: list[tuple[Any, ...]]) -> Callable[[dict[str, Any]], None]:
    """A change that sets the scoping filters."""

    def change(schema: dict[str, Any]) -> None:
        schema["synchronizationRules"][0]["objectMappings"][0]["scope"] = {
            "groups": [
                {
                    "name": f"Filter {number}",
                    "clauses": [
                        {"sourceOperandName": name, "operatorName": operator, "targetOperand": {"values": list(values)}}
                        for name, operator, *values in clauses
                    ],
                }
                for number, clauses in enumerate(groups, start=1)
            ]
        }

    return change


def mapping(target: str, expression: str, **more: Any) -> Callable[[dict[str, Any]], None]:
    """A change that maps a target attribute by an expression."""

    def change(schema: dict[str, Any]) -> None:
        rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
        source = {"type": "Function", "name": "", "expression": expression, "parameters": []}
        row = {"targetAttributeName": target, "flowType": "Always", "matchingPriority": 0, "source": source, **more}
        rows[:] = [one for one in rows if one["targetAttributeName"] != target] + [row]

    return change


def pass_time(world: World, **delta: float) -> None:
    """Turn the clock."""
    world.clock.time += timedelta(**delta)


async def test_people_come_and_go_when_a_date_in_a_filter_passes(world: World) -> None:
    """Nobody changed anything: a week before the first day Ada comes, on the last day Boris goes, and not before."""
    await set_rules(
        world,
        filters(
            [("employeeHireDate", "ON_OR_BEFORE", "now+7d"), ("employeeLeaveDateTime", "AFTER OR NULL", "now")],
        ),
    )
    world.source.put(
        person("ada", employeeHireDate="2026-12-10"),
        person("boris", employeeHireDate="2020-01-01", employeeLeaveDateTime="2026-12-05"),
    )
    await world.cycle()
    assert [name for _, name in world.target.writes] == ["boris@contoso.example"]
    await world.cycle()
    assert len(world.target.writes) == 1
    pass_time(world, days=10)
    report = await world.cycle()
    assert report.cycle.counts.created == 1
    assert world.target.account("ada")["active"] is True
    assert world.target.account("boris")["active"] is True
    pass_time(world, days=3)
    report = await world.cycle()
    assert report.cycle.counts.disabled == 1
    assert world.target.account("boris")["active"] is False
    pass_time(world, days=300)
    assert not (await world.cycle()).cycle.total


async def test_a_job_is_due_when_a_date_in_its_rules_passes(world: World) -> None:
    """The schedule does not wait for the interval, except in strict-entra."""
    await set_rules(world, filters([("employeeHireDate", "ON_OR_BEFORE", "now")]))
    world.source.put(person("ada", employeeHireDate="2026-11-23T09:06:00Z"))
    await world.applications.start("app", world.clock.now())
    await world.cycle()
    engine = world.engine
    assert not await is_due(engine, await world.applications.get("app"), world.clock.now())
    pass_time(world, minutes=6)
    assert await is_due(engine, await world.applications.get("app"), world.clock.now())
    await world.applications.set_settings("app", profile=Profile.STRICT_ENTRA)
    assert not await is_due(engine, await world.applications.get("app"), world.clock.now())


async def test_a_mapping_that_counts_the_days_is_followed(world: World) -> None:
    """An expression on the present is tried ahead: its value is written when it changes, without any other news."""
    await set_rules(world, mapping("title", 'IIF(DateDiff("d", Now(), [employeeHireDate]) > 0, "Joining", "Staff")'))
    world.source.put(person("ada", employeeHireDate="2026-11-25"))
    await world.cycle()
    assert world.target.account("ada")["title"] == "Joining"
    assert not (await world.cycle()).cycle.counts.updated
    pass_time(world, days=1)
    await world.cycle()
    assert world.target.account("ada")["title"] == "Staff"


async def test_reports_follow_an_attribute_of_their_manager(world: World) -> None:
    """A filter on the manager's department lets Ada in and out as Frank moves, in the cycle in which he does."""
    await set_rules(world, filters([("manager.department", "EQUALS", "Sales")]))
    world.source.put(person("frank", department="Sales"), person("ada", manager="frank"), person("boris"))
    await world.cycle()
    assert [name for _, name in world.target.writes] == ["ada@contoso.example"]
    world.source.change("frank", department="Support")
    await world.cycle()
    assert world.target.account("ada")["active"] is False
    (entry, *_) = await world.records.entries(LogQuery("app", person="ada"))
    assert "manager.department EQUALS 'Sales' does not hold, manager.department is 'Support'" in entry.reason


async def test_a_unique_value_is_asked_for_and_everybody_gets_another(world: World) -> None:
    """Rules are tried in order; a value that the target has, or that somebody else is about to take, is passed over."""

    def change(schema: dict[str, Any]) -> None:
        attributes = schema["directories"][1]["objects"][0]["attributes"]
        attributes.append(
            {
                "name": "nickName",
                "type": "String",
                "metadata": [{"key": "SupportedForFiltering", "value": "true"}],
            }
        )
        rule = 'SelectUniqueValue([givenName], Append([givenName], "2"), Append([givenName], "3"))'
        mapping("nickName", rule, flowType="ObjectAddOnly")(schema)

    await set_rules(world, change)
    world.target.accounts["t0"] = {"userName": "other@contoso.example", "nickName": "ADA"}
    world.source.put(*(person(name, givenName="Ada") for name in ("ada", "boris", "chen")))
    report = await world.cycle()
    assert report.cycle.counts.created == 2
    assert sorted(one.get("nickName") for one in world.target.accounts.values()) == ["ADA", "Ada2", "Ada3"]
    (escrow,) = await world.work.escrows("app")
    assert escrow.error_code == "NoUniqueValue"
    world.source.change("ada", jobTitle="Clerk")
    await world.cycle()
    assert sorted(one.get("nickName") for one in world.target.accounts.values()) == ["ADA", "Ada2", "Ada3"]


async def test_after_five_time_outs_a_mapping_stops_and_its_people_wait(world: World) -> None:
    """Everybody whom the pattern cannot be applied to is escrowed, the first five by time; others are not touched."""
    await set_rules(world, mapping("title", f'Replace([jobTitle], , "{HOSTILE}", , "x", , )'))
    names = ("ada", "boris", "chen", "dana", "eve", "frank", "grace")
    world.source.put(*(person(name, jobTitle=ENDLESS) for name in names), person("hugo", jobTitle=None))
    report = await world.cycle()
    codes = sorted(escrow.error_code for escrow in await world.work.escrows("app"))
    assert codes.count("RegexTimeout") >= 5
    assert set(codes) <= {"RegexTimeout", "RegexStopped"}
    assert report.cycle.counts.failed + report.cycle.counts.created == 8
    (entry, *_) = await world.records.entries(LogQuery("app", person="grace"))
    assert entry.reason.startswith("title: ")


async def test_a_filter_that_times_out_removes_nobody(world: World) -> None:
    """Whoever cannot be judged is escrowed and keeps the account; the others are judged as always."""
    await set_rules(world, filters([("jobTitle", "NOT REGEX MATCH", HOSTILE)]))
    world.source.put(*(person(name, jobTitle="Clerk") for name in ("ada", "boris")))
    await world.cycle()
    world.source.change("ada", jobTitle=ENDLESS)
    world.source.change("boris", jobTitle="aaa")
    report = await world.cycle()
    assert report.cycle.counts.failed == 1
    assert world.target.account("ada")["active"] is True
    assert world.target.account("boris")["active"] is False
    (escrow,) = await world.work.escrows("app")
    assert escrow.error_code == "RegexTimeout"
    assert "Filter 1 (jobTitle NOT REGEX MATCH" in escrow.message


async def test_a_leaver_goes_whatever_else_is_wrong(world: World) -> None:
    """A mapping that fails for somebody keeps no account open: only what follows from leaving is evaluated."""
    world.source.put(person("chen"))
    await world.cycle()
    await set_rules(world, mapping("title", 'CDate("never")'))
    world.source.change("chen", appRoleAssignments=[])
    report = await world.cycle()
    assert report.cycle.counts.disabled == 1
    assert world.target.account("chen")["active"] is False


async def test_an_input_filter_looks_away_and_removes_nobody(world: World) -> None:
    """Whoever stops passing it is left as it is; whoever never passed gets no account."""
    world.source.put(person("ada", city="Berlin"), person("boris", city="Rome"))

    def change(schema: dict[str, Any]) -> None:
        filters([("city", "EQUALS", "Berlin")])(schema)
        scope = schema["synchronizationRules"][0]["objectMappings"][0]["scope"]
        scope["inputFilterGroups"], scope["groups"] = scope["groups"], []

    await set_rules(world, change)
    await world.cycle()
    assert [name for _, name in world.target.writes] == ["ada@contoso.example"]
    world.source.change("ada", city="Rome", appRoleAssignments=[])
    await world.cycle()
    assert world.target.account("ada")["active"] is True
    (entry, *_) = await world.records.entries(LogQuery("app", person="ada"))
    assert entry.reason.startswith("NotInInputFilter")
