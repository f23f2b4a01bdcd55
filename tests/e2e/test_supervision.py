"""Supervisors whose processes die with kill -9: the sample ends with a sentence, `serve` starts them again."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest
from main_job import APPLICATION, Desk, api_key, demo, edit, free_ports, is_listening, provisor, running, wait_until
from process_tree import children, ended, is_alive, needs_proc

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("victim", ["serve-web", "emulate", "serve-engine"])
def test_the_sample_does_not_go_on_without_one_of_its_processes(provisioned: Path, victim: str) -> None:
    """While it serves, the death of any process ends the others too, with a sentence and exit 1."""
    needs_proc()
    port = free_ports()
    with running(provisioned, "demo", "--port", str(port)) as process:
        wait_until(lambda: "serve-engine" in children(process.pid), "it serves")
        family = children(process.pid)
        assert set(family) == {"serve-web", "emulate", "serve-engine"}
        os.kill(family[victim], signal.SIGKILL)
        code, said = ended(process)
    assert code == 1
    assert "process has ended." in said
    assert not [pid for pid in family.values() if is_alive(pid)]
    assert not is_listening(port)
    assert not is_listening(port + 1)


async def test_serve_starts_a_dead_process_again(provisioned: Path) -> None:
    """`serve` outlives the death of both its processes: it answers again, and a change still reaches the desk."""
    needs_proc()
    port, key = free_ports(), await api_key(provisioned)
    demo(provisioned, port)
    assert provisor(provisioned, "start", APPLICATION).code == 0
    emulate = ["emulate", "freshservice", "--port", str(port + 1), "--plan", "enterprise", "--quiet"]
    with (
        running(provisioned, *emulate),
        running(provisioned, "serve", "--port", str(port)) as process,
    ):
        wait_until(lambda: is_listening(port) and len(children(process.pid)) == 2, "it serves")
        before = children(process.pid)
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda: len(now := children(process.pid)) == 2 and not set(now.values()) & set(before.values()),
            "both run again",
        )
        wait_until(lambda: is_listening(port), "it answers again")
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as healthy:
            assert healthy.status == 200

        def retitle(rows: list[dict[str, str]]) -> list[dict[str, str]]:
            return [
                {**row, "jobTitle": "Survivor"} if row["userPrincipalName"].startswith("dana@") else row for row in rows
            ]

        assert provisor(provisioned, "directory", "import", str(edit(provisioned, retitle))).code == 0
        desk = Desk(port + 1, key)
        for _ in range(120):
            if (await desk.people())["dana@contoso.example"]["job_title"] == "Survivor":
                break
            await asyncio.sleep(0.25)
        else:
            raise AssertionError("the change did not reach the desk")
        family = children(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not [pid for pid in family.values() if is_alive(pid)]
