"""Processes that die with kill -9 while the sample or `serve` serves: they are started again, and work goes on."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import aiohttp
import pytest
from main_job import Desk, api_key, edit, free_ports, is_listening, provisor, running, wait_until
from process_tree import children, is_alive, needs_proc

from provisor.cli import processes
from provisor.cli.processes import Child, supervise
from provisor.connectors.clock import SystemClock
from provisor.model.errors import Transient

pytestmark = pytest.mark.e2e


async def test_the_sample_starts_dead_processes_again(provisioned: Path) -> None:
    """All three die at once while it serves: they are started again, and a change still arrives at the desk."""
    needs_proc()
    port, key = free_ports(), await api_key(provisioned)
    with running(provisioned, "demo", "--port", str(port)) as process:
        wait_until(lambda: len(children(process.pid)) == 3, "the sample serves")
        kill_all(process, [port, port + 1])
        await change_arrives(provisioned, Desk(port + 1, key), "Survivor")
        end(process, signal.SIGINT)


async def test_serve_starts_dead_processes_again(provisioned: Path) -> None:
    """Both processes of `serve` die at once: others take their place and answer; SIGTERM ends everything."""
    needs_proc()
    port = free_ports()
    with running(provisioned, "serve", "--port", str(port)) as process:
        wait_until(lambda: is_listening(port) and len(children(process.pid)) == 2, "it serves")
        kill_all(process, [port])
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as healthy:
            assert healthy.status == 200
        end(process, signal.SIGTERM)


async def test_a_process_that_keeps_dying_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After five new starts in a row it is said which process it is and how it ended, and the others are stopped."""

    class Hurried(SystemClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(0)

    program = tmp_path / "program"
    program.write_text('#!/bin/sh\ncase "$*" in *serve-engine) exit 7;; esac\nexec cat\n')
    program.chmod(0o700)
    monkeypatch.setattr(processes.sys, "executable", str(program))
    steady, dying = Child("web", ["serve-web"]), Child("engine", ["serve-engine"])
    never = asyncio.get_running_loop().create_future()
    with pytest.raises(
        Transient, match=r"The engine process has ended 6 times in a row, the last time with exit code 7"
    ):
        await supervise([steady, dying], Hurried(), never)
    assert not steady.is_running


def kill_all(process: "subprocess.Popen[str]", ports: list[int]) -> None:
    """Kill every child, and wait until others stand in their place and answer."""
    before = children(process.pid)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def all_run_again() -> bool:
        now = children(process.pid)
        return set(now) == set(before) and not set(now.values()) & set(before.values())

    wait_until(all_run_again, "all run again")
    wait_until(lambda: all(map(is_listening, ports)), "they answer again")


async def change_arrives(data: Path, desk: Desk, title: str) -> None:
    """Import a new job title for Dana, and wait until the desk has it."""

    def retitle(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{**row, "jobTitle": title} if row["userPrincipalName"].startswith("dana@") else row for row in rows]

    assert provisor(data, "directory", "import", str(edit(data, retitle))).code == 0
    for _ in range(240):
        if (await desk.people())["dana@contoso.example"]["job_title"] == title:
            return
        await asyncio.sleep(0.25)
    raise AssertionError("the change did not reach the desk")


def end(process: "subprocess.Popen[str]", by: signal.Signals) -> None:
    """Ask it to stop: it does so cleanly, and leaves nobody behind."""
    family = children(process.pid)
    assert family
    process.send_signal(by)
    assert process.wait(30) == 0
    assert not [pid for pid in family.values() if is_alive(pid)]
