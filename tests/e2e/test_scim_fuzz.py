"""Requests that a machine makes up from the endpoint's own description: none is answered with a fault of ours."""

import asyncio
import contextlib
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from scim_openapi import describe
from scim_process import ScimProcess, scim_process

from provisor.bootstrap.home import Home
from provisor.config import read_settings

pytestmark = pytest.mark.e2e

PEOPLE = 12
OPERATIONS_MIN = 14
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScimProcess]:
    with scim_process(tmp_path_factory.mktemp("fuzzed") / "data") as found:
        yield found


async def unlimited_token(server: ScimProcess, tenant: str, profile: str) -> str:
    """A token that may ask as often as it likes."""
    home = Home(read_settings(server.data, {}))
    try:
        _, token = await home.tokens.create(tenant=tenant, backend="embedded", profile=profile, rate=0, me="nobody")
        return token
    finally:
        await home.close()


def ask(server: ScimProcess, token: str, path: str, body: Any = None) -> Any:
    """The JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    with urllib.request.urlopen(urllib.request.Request(server.url + path, data, headers)) as answer:
        return json.load(answer)


def described(server: ScimProcess, token: str) -> Any:
    """The endpoint's description, with some people and groups to work on."""
    people = [ask(server, token, "/Users", {"schemas": [USER], "userName": f"u{at}"})["id"] for at in range(PEOPLE)]
    groups = [
        ask(server, token, "/Groups", {"schemas": [GROUP], "displayName": f"g{at}", "members": [{"value": people[at]}]})
        for at in range(PEOPLE)
    ]
    schemas = {each["id"]: each for each in ask(server, token, "/Schemas")["Resources"]}
    types = ask(server, token, "/ResourceTypes")["Resources"]
    return schemathesis.openapi.from_dict(
        describe(types, schemas, {"/Users": people, "/Groups": [each["id"] for each in groups]})
    )


def check(case: Case, answer: Any) -> None:
    """No fault of ours; a refusal in SCIM's form; what is made says where it is."""
    what = f"{case.method} {answer.request.url} {answer.request.body!r} -> {answer.status_code} {answer.text[:500]}"
    assert answer.status_code < 500, what
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if answer.content:
        assert headers["content-type"] == ["application/scim+json"], what
    if answer.status_code >= 400:
        body = answer.json()
        assert body["schemas"] == [ERROR], what
        assert body["status"] == str(answer.status_code), what
        assert body["detail"], what
    elif answer.status_code == 201:
        assert headers["location"][0].endswith(f"/{answer.json()['id']}"), what


@pytest.mark.parametrize(
    ("profile", "mode", "examples"),
    [
        ("default", GenerationMode.POSITIVE, 10),
        ("strict", GenerationMode.POSITIVE, 10),
        ("default", GenerationMode.NEGATIVE, 4),
    ],
)
def test_no_request_meets_a_fault_of_ours(
    server: ScimProcess, profile: str, mode: GenerationMode, examples: int
) -> None:
    """Every operation, by requests that keep to the description and by such that do not."""
    token = asyncio.run(unlimited_token(server, f"{profile}-{mode}", profile))
    count = 0
    for result in described(server, token).get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            phases=[Phase.generate],
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask_for(case: Case) -> None:
            check(case, case.call(base_url=server.url, headers={"Authorization": f"Bearer {token}"}))

        with contextlib.suppress(Unsatisfiable):  # a path that may be any text cannot be broken
            ask_for()
            count += 1
    assert count >= OPERATIONS_MIN
