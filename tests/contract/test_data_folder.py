"""The data folder: made closed, closed again where it is ours, and refused where it cannot or must not be used."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provisor.config import prepare_data, read_settings
from provisor.model.errors import Reject

NOBODY = 65534


def prepare(folder: Path) -> None:
    """As every command does first."""
    prepare_data(read_settings(folder, {}))


def mode(folder: Path) -> int:
    """Its rights."""
    return folder.stat().st_mode & 0o777


@pytest.fixture
def above() -> Iterator[Path]:
    """A folder that everybody may enter, and only its owner may write."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Somebody without special rights, also where the tests run as root."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_new_folder_is_closed_to_others(tmp_path: Path) -> None:
    """It is made with all that is missing above it, for its owner alone."""
    folder = tmp_path / "some" / "where" / "data"
    prepare(folder)
    assert mode(folder) == 0o700


@pytest.mark.parametrize("name", ["provisor.db", "scim.db", "secret.key", None])
def test_our_folder_is_closed_again(tmp_path: Path, name: str | None) -> None:
    """A folder with our files in it, or with nothing, is closed when it is found open."""
    folder = tmp_path / "data"
    folder.mkdir()
    if name:
        (folder / name).touch()
    folder.chmod(0o755)
    prepare(folder)
    assert mode(folder) == 0o700


def test_a_folder_of_others_is_left_as_it_is(tmp_path: Path) -> None:
    """Somebody's home or /tmp, named by mistake, keeps its rights and gets no file of ours."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "letter.txt").touch()
    folder.chmod(0o755)
    with pytest.raises(Reject, match="holds files of others"):
        prepare(folder)
    assert mode(folder) == 0o755
    folder.chmod(0o700)  # somebody's own, and closed already: no harm done
    prepare(folder)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file in its place, or above it, is told apart."""
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(Reject, match="a file has that name"):
        prepare(file)
    with pytest.raises(Reject, match="Not a directory"):
        prepare(file / "data")


@pytest.mark.parametrize("rights", [0o500, 0o000], ids=["read only", "unreadable"])
def test_a_folder_that_may_not_be_read_or_written(above: Path, rights: int) -> None:
    """An ordinary user is told which folder it is, and how to name another; its rights stay as they are."""
    folder = above / "data"
    folder.mkdir()
    folder.chmod(rights)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, -1)
    with an_ordinary_user(), pytest.raises(Reject, match="cannot be read and written") as caught:
        prepare(folder)
    assert str(folder) in caught.value.message
    assert "PROVISOR_DATA" in caught.value.remedy
    assert mode(folder) == rights


def test_a_folder_that_may_not_be_made(above: Path) -> None:
    """Where this user may not make one, it is said so."""
    above.chmod(0o555)
    with an_ordinary_user(), pytest.raises(Reject, match="Permission denied"):
        prepare(above / "data")
