"""A token that speaks for a person, made on the command line and used on a real server (RFC 7644 §3.11)."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from main_job import provisor
from scim_process import FIRST_TOKEN, ScimProcess, scim_process

pytestmark = pytest.mark.e2e


def ask(server: ScimProcess, path: str, token: str, body: Any = None) -> Any:
    """The JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    with urllib.request.urlopen(urllib.request.Request(server.url + path, data, headers)) as answer:
        return json.load(answer)


def test_a_token_for_a_person_finds_them_at_me(tmp_path: Path) -> None:
    """`token create --me` takes a user's id, and refuses one that nobody has."""
    data = tmp_path / "data"
    with scim_process(data) as server:
        ada = ask(server, "/Users", FIRST_TOKEN, {"userName": "ada@contoso.com"})
        made = provisor(data, "token", "create", "--me", ada["id"], "--format", "json")
        assert made.code == 0, made
        assert ask(server, "/Me", json.loads(made.out)["token"]) == ada
    refused = provisor(data, "token", "create", "--me", "nobody")
    assert (refused.code, "no User with the id nobody" in refused.err) == (2, True)
