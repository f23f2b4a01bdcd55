"""Secrets at rest: envelopes, rotation, and the places a key comes from."""

import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisor.model.errors import Reject
from provisor.ports.secrets import SecretBox
from provisor.store.secret_box import AesSecretBox
from provisor.store.secret_key import encode_key, key_from_command, key_from_environment, key_from_file, new_key

SECRET = "tökën-of-Contoso"


def test_what_is_sealed_can_be_opened() -> None:
    """A secret comes back whole, and two envelopes of the same secret tell nobody that they are alike."""
    box: SecretBox = AesSecretBox(new_key())
    first, second = box.seal(SECRET), box.seal(SECRET)
    assert box.open(first) == box.open(second) == SECRET
    assert first != second
    assert SECRET.encode() not in first
    assert box.open(box.seal("")) == ""


def test_another_key_opens_nothing() -> None:
    """The wrong key is told apart from damage, and the sentence names the remedy."""
    sealed = AesSecretBox(new_key()).seal(SECRET)
    with pytest.raises(Reject, match="another key") as caught:
        AesSecretBox(new_key()).open(sealed)
    assert "PROVISOR_KEY_FILE" in str(caught.value)


def test_every_changed_byte_is_noticed() -> None:
    """No byte of an envelope can be changed, and no part cut off, without a refusal."""
    box = AesSecretBox(new_key())
    sealed = box.seal("x")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(Reject):
            box.open(bytes(changed))
        with pytest.raises(Reject):
            box.open(sealed[:position])


def test_rotation() -> None:
    """After a rotation the new key alone opens everything, and what it sealed already is left alone."""
    old, new = new_key(), new_key()
    sealed = AesSecretBox(old).seal(SECRET)
    both = AesSecretBox(new, former=[old])
    assert both.open(sealed) == SECRET
    assert not both.is_current(sealed)
    rotated = both.rotate(sealed)
    assert AesSecretBox(new).open(rotated) == SECRET
    assert both.rotate(rotated) == rotated


def test_a_box_does_not_print_its_key() -> None:
    """Whatever is logged by accident, the key is not in it."""
    key = b"k" * 32
    assert "k" * 8 not in repr(AesSecretBox(key))


def test_a_key_of_the_wrong_length_is_refused() -> None:
    """A short key is a mistake, not a weak key."""
    with pytest.raises(Reject, match="32 bytes"):
        AesSecretBox(b"short")


# ---------------------------------------------------------------- the key file


def test_a_missing_key_file_is_made_only_when_told_to(tmp_path: Path) -> None:
    """The file is for its owner alone, as is its new folder, and nothing else is left beside it."""
    file = tmp_path / "data" / "secret.key"
    with pytest.raises(Reject, match="missing") as caught:
        key_from_file(file)
    assert str(file) in str(caught.value)
    key = key_from_file(file, create_missing=True)
    assert len(key) == 32
    assert key_from_file(file) == key_from_file(file, create_missing=True) == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert list(file.parent.iterdir()) == [file]


def test_many_starting_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Processes that start together do not overwrite each other's key."""
    file = tmp_path / "secret.key"
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: key_from_file(file, create_missing=True), range(64)))
    assert len(keys) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """It is refused, not mended: somebody may have read it."""
    file = tmp_path / "secret.key"
    key_from_file(file, create_missing=True)
    file.chmod(mode)
    with pytest.raises(Reject, match=f"{mode:04o}") as caught:
        key_from_file(file, create_missing=True)
    assert "chmod 600" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"secret", b"\xff\xfe\x00", encode_key(b"x" * 32).encode()[:-6], b"A" * 9000])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that holds anything else is never taken for a key, nor overwritten."""
    file = tmp_path / "secret.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(Reject, match="does not hold"):
        key_from_file(file, create_missing=True)
    assert file.read_bytes() == content


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    """The system's own words say why it cannot be read or made."""
    with pytest.raises(Reject, match="cannot be read"):
        key_from_file(tmp_path)
    (tmp_path / "plain").write_text("")
    with pytest.raises(Reject, match="cannot be made"):
        key_from_file(tmp_path / "plain" / "secret.key", create_missing=True)


# ---------------------------------------------------------------- environment and command


def test_a_key_from_the_environment() -> None:
    """A variable holds the key in base64; without it, or with nonsense in it, a sentence says so."""
    key = new_key()
    assert key_from_environment("THE_KEY", {"THE_KEY": encode_key(key)}) == key
    with pytest.raises(Reject, match="THE_KEY is not set"):
        key_from_environment("THE_KEY", {})
    with pytest.raises(Reject, match="THE_KEY does not hold") as caught:
        key_from_environment("THE_KEY", {"THE_KEY": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_key_from_a_command() -> None:
    """What the command prints is the key; no shell reads the command."""
    key = new_key()
    python = shlex.quote(sys.executable)
    assert key_from_command(f"{python} -c 'print(\"{encode_key(key)}\")'") == key
    for command, words in {
        f"{python} -c 'raise SystemExit(4)'": "exit 4",
        f"{python} -c 'print(1)' ; echo": "does not hold",
        "/nowhere/vault read": "cannot be run",
        "'unclosed": "cannot be run",
        "": "cannot be run",
    }.items():
        with pytest.raises(Reject, match=words):
            key_from_command(command)
