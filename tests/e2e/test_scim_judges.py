"""Other people's judges of SCIM servers, on a real process of ours over real HTTP (issue: done when)."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server
from scim_process import ScimProcess, scim_process
from scim_sanity.probe.runner import run_probe_api

pytestmark = pytest.mark.e2e

CHECKS_MIN = 130
"""What scim2-tester asks of users and groups with every attribute; fewer would mean that it stopped early."""
PROBES_MIN = 25


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScimProcess]:
    with scim_process(tmp_path_factory.mktemp("judged") / "data") as found:
        yield found


def test_scim2_tester_finds_nothing(server: ScimProcess) -> None:
    """Every check of the profile that follows the RFC by the letter: 100 %, and nothing skipped."""
    headers = {"Authorization": f"Bearer {server.tokens['strict']}"}
    with httpx2.Client(base_url=server.url, headers=headers, trust_env=False) as http:
        results = check_server(SyncSCIMClient(http))
    wrong = [f"{each.resource_type} {each.title}: {each.reason}" for each in results if each.status != Status.SUCCESS]
    assert not wrong
    assert len(results) >= CHECKS_MIN


@pytest.mark.parametrize("profile", ["strict", "default"])
def test_scim_sanity_finds_nothing(server: ScimProcess, profile: str) -> None:
    """No failure, warning or error; only the kinds of resources that we do not have are skipped."""
    found: dict[str, Any] = run_probe_api(base_url=server.url, token=server.tokens[profile])
    wrong = [each for each in found["results"] if each["status"] not in {"pass", "skip"}]
    assert not wrong
    assert not found["issues"]
    assert all("Agent" in each["name"] for each in found["results"] if each["status"] == "skip")
    assert found["summary"]["passed"] >= PROBES_MIN
