"""`provisor token` and `provisor scim`: what an administrator types, and what comes of it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from scim_world import scim_world
from typer.testing import CliRunner

from provisor.cli import commands  # noqa: F401 - registers every command
from provisor.cli.root import app, exit_code
from provisor.model.errors import ProvisorError


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    fault: str = ""


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command on a data folder of its own, as `main` does."""

    def run(*arguments: str, **variables: str) -> Done:
        done = CliRunner().invoke(app, ["--data", str(tmp_path), *arguments], env=variables)
        if isinstance(done.exception, ProvisorError):
            return Done(exit_code(done.exception), done.output, str(done.exception))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Done(done.exit_code, done.output)

    return run


def test_tokens_are_made_changed_rotated_and_ended(run: Run) -> None:
    """A token is shown once; the list says whose it is, what it may send, and whether it is still valid."""
    made = json.loads(run("token", "create", "--app", "Payroll", "--rate", "50", "--format", "json").out)
    (row,) = json.loads(run("token", "list", "--format", "json").out)
    assert (row["id"], row["app"], row["rate"], row["profile"]) == (made["id"], "Payroll", 50, "default")
    assert made["token"] not in run("token", "list").out
    assert run("token", "set", made["id"], "--profile", "okta", "--rate", "0").code == 0
    rotated = json.loads(run("token", "rotate", made["id"], "--overlap", "1h", "--format", "json").out)
    assert run("token", "revoke", made["id"]).code == 0
    listed = {each["id"]: each for each in json.loads(run("token", "list", "--format", "json").out)}
    assert (listed[made["id"]]["state"], listed[rotated["id"]]["state"]) == ("revoked", "valid")
    assert (listed[rotated["id"]]["profile"], listed[rotated["id"]]["rate"]) == ("okta", 0)
    assert run("token", "create", "--role", "reports-reader", "--name", "Prometheus").code == 0


def test_webhooks_are_added_tried_and_removed(run: Run) -> None:
    """The key is shown once, and again when there is another; a trial that fails says why, with exit code 1."""
    assert run("token", "create", "--app", "Payroll").code == 0
    hook = json.loads(run("scim", "webhook", "add", "http://127.0.0.1:9/", "--app", "Payroll", "--format", "json").out)
    assert len(hook["key"]) >= 43
    failed = run("scim", "webhook", "test", hook["id"])
    assert failed.code == 1
    assert "Nothing answers" in failed.out
    (listed,) = json.loads(run("scim", "webhook", "list", "--format", "json").out)
    assert (listed["app"], listed["state"], listed["payload"], listed["waiting"]) == ("Payroll", "enabled", "notice", 0)
    assert hook["key"] not in json.dumps(listed)
    assert json.loads(run("scim", "webhook", "rotate-key", hook["id"], "--format", "json").out)["key"] != hook["key"]
    assert run("scim", "webhook", "deliveries", hook["id"]).out == "No deliveries.\n"
    assert run("scim", "webhook", "enable", hook["id"]).code == 0
    assert run("scim", "webhook", "remove", hook["id"]).code == 0
    assert run("scim", "webhook", "list").out == "No webhooks.\n"


def test_the_log_is_empty_before_the_first_request(run: Run) -> None:
    """In every form."""
    assert run("scim", "log").out == "No requests.\n"
    assert json.loads(run("scim", "log", "--status", "4xx", "--since", "2h", "--format", "json").out) == []
    assert run("scim", "log", "--format", "csv").out.startswith("time,id,app,token,")


@pytest.mark.parametrize("levels", [40, 600, 2000])
def test_the_log_shows_a_body_that_nests_too_deeply_as_text(run: Run, tmp_path: Path, levels: int) -> None:
    """What a hostile client sent hides nothing from whoever looks for it, in no form."""
    body = b'{"a":' + b"[" * levels + b"]" * levels + b"}"

    async def send() -> None:
        async with scim_world(tmp_path) as world:
            client = await world.client()
            assert (await client("POST", "/Users", body)).status == 400
            assert len(await world.logged()) == 1

    asyncio.run(send())
    (row,) = json.loads(run("scim", "log", "--status", "400", "--format", "json").out)
    assert row["body"] == body.decode()
    assert "[" * levels in run("scim", "log", "--format", "csv").out
    assert "/Users" in run("scim", "log").out


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("token", "create", "--role", "global-administrator"), "global-administrator"),
        (("token", "create", "--profile", "made-up"), "made-up"),
        (("token", "create", "--expires", "soon"), "soon"),
        (("token", "revoke", "nobody"), "nobody"),
        (("token", "set", "nobody", "--rate", "1"), "nobody"),
        (("token", "set", "nobody"), "nothing to set"),
        (("scim", "log", "--app", "Nobody"), "Nobody"),
        (("scim", "log", "--status", "teapot"), "teapot"),
        (("scim", "log", "--status", "4"), "'4'"),
        (("scim", "log", "--since", "yesterday"), "yesterday"),
        (("scim", "webhook", "add", "http://hears.example.com/"), "https"),
        (("scim", "webhook", "add", "http://169.254.169.254/"), "169.254"),
        (("scim", "webhook", "add", "https://hears.example.com/", "--key-env", "SHORT"), "32 characters"),
        (("scim", "webhook", "remove", "nobody"), "nobody"),
        (("scim", "serve", "--token-env", "UNSET"), "UNSET"),
        (("scim", "serve", "--trusted-proxy", "somewhere"), "somewhere"),
        (("scim", "serve", "--host", "0.0.0.0"), "--tls-cert"),
        (("scim", "serve", "--profile", "made-up"), "made-up"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(run: Run, arguments: tuple[str, ...], cause: str) -> None:
    """Exit code 2, with the cause by name."""
    done = run(*arguments, SHORT="short")
    assert done.code == 2, done
    assert cause in done.fault
