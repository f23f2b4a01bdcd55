"""The conformance check can fail: every fault is found by the checks that it concerns, and by no others."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import faults_in_reading
import faults_in_writing
import pytest
from asgi import Heard
from checking import check, complaints
from crude_scim import CRUDE
from faulty_scim import Asked, Fault, FaultySCIM, Forward
from scim_world import scim_world

from provisor.connectors.scim.check.catalogue import CHECKS
from provisor.connectors.scim.check.report import Outcome

FAULTS = {**faults_in_reading.FAULTS, **faults_in_writing.FAULTS}

TOGETHER_MAX = 10
CLASHES = {
    "a_config_in_a_list": ("cursors.", "sorting.", "bulk.", "versions."),
    "an_open_door": ("authentication.",),
    "user_names_in_one_case": ("searches.",),
}
"""Faults that would hide others: not tried together with those that these checks find."""
MEMORY = Path("/dev/shm")


def batches() -> list[list[str]]:
    """Faults that concern different checks are tried together: so it takes seconds, and each is still told apart."""
    found: list[list[str]] = []
    for name in sorted(FAULTS, key=lambda name: -len(FAULTS[name][1])):
        for names in found:
            if len(names) < TOGETHER_MAX and not any(clash(name, other) for other in names):
                names.append(name)
                break
        else:
            found.append([name])
    return found


def clash(name: str, other: str) -> bool:
    """Whether two faults cannot be told apart when they are tried together."""
    one, two = FAULTS[name][1], FAULTS[other][1]
    hides = any(each.startswith(CLASHES.get(name, ())) for each in two)
    return hides or any(each.startswith(CLASHES.get(other, ())) for each in one) or not one.isdisjoint(two)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: nothing here has to survive a power cut."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="provisor-", dir=MEMORY) as name:
        yield Path(name)


@asynccontextmanager
async def faulty_server(folder: Path, *faults: Fault) -> AsyncIterator[tuple[FaultySCIM, str]]:
    """Our server behind faults, and a token of it, for which the word TOKEN stands too."""
    async with scim_world(folder) as world:
        _, token = await world.tokens.create(tenant="contoso", backend="embedded", profile="default", role="scim")

        async def know_the_token(asked: Asked, forward: Forward) -> Heard:
            if asked.headers.get("authorization") == "Bearer TOKEN":
                asked = replace(asked, headers={**asked.headers, "authorization": f"Bearer {token}"})
            return await forward(asked)

        yield FaultySCIM(world.app, [*faults, know_the_token]), token


@pytest.mark.parametrize("names", batches(), ids=lambda names: f"{names[0]} and {len(names) - 1} more")
async def test_faults_are_found_by_the_checks_that_they_concern(names: list[str], folder: Path) -> None:
    """Nothing else complains, and nothing is left behind however faulty the server is."""
    expected = set().union(*(FAULTS[name][1] for name in names))
    async with faulty_server(folder, *(FAULTS[name][0] for name in names)) as (app, token):
        report = await check(app, token)
    found = complaints(report)
    assert {name: found[name] for name in found.keys() - expected} == {}
    assert expected - found.keys() == set()
    assert not report.leftovers
    assert not report.broke_off


async def test_there_is_no_check_that_cannot_fail(folder: Path) -> None:
    """Each fails at one of the servers with a fault, or at one that does a whole kind of request wrong."""
    failed = set().union(*(caught_by for _, caught_by in FAULTS.values()))
    for name, (fault, groups) in CRUDE.items():
        (folder / name).mkdir()
        async with faulty_server(folder / name, fault) as (app, token):
            report = await check(app, token, only=groups)
        failed |= {finding.check.id for finding in report.findings if finding.outcome is Outcome.FAILED}
    assert {each.id for each in CHECKS} - failed == set()
