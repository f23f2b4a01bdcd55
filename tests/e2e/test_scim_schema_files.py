"""Schema files in the data folder of a real service: what they define is served, and faults stop it at the start."""

import json
import urllib.request
from pathlib import Path

import pytest
from main_job import free_ports, provisor
from scim_process import scim_process

pytestmark = pytest.mark.e2e

DEVICE = "urn:example:params:scim:schemas:contoso:2.0:Device"
FILE = [
    {"id": DEVICE, "attributes": [{"name": "serial", "required": True}]},
    {"name": "Device", "endpoint": "/Devices", "schema": DEVICE},
]


def test_files_in_the_data_folder_are_served(tmp_path: Path) -> None:
    """The endpoint is there, and the command lists the type."""
    data = tmp_path / "data"
    (data / "scim-schemas").mkdir(parents=True)
    (data / "scim-schemas" / "device.json").write_text(json.dumps(FILE))
    with scim_process(data) as server:
        request = urllib.request.Request(
            f"{server.url}/Devices",
            json.dumps({"schemas": [DEVICE], "serial": "S1"}).encode(),
            {"Authorization": f"Bearer {server.tokens['strict']}", "Content-Type": "application/scim+json"},
        )
        with urllib.request.urlopen(request) as answer:
            made = json.load(answer)
    assert made["meta"]["location"] == f"{server.url}/Devices/{made['id']}"
    listed = provisor(data, "scim", "types", "--format", "json")
    assert [each["endpoint"] for each in json.loads(listed.out)] == ["/Users", "/Groups", "/Devices"]


def test_faults_stop_a_service_before_it_starts(tmp_path: Path) -> None:
    """Exit code 2, every fault with its file and place, whichever command meets them; nothing listens."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps({"id": "Device", "attributes": [{"name": "a", "type": "text"}]}))
    (folder / "b.json").write_text("{")
    environment = {"PROVISOR_SCIM_SCHEMAS": str(folder)}
    port = str(free_ports())
    for command in (["scim", "types"], ["scim", "serve", "--port", port], ["serve", "--port", port]):
        done = provisor(tmp_path / "data", *command, environment=environment)
        assert done.code == 2, done
        for place in ("a.json, id:", "a.json, attributes[0].type:", "b.json: is not JSON"):
            assert place in done.err
    done = provisor(tmp_path / "data", "scim", "types", environment={"PROVISOR_SCIM_SCHEMAS": "/nowhere"})
    assert (done.code, "PROVISOR_SCIM_SCHEMAS" in done.err) == (2, True)
