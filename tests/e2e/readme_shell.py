"""A shell that runs the README's blocks as a reader pastes them, in a folder that looks like their checkout."""

import os
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^ *```(sh|text)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
BLOCK_SECONDS = 120.0
DONE = "the-block-is-done"


def blocks(heading: str, kind: str = "sh") -> list[str]:
    """The blocks below one heading of the README, as they stand there."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(content) for one, content in BLOCK.findall(section) if one == kind]


def checkout(folder: Path) -> Path:
    """A folder with everything of the checkout but its state, and with the environment that runs the tests."""
    folder.mkdir()
    for entry in ROOT.iterdir():
        if not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


class Shell:
    """A bash that reads what is typed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def type(self, *lines: str) -> str:
        """Type lines, the first a command and the others what it asks for; what was printed. It must succeed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # What the command asks for is its own input; the status comes after it.
        for line in (*lines, f"echo {DONE} $?"):
            self._process.stdin.write(line.rstrip("\n") + "\n")
        self._process.stdin.flush()
        said: list[str] = []
        watchdog = threading.Timer(BLOCK_SECONDS, self._process.kill)
        watchdog.start()
        try:
            for line in self._process.stdout:
                if line.startswith(DONE):
                    assert line.split()[1] == "0", "".join([*lines, "\n", *said])
                    return "".join(said)
                said.append(line)
        finally:
            watchdog.cancel()
        raise AssertionError("".join(["the shell has ended: ", *lines, "\n", *said]))


def _outside_make() -> dict[str, str]:
    """The environment without what a `make` that runs the tests tells one below it, which would be more talkative."""
    return {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}


@contextmanager
def shell(folder: Path, environment: dict[str, str]) -> Iterator[Shell]:
    """A shell in the folder; nothing of it is left behind."""
    process = subprocess.Popen(
        ["bash", "--norc"],
        cwd=folder,
        env={**_outside_make(), "PWD": str(folder), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield Shell(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)
