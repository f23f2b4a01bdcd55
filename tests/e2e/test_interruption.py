"""Interruptions with real processes: kill -9 in the middle, a change while serving, and the end by Ctrl-C."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest
from main_job import (
    Desk,
    Done,
    api_key,
    demo,
    edit,
    fingerprint,
    free_ports,
    is_listening,
    linked,
    look_at_desk,
    numbers,
    provisor,
    running,
    wait_until,
)
from process_tree import children

pytestmark = pytest.mark.e2e


async def test_kill_in_the_middle_ends_in_the_same_state(first_run: tuple[Path, Done], tmp_path: Path) -> None:
    """kill -9 of every process, twice; in the end all is as if undisturbed: nobody twice, no needless write."""
    data, port = tmp_path / "data", free_ports()
    for so_many in (40, 160):
        with running(data, "demo", "--port", str(port), "--once") as process:
            wait_until(lambda: linked(data) >= so_many or process.poll() is not None, "so many have an account")  # noqa: B023
            assert process.poll() is None, "it ended before it could be killed"
            for pid in (*children(process.pid).values(), process.pid):
                os.kill(pid, signal.SIGKILL)
            process.wait()
        wait_until(lambda: not is_listening(port) and not is_listening(port + 1), "the children are gone")
    assert linked(data) < 292
    done = demo(data, port)
    assert done.code == 0, done.err
    assert numbers(done.out)["updated"] == 0
    assert fingerprint(await look_at_desk(data)) == fingerprint(await look_at_desk(first_run[0]))


async def test_a_change_while_serving_reaches_the_desk_by_itself(provisioned: Path) -> None:
    """An import is worked at once; strangers see nothing; Ctrl-C ends everything."""
    port = free_ports()
    key = await api_key(provisioned)
    with running(provisioned, "demo", "--port", str(port)) as process:
        assert process.stdout is not None
        text = ""
        while "Serving." not in text:
            line = process.stdout.readline()
            assert line, text
            text += line
        await _check_closed(f"http://127.0.0.1:{port}")

        def rename(rows: list[dict[str, str]]) -> list[dict[str, str]]:
            rows[5]["jobTitle"] = "Quick Mover"
            return rows

        assert provisor(provisioned, "directory", "import", str(edit(provisioned, rename))).code == 0
        desk = Desk(port + 1, key)
        for _ in range(60):
            if any(one["job_title"] == "Quick Mover" for one in (await desk.people()).values()):
                break
            await asyncio.sleep(0.5)
        else:
            raise AssertionError("the change did not reach the desk")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    wait_until(lambda: not is_listening(port) and not is_listening(port + 1), "everything has ended")


async def _check_closed(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/") as page:
            assert page.status == 401
            assert "contoso" not in (await page.text()).lower()
        async with session.get(f"{url}/scim/v2/Users") as refused:
            assert refused.status == 401
            assert refused.headers["Content-Type"].startswith("application/scim+json")
            assert "WWW-Authenticate" in refused.headers
        async with session.get(f"{url}/healthz") as healthy:
            assert healthy.status == 200


async def test_nothing_secret_lies_readable_in_the_data_folder(first_run: tuple[Path, Done]) -> None:
    """The folder is closed, the key file too; neither the API key nor the sign-in token stands in any file."""
    data, done = first_run
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "secret.key").stat().st_mode & 0o777 == 0o600
    key = await api_key(data)
    link = done.out.split("sign-in?token=")[1].split()[0]
    for file in data.iterdir():
        content = file.read_bytes()
        assert key.encode() not in content, file
        assert link.encode() not in content, file
    assert key not in done.out + done.err


def test_everything_listens_on_loopback_only(provisioned: Path) -> None:
    """While the sample serves, its ports are bound to 127.0.0.1."""
    port = free_ports()
    with running(provisioned, "demo", "--port", str(port)):
        wait_until(lambda: is_listening(port) and is_listening(port + 1), "both answer")
        table = Path("/proc/net/tcp")
        if not table.exists():
            pytest.skip("only Linux tells what is bound; nothing to install elsewhere")
        bound = {line.split()[1] for line in table.read_text().splitlines()[1:] if line.split()[3] == "0A"}
        ours = {one for one in bound if int(one.split(":")[1], 16) in (port, port + 1)}
        assert {one.split(":")[0] for one in ours} == {"0100007F"}
