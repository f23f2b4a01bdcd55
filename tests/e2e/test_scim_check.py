"""`provisor scim check` as a process, at a real server process over real HTTP: our black-box suite of §13 to §16."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml
from main_job import Done, free_ports, provisor
from scim_process import ScimProcess, scim_process

from provisor.cli.main import main

pytestmark = pytest.mark.e2e

CHECKS_MIN = 290
POINTS = {"entra-validator": 32, "entra-gallery": 23, "okta-spec": 16, "okta-crud": 5, "common": 20}
"""How many points these judges have: fewer would mean that some were not tried."""

BY_THE_CLOCK = {"groups.quick"}
"""Advice about the time that an answer takes: of no meaning on a machine that does other things as well."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScimProcess]:
    with scim_process(tmp_path_factory.mktemp("checked") / "data") as found:
        yield found


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Done]:
    """The command line in this process: as thorough where no signal is involved, and much faster."""

    def run(*arguments: str, **environment: str) -> Done:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["provisor", "--data", str(tmp_path / "none"), *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not (tmp_path / "none").exists(), "a data folder was made"
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return run


def run_check(server: ScimProcess, profile: str, *arguments: str) -> Done:
    """The command, with the token of a profile."""
    environment = {"SCIM_TOKEN": server.tokens[profile]}
    options = ("scim", "check", server.url, "--token-env", "SCIM_TOKEN", *arguments)
    return provisor(server.data.parent / "none", *options, environment=environment)


@pytest.mark.parametrize("profile", ["default", "entra", "okta"])
def test_every_point_of_every_judge_is_met(server: ScimProcess, profile: str) -> None:
    """100 % of what Entra, its validator, its gallery, Okta's tests, other clients and the RFCs look at."""
    done = run_check(server, profile, "--format", "json", "--strict")
    report: dict[str, Any] = json.loads(done.out)
    wrong = {each["id"]: each["problem"] for each in report["checks"] if each["outcome"] != "passed"}
    assert wrong.keys() <= BY_THE_CLOCK, wrong
    assert done.code == 0
    assert len(report["checks"]) >= CHECKS_MIN
    judges = {judge["id"]: judge for judge in report["judges"]}
    assert all(not judge["failed"] and not judge["untried"] for judge in judges.values())
    assert {name: judges[name]["passed"] for name in POINTS} == POINTS
    assert report["resources"]["leftovers"] == []


def test_the_strict_profile_follows_the_rfcs(server: ScimProcess, here: Callable[..., Done]) -> None:
    """All that the RFCs ask for; what they leave to clients is refused, and the report says so."""
    token, command = server.tokens["strict"], ("scim", "check", server.url, "--token-env", "SCIM_TOKEN")
    done = here(*command, "--client", "rfc", "--strict", SCIM_TOKEN=token)
    assert done.code == 0, done.out
    assert "0 failed" in done.out
    done = here(*command, "--client", "entra", "--only", "entra", SCIM_TOKEN=token)
    assert done.code == 1
    assert "✗ entra.disable-text" in done.out
    for words in (
        "wrong     ",
        "expected  ",
        "remedy    ",
        "request   PATCH http://127.0.0.1",
        "answer    400 Bad Request",
        "Entra's SCIM validator would pass",
    ):
        assert words in done.out
    assert token not in done.out + done.err


def test_it_says_what_it_does(server: ScimProcess, here: Callable[..., Done]) -> None:
    """Before it begins it names what it will create; nothing is created for a server in use."""
    command = ("scim", "check", server.url, "--token-env", "SCIM_TOKEN")
    done = here(*command, "--only", "groups", "--skip", "groups.quick", SCIM_TOKEN=server.tokens["default"])
    assert done.code == 0, done.out
    assert "names begin with provisor-check-" in done.err
    assert "nothing else is touched" in done.err
    assert "test resources were created, and" in done.out
    done = here(*command, "--read-only")
    assert done.code == 0, done.out
    assert "Nothing is written" in done.err
    assert "checks that write were left out" in done.out


def test_junit_for_build_servers(server: ScimProcess, here: Callable[..., Done], tmp_path: Path) -> None:
    """The file of a CI job: standard output is XML and nothing else."""
    command = ("scim", "check", server.url, "--token-env", "SCIM_TOKEN", "--client", "okta", "--format", "junit")
    done = here(*command, SCIM_TOKEN=server.tokens["okta"])
    assert done.code == 0
    file = tmp_path / "scim.xml"
    file.write_text(done.out, encoding="utf-8")
    suites = JUnitXml.fromfile(str(file))
    assert suites.tests > 50
    assert (suites.failures, suites.errors) == (0, 0)


def test_the_list_of_checks(here: Callable[..., Done]) -> None:
    """`--list` needs no server, and takes the same selection."""
    done = here("scim", "check", "--list", "--only", "bulk")
    assert done.code == 0
    assert "bulk.forward" in done.out
    assert "users.create" not in done.out
    listed = json.loads(here("scim", "check", "--list", "--format", "json").out)
    assert len(listed) >= CHECKS_MIN
    assert {"id", "title", "severity", "asks", "expects", "remedy", "clients"} <= listed[0].keys()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "no server to check"),
        (("nonsense",), 2, "not a Tenant URL"),
        (("http://scim.example.com/scim/v2",), 2, "not encrypted"),
        (("https://169.254.169.254/scim/v2",), 2, "may not be reached"),
        (("URL", "--token-env", "NOT_SET"), 2, "NOT_SET is not set"),
        (("URL", "--only", "filtrs"), 2, "Did you mean filters"),
        (("URL", "--format", "pdf"), 2, "pdf"),
        (("URL", "--ca-file", "/nowhere.pem"), 2, "/nowhere.pem"),
        (("URL",), 1, "asks for a token"),
        (("URL", "--token-env", "WRONG"), 1, "refuses the token"),
        (("CLOSED",), 1, "Nothing answers"),
        (("URL/elsewhere", "--token-env", "GOOD"), 1, "no SCIM endpoint"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_usage_and_servers_that_cannot_be_checked(
    server: ScimProcess, here: Callable[..., Done], arguments: tuple[str, ...], code: int, words: str
) -> None:
    """One clear sentence, CONTRACT's exit code, nothing on standard output."""
    closed = f"http://127.0.0.1:{free_ports()}/scim/v2"
    given = [each.replace("URL", server.url).replace("CLOSED", closed) for each in arguments]
    done = here("scim", "check", *given, WRONG="not-the-token", GOOD=server.tokens["default"])
    assert done.code == code, done.err
    assert words in done.err
    assert "not-the-token" not in done.err
    assert done.out == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_it_removes_what_it_made(server: ScimProcess, number: signal.Signals) -> None:
    """Ctrl-C, and the end of a CI job: the report so far, exit code 1, and nobody is left at the server."""
    command = [sys.executable, "-m", "provisor", "scim", "check", server.url, "--token-env", "SCIM_TOKEN"]
    process = subprocess.Popen(
        [*command, "--format", "json"],
        env={**os.environ, "SCIM_TOKEN": server.tokens["default"]},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr
    for line in process.stderr:
        if "Filters" in line:  # the cast is there by then
            break
    time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    report = json.loads(out)
    assert process.returncode == 1
    assert report["brokeOff"] == "The run was stopped."
    assert report["resources"]["created"] > 12
    assert report["resources"]["leftovers"] == []
    assert report["counts"]["skipped"] > 0
