"""What is wrong before any work begins, with real processes: setting, database, folder, output, and Ctrl-C at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from main_job import provisor, running, wait_until
from process_tree import ended, needs_proc

pytestmark = pytest.mark.e2e

PASSWORD = "geheim-1234"


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        (f"postgresql://ada:{PASSWORD}@127.0.0.1:port/desk", 2, "must have the form postgresql://"),
        (f"postgresql://ada:{PASSWORD}@127.0.0.1:1/desk", 1, "at 127.0.0.1:1"),
    ],
    ids=["malformed", "nobody answers"],
)
def test_a_database_url_that_leads_nowhere(tmp_path: Path, url: str, code: int, words: str) -> None:
    """The form that is wanted, or the place that was tried, and never the password."""
    done = provisor(tmp_path / "data", "app", "list", environment={"PROVISOR_DATABASE_URL": url})
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert "PROVISOR_DATABASE_URL" in done.err
    assert PASSWORD not in done.err


def test_a_driver_or_a_package_that_is_not_installed(tmp_path: Path) -> None:
    """Each is named with the command that installs it."""
    for name, words in (("psycopg", "make postgres"), ("granian", "make setup")):
        hidden = tmp_path / name
        hidden.mkdir()
        (hidden / f"{name}.py").write_text(f"raise ModuleNotFoundError('hidden', name={name!r})\n")
        environment = {"PYTHONPATH": str(hidden), "PROVISOR_DATABASE_URL": f"postgresql://ada:{PASSWORD}@127.0.0.1/x"}
        done = provisor(tmp_path / "data", "app", "list", environment=environment)
        assert done.code == 2
        assert name in done.err
        assert words in done.err
        assert PASSWORD not in done.err


def test_a_damaged_database_and_a_folder_that_is_none(tmp_path: Path) -> None:
    """The file is named and left as it is, with exit 1; a file in the folder's place is exit 2."""
    data = tmp_path / "data"
    data.mkdir()
    file = data / "provisor.db"
    file.write_bytes(b"no database, but longer than a header of one would be" * 40)
    done = provisor(data, "serve", "--port", "1025")
    assert (done.code, str(file) in done.err, "backup" in done.err) == (1, True, True)
    assert b"no database" in file.read_bytes()
    done = provisor(file, "app", "list")
    assert (done.code, "a file has that name" in done.err) == (2, True)


def test_output_that_cannot_be_written(provisioned: Path, tmp_path: Path) -> None:
    """A full disk is told; an export that cannot be written leaves nothing; one that can is its owner's alone."""
    if Path("/dev/full").exists():
        command = [sys.executable, "-m", "provisor", "--data", str(provisioned), "app", "list"]
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=90)
        assert done.returncode == 1
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr
    file = tmp_path / "people.csv"
    done = provisor(provisioned, "directory", "export", str(tmp_path / "nowhere" / "people.csv"))
    assert (done.code, "cannot be written" in done.err) == (2, True)
    assert provisor(provisioned, "directory", "export", str(file)).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text().splitlines()) == 301
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["people.csv"]


def test_ctrl_c_at_once(tmp_path: Path) -> None:
    """Whoever changes their mind while it still starts gets no traceback, and nothing is begun."""
    needs_proc()
    with running(tmp_path / "data", "app", "list") as process:
        libraries = Path(f"/proc/{process.pid}/maps")
        wait_until(lambda: "site-packages" in libraries.read_text(), "the first of the libraries is loaded")
        process.send_signal(signal.SIGINT)
        code, _ = ended(process)
    assert code in {130, -signal.SIGINT}  # before our first line it is Python's own end; a shell shows 130 for both
    assert not (tmp_path / "data").exists()
