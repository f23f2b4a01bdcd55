"""Where the encryption key comes from: a file, the environment, or a command (DESIGN §5, CONTRACT).

A key is 32 random bytes, written as base64. It never lies in the database, and a file that others may read is
refused rather than mended: it may have been read already.
"""

import base64
import binascii
import contextlib
import os
import secrets
import shlex
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from provisor.model.errors import Reject
from provisor.store.secret_box import KEY_BYTES

FILE_MODE = 0o600
FOLDER_MODE = 0o700
COMMAND_TIMEOUT_SECONDS = 30
FILE_BYTES_MAX = 4096


def new_key() -> bytes:
    """A fresh random key."""
    return secrets.token_bytes(KEY_BYTES)


def encode_key(key: bytes) -> str:
    """A key as it is written into a file or a variable."""
    return base64.b64encode(key).decode()


def key_from_file(file: Path, *, create_missing: bool = False) -> bytes:
    """The key in the file; with `create_missing`, one is made first where there is no file.

    Raises `Reject` when it is missing, unreadable, open to others, or holds no key.
    """
    if create_missing:
        _create(file)
    try:
        with file.open("rb") as handle:
            mode = stat.S_IMODE(os.fstat(handle.fileno()).st_mode)
            text = handle.read(FILE_BYTES_MAX)
    except FileNotFoundError:
        raise Reject(
            f"The encryption key {file} is missing.",
            remedy="Put the key file back (backups leave it out), or name it with PROVISOR_KEY_FILE.",
        ) from None
    except OSError as error:
        raise Reject(
            f"The encryption key {file} cannot be read: {error.strerror}.",
            remedy="Give this user, and nobody else, the right to read it.",
        ) from None
    if mode & 0o077:
        raise Reject(
            f"The encryption key {file} can be read by others (mode {mode:04o}).",
            remedy=f"Run: chmod 600 {shlex.quote(str(file))} - and rotate the key if somebody else may have read it.",
        )
    return _decode(text, f"The file {file}")


def key_from_environment(name: str, environment: Mapping[str, str]) -> bytes:
    """The key in a variable."""
    text = environment.get(name, "")
    if not text:
        raise Reject(
            f"The encryption key is missing: the variable {name} is not set.",
            remedy=f"Set {name} to 32 random bytes in base64 (openssl rand -base64 32).",
        )
    return _decode(text.encode(), f"The variable {name}")


def key_from_command(command: str) -> bytes:
    """The key that a command prints, such as one that asks a vault. No shell reads the command."""
    try:
        words = shlex.split(command)
        done = subprocess.run(  # noqa: S603 - the operator's own setting, split without a shell
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_TIMEOUT_SECONDS, check=False
        )
    except (ValueError, IndexError, OSError) as error:
        cause = getattr(error, "strerror", None) or "it is not a command line"
        raise Reject(
            f"The command for the encryption key cannot be run: {cause}.", remedy="Check it in the settings."
        ) from None
    except subprocess.TimeoutExpired:
        raise Reject(
            f"The command for the encryption key did not end within {COMMAND_TIMEOUT_SECONDS} seconds.",
            remedy="Run it by hand: does it wait for input?",
        ) from None
    if done.returncode != 0:
        raise Reject(
            f"The command for the encryption key failed (exit {done.returncode}).",
            remedy="Run it by hand to see why.",
        )
    return _decode(done.stdout, "The command for the encryption key")


def _create(file: Path) -> None:
    """Make a key file that is complete the moment it can be seen, unless there is one already."""
    try:
        if file.exists():
            return
        file.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            with os.fdopen(handle, "wb") as writer:
                writer.write(encode_key(new_key()).encode() + b"\n")
                writer.flush()
                os.fsync(writer.fileno())
            with contextlib.suppress(FileExistsError):  # another process was quicker: its key is the key
                os.link(draft, file)
        finally:
            draft.unlink()
    except OSError as error:
        raise Reject(
            f"The encryption key {file} cannot be made: {error.strerror}.",
            remedy="Check that the folder exists and may be written.",
        ) from None


def _decode(text: bytes, origin: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Reject(
            f"{origin} does not hold an encryption key.",
            remedy="A key is 32 random bytes in base64 (openssl rand -base64 32); for stored secrets, the same"
            " one as before.",
        )
    return key
