"""Bad input with real processes: one clear sentence, CONTRACT's exit code, and nothing half-written."""

import socket
from pathlib import Path

import pytest
from main_job import APPLICATION, Done, api_key, demo, free_ports, is_listening, provisor, running, wait_until

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def data(first_run: tuple[Path, Done]) -> Path:
    """The provisioned folder; these tests leave it as it is."""
    return first_run[0]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "nobody"], 2, "There is no application"),
        (["frobnicate"], 2, "No such command"),
        (["app", "create", "--template", "nope"], 2, "no template"),
        (["credentials", "set", APPLICATION, "--url", "nonsense"], 2, "not a Tenant URL"),
        (["credentials", "set", APPLICATION, "--url", "http://scim.example.com/scim/v2"], 2, "not encrypted"),
        (["credentials", "set", APPLICATION, "--url", "https://x.example/scim/v2", "--token-env", "NOPE"], 2, "NOPE"),
        (["freshservice", "install", "--domain", "evil.example.com", "--api-key-env", "PATH"], 2, "not a Freshservice"),
        (["serve", "--host", "0.0.0.0"], 2, "open to other machines"),
        (["emulate", "freshservice", "--host", "0.0.0.0"], 2, "--allow-remote"),
        (["emulate", "freshservice", "--plan", "gold"], 2, "no plan"),
        (["directory", "import", "/nowhere/people.csv"], 2, "no file"),
        (["app", "set", APPLICATION, "--interval", "soon"], 2, "not a length of time"),
        (["deletes", APPLICATION, "approve", "--all", "--count", "7"], 2, "0 removals wait"),
        (["deletes", "list", APPLICATION], 2, "Type: provisor deletes 'Freshservice Provisioning' list"),
        (["escrow", "list"], 2, "The application comes before the command"),
        (["escrow", APPLICATION, "drop", "nothing"], 2, "Nothing waits under nothing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_usage(data: Path, arguments: list[str], code: int, words: str) -> None:
    """Each says what is wrong and what to do."""
    done = provisor(data, *arguments)
    assert done.code == code
    assert words in done.err


def test_an_unknown_column_imports_nothing(data: Path, tmp_path: Path) -> None:
    """The column is named, with a suggestion, and nobody is written."""
    file = tmp_path / "people.csv"
    file.write_text("userPrincipalName,dsplayName\nnew@contoso.example,New\n")
    done = provisor(data, "directory", "import", str(file))
    assert (done.code, "did you mean displayName" in done.err) == (2, True)
    assert provisor(data, "directory", "show", "new@contoso.example").code == 2


def test_bad_rows_are_listed_and_good_ones_imported(provisioned: Path, tmp_path: Path) -> None:
    """A row without a key is told by its line; the others go in; the exit code says that something was bad."""
    file = tmp_path / "people.csv"
    file.write_text('userPrincipalName,displayName\nnew@contoso.example,"New, quoted"\n,Nobody\n')
    done = provisor(provisioned, "directory", "import", str(file))
    assert (done.code, "Line 3" in done.err) == (1, True)
    assert provisor(provisioned, "directory", "show", "new@contoso.example").code == 0


@pytest.mark.parametrize("command", [["serve"], ["demo"], ["emulate", "freshservice"], ["scim", "serve"]])
def test_a_used_port(data: Path, command: list[str]) -> None:
    """The port is named, with the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = provisor(data, *command, "--port", port)
    assert done.code == 2
    assert f"Port {port}" in done.err
    assert "--port" in done.err


def test_a_target_that_is_down_or_no_scim(provisioned: Path) -> None:
    """A run against nothing, and against a page that is no SCIM endpoint, fails with one sentence."""
    port = free_ports()
    for url in (f"http://127.0.0.1:{port}/scim/v2", "http://127.0.0.1:1/scim/v2"):
        assert provisor(provisioned, "credentials", "set", APPLICATION, "--url", url).code == 0
        assert provisor(provisioned, "restart", APPLICATION).code == 0
        edited = provisioned / "contoso.csv"
        edited.write_text(edited.read_text().replace("Executive Office", f"Office {url[-9:]}"))
        assert provisor(provisioned, "directory", "import", str(edited)).code == 0
        done = provisor(provisioned, "run", APPLICATION)
        assert done.code == 1
        assert "Nothing answers" in done.err


def test_wrong_tokens_and_keys(provisioned: Path) -> None:
    """A refused Bearer Token and a refused API key fail the work, name the remedy, and store nothing new."""
    port = free_ports()
    assert demo(provisioned, port).code == 0
    with running(provisioned, "serve-web", "--port", str(port), "--base-url", f"http://127.0.0.1:{port}"):
        wait_until(lambda: is_listening(port), "the SCIM endpoint answers")
        url = f"http://127.0.0.1:{port}/scim/v2"
        wrong = {"WRONG": "not-the-token-at-all"}
        done = provisor(
            provisioned, "credentials", "set", APPLICATION, "--url", url, "--token-env", "WRONG", environment=wrong
        )
        assert done.code == 0
        done = provisor(provisioned, "credentials", "test", APPLICATION)
        assert done.code == 1
        assert "token" in done.err.lower()
        assert "not-the-token-at-all" not in done.err
    with running(provisioned, "emulate", "freshservice", "--port", str(port + 1), "--quiet"):
        wait_until(lambda: is_listening(port + 1), "the emulator answers")
        domain = f"localhost:{port + 1}"
        done = provisor(
            provisioned,
            "freshservice",
            "install",
            "--domain",
            domain,
            "--api-key-env",
            "WRONG",
            environment={"WRONG": "a-wrong-key-of-some-length"},
        )
        assert done.code == 1
        assert "key" in done.err.lower()
        assert domain not in provisor(provisioned, "freshservice", "list").out


async def test_the_api_key_is_the_one_that_was_made(data: Path) -> None:
    """The sealed key opens with the installation's own key file."""
    assert len(await api_key(data)) >= 16
