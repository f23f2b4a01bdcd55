"""The key that seals secrets, beside the secrets that lie sealed already: a new key opens none of them."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from provisor.model.errors import Reject
from provisor.store.secret_box import AesSecretBox
from provisor.store.secret_key import key_from_file


def open_secret_box(key_file: Path, sealed: Callable[[], Sequence[bytes]]) -> AesSecretBox:
    """The box with the key of this file, which is made while there is nothing that another key has sealed.

    Raises `Reject` when the key is missing although secrets are stored, is open to others, or is no key.
    """
    if _is_missing(key_file) and (count := len(sealed())):
        raise Reject(
            f"The encryption key {key_file} is missing, and no other opens the {count} stored secrets.",
            remedy="Put the file back from where it was kept (backups leave it out), or name its place with"
            f" PROVISOR_KEY_FILE. {_start_anew(key_file)}",
        )
    return AesSecretBox(key_from_file(key_file, create_missing=True))


def check_key(key_file: Path, box: AesSecretBox, sealed: Sequence[bytes]) -> str | None:
    """A warning when the key opens some stored secrets only. Raises `Reject` when it opens none of them."""
    unknown = sum(not box.is_current(one) for one in sealed)
    if unknown and unknown == len(sealed):
        raise Reject(
            f"The encryption key {key_file} is not the one that sealed the {unknown} stored secrets.",
            remedy="Put the right file in its place, or name it with PROVISOR_KEY_FILE. If it is lost for good, store"
            " each secret again: provisor freshservice rotate-key, provisor credentials set.",
        )
    if unknown:
        return f"{unknown} of {len(sealed)} stored secrets were sealed with another key and cannot be used."
    return None


def _is_missing(file: Path) -> bool:
    try:
        return not file.exists()
    except OSError:  # in a folder that may not be entered; reading the file says so
        return False


def _start_anew(key_file: Path) -> str:
    file = shlex.quote(str(key_file))
    return (
        f"If it is lost for good, make a new one (umask 077; openssl rand -base64 32 > {file}) and store each secret"
        " again: provisor freshservice rotate-key, provisor credentials set."
    )
