"""The README's steps, run as they stand there: the quick start, and the path with an account of one's own."""

import re
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from main_job import Desk, Done, free_ports, is_listening, running, wait_until
from readme_shell import blocks, checkout, shell

from provisor.config import read_settings

pytestmark = pytest.mark.e2e

KEEP_THE_ENVIRONMENT = "make --old-file=.venv/run.done"
"""What runs the tests is set up already, and is not made again by `make run`."""


def comparable(line: str) -> str:
    """A line of the summary without what differs from run to run: ports, tokens, and where the tests have .venv."""
    line = line.replace(f"{sys.prefix}/", ".venv/")
    return re.sub(r":\d{4,5}\b", ":PORT", re.sub(r"token=\S+", "token=…", line)).rstrip()


def test_the_quick_start(tmp_path: Path) -> None:
    """`make run` prints what the README shows, line by line; the file that it names can be imported again."""
    commands, shown = blocks("Try it"), blocks("Try it", "text")
    assert commands[0] == "make run\n"
    with shell(checkout(tmp_path / "checkout"), {"ONCE": "1", "PORT": str(free_ports())}) as reader:
        said = reader.type(commands[0].replace("make", KEEP_THE_ENVIRONMENT, 1))
        wanted = [comparable(line) for line in shown[0].splitlines() if line and "━" not in line]
        wanted.remove("Serving. A change in the directory reaches the desk within seconds. Ctrl-C stops.")
        wanted[wanted.index("Where to look")] = "Where to look, while it serves (without --once)"
        assert [comparable(line) for line in said.splitlines() if line] == wanted
        assert re.search(r"^ *0 +0 +300 ", reader.type(commands[1]), re.MULTILINE), "nobody is new or changed"


async def test_an_account_of_ones_own(first_run: tuple[Path, Done], tmp_path: Path) -> None:
    """Every step in its order, against an emulator in the account's place: Ada and Grace stand at the desk."""
    port = free_ports()
    here = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}
    folder, data = checkout(tmp_path / "checkout"), read_settings(None, here).data
    folder.joinpath("people.csv").write_text(only(first_run[0] / "contoso.csv", "ada@", "grace@"), encoding="utf-8")
    emulate = ["emulate", "freshservice", "--port", str(port + 1)]
    with running(tmp_path / "desk", *emulate) as desk, ExitStack() as terminals:
        key = after(desk.stdout.readline(), "API key (shown once): ")
        wait_until(lambda: is_listening(port + 1), "the emulator answers")
        reader = terminals.enter_context(shell(folder, here))
        said, asked = "", {"FRESHSERVICE_KEY": key}
        for block in blocks("With your own Freshservice account"):
            for line in block.replace("acme.freshservice.com", f"127.0.0.1:{port + 1}").splitlines():
                typed = line.replace("8080", str(port))
                if question := re.match(r"read -rs (\w+) && export \1$", typed):
                    reader.type(typed, asked[question[1]])
                elif typed == "provisor serve":
                    terminals.enter_context(running(data, "serve", "--port", str(port)))
                    wait_until(lambda: is_listening(port), "the service answers")
                else:
                    said = reader.type(typed)
                if "Bearer Token" in said:
                    asked["SECRET_TOKEN"] = after(said, "Bearer Token (shown once): ")
        people = await Desk(port + 1, key).people()
    assert {address: one["is_agent"] for address, one in people.items()} == {
        "ada@contoso.example": False,
        "grace@contoso.example": True,
    }


def only(file: Path, *names: str) -> str:
    """The header of a file of people, and the rows of those whose names begin so."""
    header, *rows = file.read_text(encoding="utf-8-sig").splitlines()
    return "\n".join([header, *(row for row in rows if row.startswith(names))]) + "\n"


def after(said: str, words: str) -> str:
    """What stands behind these words."""
    assert words in said, said
    return said.split(words)[1].split(maxsplit=1)[0]
