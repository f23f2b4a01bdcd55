"""A process killed, or Ctrl-C, in the middle of the initial cycle: what is said, who is left, how the next run ends."""

import asyncio
import os
import signal
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from main_job import (
    Done,
    demo,
    free_ports,
    look_at_desk,
    numbers,
    running,
    wait_until,
)
from process_tree import children, ended, is_alive, needs_proc

pytestmark = pytest.mark.e2e

STORED_BY_THE_CLOCK = ("id", "created_at", "updated_at", "department_ids", "reporting_manager_id")
MIDDLE = 100
EVERYBODY = 292


def linked(data: Path) -> int:
    """How many people have an account, as the engine knows."""
    try:
        with sqlite3.connect(f"file:{data / 'provisor.db'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM links").fetchone()[0])
    except sqlite3.Error:
        return 0


def comparable(people: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """People without what differs between two undisturbed runs: numbers and times."""
    return {
        address: {name: value for name, value in person.items() if name not in STORED_BY_THE_CLOCK}
        for address, person in people.items()
    }


@pytest.fixture(scope="module")
def undisturbed(first_run: tuple[Path, Done]) -> dict[str, dict[str, Any]]:
    """What stands at the desk when nothing happens."""
    return comparable(asyncio.run(look_at_desk(first_run[0])))


def in_the_middle(data: Path, process: "subprocess.Popen[str]") -> dict[str, int]:
    """The children, once about a third of the people have an account."""
    wait_until(lambda: linked(data) >= MIDDLE or process.poll() is not None, "a third have an account")
    assert process.poll() is None, "it ended before it could be disturbed"
    return children(process.pid)


@pytest.mark.parametrize(
    ("victim", "name"), [("serve-web", "web"), ("emulate", "emulator")], ids=["the web process", "the emulator"]
)
async def test_a_process_killed_in_the_middle_is_named_and_the_next_run_converges(
    undisturbed: dict[str, dict[str, Any]], tmp_path: Path, victim: str, name: str
) -> None:
    """kill -9 of one process at a third: one sentence, exit 1, nobody left; the next run ends as undisturbed."""
    needs_proc()
    data, port = tmp_path / "data", free_ports()
    with running(data, "demo", "--port", str(port), "--once") as process:
        family = in_the_middle(data, process)
        os.kill(family[victim], signal.SIGKILL)
        code, said = ended(process)
    assert code == 1
    assert f"Error: The {name} process has ended." in said
    assert "Run it again" in said
    assert not [pid for pid in family.values() if is_alive(pid)]
    assert linked(data) < EVERYBODY
    again = demo(data, port)
    assert again.code == 0, again.err
    assert numbers(again.out)["failed"] == 0
    assert comparable(await look_at_desk(data)) == undisturbed


async def test_ctrl_c_in_the_middle_stops_cleanly_and_the_next_run_converges(
    undisturbed: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """Ctrl-C at a third: no traceback, exit 130, nobody left; running again does only what is missing."""
    needs_proc()
    data, port = tmp_path / "data", free_ports()
    with running(data, "demo", "--port", str(port), "--once") as process:
        family = in_the_middle(data, process)
        process.send_signal(signal.SIGINT)
        code, _ = ended(process)
    assert code == 130
    assert not [pid for pid in family.values() if is_alive(pid)]
    before = linked(data)
    assert MIDDLE <= before < EVERYBODY
    again = demo(data, port)
    assert again.code == 0, again.err
    assert numbers(again.out)["created"] <= EVERYBODY - before
    assert comparable(await look_at_desk(data)) == undisturbed
