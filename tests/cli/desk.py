"""A data folder with four people and an application, and a SCIM service provider in a process of its own behind it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provisor_command import Printed, provisor

DEADLINE_SECONDS = 90.0
TOKEN_VARIABLE = "DESK_TOKEN"
TOKEN = "token-of-the-desk-0123456789-0123456789"
PEOPLE = """userPrincipalName,displayName,givenName,surname,mail,department,accountEnabled,manager
ada@contoso.example,Ada,Ada,Example,ada@contoso.example,Engineering,true,frank@contoso.example
chen@contoso.example,Chen,Chen,Example,chen@contoso.example,Sales,true,
eve@contoso.example,Eve,Eve,Example,eve@contoso.example,Sales,true,
frank@contoso.example,Frank,Frank,Example,frank@contoso.example,Engineering,true,
"""
Run = Callable[..., Printed]


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """The Tenant URL of a SCIM service provider that runs as long as the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = ("--data", str(data), "scim", "serve", "--port", str(port), "--token-env", TOKEN_VARIABLE)
    process = subprocess.Popen(
        [sys.executable, "-m", "provisor", *words],
        env={**os.environ, TOKEN_VARIABLE: TOKEN},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not _is_listening(port):
            assert process.poll() is None, "the service provider has ended"
            assert time.monotonic() < deadline, "the service provider does not answer"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/scim/v2"
    finally:
        process.terminate()
        process.wait(15)


def commands(data: Path, tenant_url: str) -> Run:
    """Commands on a new data folder with four people, of whom all but Eve are assigned to the application Desk."""
    file = data.parent / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8")

    def run(*words: str, typed: str = "") -> Printed:
        return provisor(*words, data=data, typed=typed)

    for words in (
        ("directory", "import", str(file)),
        ("app", "create", "--template", "scim", "--name", "Desk"),
        ("credentials", "set", "Desk", "--url", tenant_url, "--token-env", TOKEN_VARIABLE),
        ("app", "assign", "Desk", *(f"--user={name}@contoso.example" for name in ("ada", "chen", "frank"))),
    ):
        printed = run(*words)
        assert printed.code == 0, printed.err
    return run


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
