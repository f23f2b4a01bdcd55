"""The sample's processes killed, and Ctrl-C, in the middle of the cycle: what is said, who is left, what comes next."""

import os
import signal
from pathlib import Path

import pytest
from main_job import Done, demo, fingerprint, free_ports, linked, look_at_desk, numbers, running, wait_until
from process_tree import children, ended, is_alive, needs_proc

pytestmark = pytest.mark.e2e

EVERYBODY = 292
STEP = 50


def disturbed(data: Path, port: int, victim: str | None) -> tuple[int, str]:
    """Run the sample, and kill one process after some more people, or send Ctrl-C; its exit code and what it said."""
    before = linked(data)
    with running(data, "demo", "--port", str(port), "--once") as process:
        wait_until(lambda: linked(data) >= before + STEP or process.poll() is not None, "some more have an account")
        assert process.poll() is None, "it ended before it could be disturbed"
        family = children(process.pid)
        assert set(family) == {"emulate", "serve-web"}
        if victim:
            os.kill(family[victim], signal.SIGKILL)
        else:
            process.send_signal(signal.SIGINT)
        code, said = ended(process)
    assert not [pid for pid in family.values() if is_alive(pid)]
    assert before < linked(data) < EVERYBODY
    return code, said


async def test_whatever_dies_in_the_middle_is_named_and_the_next_run_goes_on(
    first_run: tuple[Path, Done], tmp_path: Path
) -> None:
    """One sentence and exit 1 for a killed process, exit 130 for Ctrl-C; in the end all is as if undisturbed."""
    needs_proc()
    data, port = tmp_path / "data", free_ports()
    for victim, name in (("serve-web", "web"), ("emulate", "emulator")):
        code, said = disturbed(data, port, victim)
        assert code == 1
        assert f"Error: The {name} process has ended (killed by SIGKILL)." in said
        assert "Run it again" in said
    code, said = disturbed(data, port, None)
    assert code == 130
    assert "Stopped. Run it again: it goes on where it stopped." in said
    before = linked(data)
    done = demo(data, port)
    assert done.code == 0, done.err
    assert numbers(done.out)["failed"] == 0
    assert numbers(done.out)["created"] <= EVERYBODY - before
    assert fingerprint(await look_at_desk(data)) == fingerprint(await look_at_desk(first_run[0]))
