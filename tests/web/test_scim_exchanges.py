"""Clients' exchanges as data: each request is answered as the client expects (protocol spec §13 to §15).

A file in tests/corpus/clients whose name begins with `exchange-` holds exchanges: `why`, the `profiles` of the token,
and `steps` in order. A step has `method`, `target`, `body` and `headers`, and the `status` that the client expects;
`answer` is a part of the answer's body, `absent` names members that it lacks, `empty` says that it has no body. `keep`
gives a name to the id in the answer, which later steps write as `{name}`.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from scim_world import ScimClient, ScimWorld, scim_world

CORPUS = Path(__file__).parents[1] / "corpus" / "clients"
EXCHANGES = [
    pytest.param(exchange, profile, id=f"{file.stem.removeprefix('exchange-')} ({profile}): {exchange['why']}")
    for file in sorted(CORPUS.glob("exchange-*.json"))
    for exchange in json.loads(file.read_text(encoding="utf-8"))
    for profile in exchange["profiles"]
]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


def filled(value: Any, names: dict[str, str]) -> Any:
    """A value with ids in the place of their names."""
    match value:
        case str():
            for name, known in names.items():
                value = value.replace(f"{{{name}}}", known)
            return value
        case dict():
            return {key: filled(inner, names) for key, inner in value.items()}
        case list():
            return [filled(each, names) for each in value]
        case _:
            return value


def assert_part(expected: Any, found: Any, where: str) -> None:
    """Every member that is expected is there; lists have just the elements that are expected."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), where
        for key, inner in expected.items():
            assert key in found, f"{where}.{key} is missing in {found}"
            assert_part(inner, found[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(found, list), where
        assert len(found) == len(expected), f"{where}: {found}"
        for at, (inner, each) in enumerate(zip(expected, found, strict=True)):
            assert_part(inner, each, f"{where}[{at}]")
    else:
        assert found == expected, f"{where}: {found!r}"


async def take(client: ScimClient, step: dict[str, Any], names: dict[str, str]) -> None:
    """Send one request and hold the answer to what is expected."""
    path, _, query = filled(step["target"], names).partition("?")
    target = f"{path}?{quote(query, safe='=&%')}" if query else path
    heard = await client(step["method"], target, filled(step.get("body"), names), headers=step.get("headers"))
    where = f"{step['method']} {step['target']}"
    assert heard.status == step["status"], f"{where}: {heard}"
    if heard.body:
        assert heard.headers["content-type"] == "application/scim+json", where
        assert b"null" not in heard.body, where
    if step.get("empty"):
        assert heard.body == b"", where
    if "answer" in step:
        assert_part(filled(step["answer"], names), heard.json, where)
    for name in step.get("absent", ()):
        assert name not in heard.json, f"{where}: {name}"
    if "keep" in step:
        names[step["keep"]] = heard.json["id"]


@pytest.mark.parametrize(("exchange", "profile"), EXCHANGES)
async def test_a_recorded_exchange_is_answered_as_the_client_expects(
    world: ScimWorld, exchange: dict[str, Any], profile: str
) -> None:
    """Step by step, with statuses, bodies and what must not be in them."""
    client = await world.client(profile=profile)
    names: dict[str, str] = {}
    for step in exchange["steps"]:
        await take(client, step, names)


def test_every_client_of_the_specification_has_its_exchanges() -> None:
    """Entra in both forms, its validator and gallery, Microsoft's collection, Okta's tests, and the others."""
    files = {file.stem.removeprefix("exchange-") for file in CORPUS.glob("exchange-*.json")}
    assert files == {"entra", "entra-gallery", "entra-validator", "microsoft-collection", "okta", "others"}
