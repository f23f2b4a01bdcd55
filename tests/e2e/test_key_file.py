"""The key file lost, elsewhere, or not the right one, with real processes: refused before anything is started."""

from pathlib import Path

import pytest
from main_job import APPLICATION, free_ports, is_listening, provisor

from provisor.store.secret_key import encode_key, new_key

pytestmark = pytest.mark.e2e


def test_a_missing_key_is_not_replaced(provisioned: Path, tmp_path: Path) -> None:
    """Whoever needs the key refuses without it and makes none; PROVISOR_KEY_FILE names where it was moved to."""
    key, elsewhere, port = provisioned / "secret.key", tmp_path / "kept.key", free_ports()
    key.rename(elsewhere)
    for command in (["serve"], ["demo", "--once"]):
        done = provisor(provisioned, *command, "--port", str(port))
        assert done.code == 2
        assert f"Error: The encryption key {key} is missing" in done.err
        assert "PROVISOR_KEY_FILE" in done.err
        assert not is_listening(port)
    assert provisor(provisioned, "credentials", "test", APPLICATION).code == 2
    assert not key.exists()
    named = {"PROVISOR_KEY_FILE": str(elsewhere)}
    done = provisor(provisioned, "credentials", "test", APPLICATION, environment=named)
    assert (done.code, "Nothing answers" in done.err) == (1, True)


def test_another_key_is_refused(provisioned: Path) -> None:
    """A key that has sealed nothing of what is stored is told at the start, and not by the first cycle."""
    (provisioned / "secret.key").write_text(encode_key(new_key()))
    done = provisor(provisioned, "serve", "--port", str(free_ports()))
    assert done.code == 2
    assert "is not the one that sealed the 2 stored secrets" in done.err
    assert "Serving" not in done.out
