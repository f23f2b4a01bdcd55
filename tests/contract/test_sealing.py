"""The key of an installation beside the secrets that it has sealed: it is never replaced behind their back."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from provisor.bootstrap.sealing import check_key, open_secret_box
from provisor.model.errors import Reject
from provisor.store.database import Database
from provisor.store.sealed_secrets import SEALED_COLUMNS, list_sealed
from provisor.store.secret_box import AesSecretBox
from provisor.store.secret_key import encode_key, new_key


async def test_no_column_of_secrets_is_forgotten(database: Database) -> None:
    """Whatever column of the database is named `sealed_…` is in the one list, on both databases."""
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        found = {
            (table, column["name"])
            for table in inspector.get_table_names()
            for column in inspector.get_columns(table)
            if column["name"].startswith("sealed_")
        }
    assert found == {(column.table.name, column.name) for some in SEALED_COLUMNS.values() for column in some}
    assert [list_sealed(database, service) for service in SEALED_COLUMNS] == [[], []]


def test_a_key_is_made_while_nothing_is_sealed(tmp_path: Path) -> None:
    """The first use makes the key file; nobody looks for secrets once there is one."""
    file = tmp_path / "secret.key"
    sealed = open_secret_box(file, list).seal("a token")

    def never() -> list[bytes]:
        raise AssertionError

    assert open_secret_box(file, never).open(sealed) == "a token"


def test_a_missing_key_is_not_replaced(tmp_path: Path) -> None:
    """With secrets stored, a missing key file is named, with every way out, and none is made in its place."""
    file = tmp_path / "secret.key"
    with pytest.raises(Reject, match=r"is missing, and no other opens the 2 stored secrets") as caught:
        open_secret_box(file, lambda: [b"one", b"two"])
    assert str(file) in caught.value.message
    for words in ("PROVISOR_KEY_FILE", "openssl rand -base64 32", "backups leave it out"):
        assert words in caught.value.remedy
    assert not file.exists()


def test_a_foreign_key_is_noticed_before_it_is_needed(tmp_path: Path) -> None:
    """A key that opens nothing is refused; one that opens some is told with the number of the others."""
    file = tmp_path / "secret.key"
    ours, theirs = AesSecretBox(new_key()), AesSecretBox(new_key())
    assert check_key(file, ours, []) is None
    assert check_key(file, ours, [ours.seal("a")]) is None
    warning = check_key(file, ours, [ours.seal("a"), theirs.seal("b"), theirs.seal("c")])
    assert warning == "2 of 3 stored secrets were sealed with another key and cannot be used."
    with pytest.raises(Reject, match="is not the one that sealed the 1 stored secrets"):
        check_key(file, ours, [theirs.seal("b")])


def test_a_key_restored_by_hand_opens_again(tmp_path: Path) -> None:
    """The remedy works: the file put back, or a new one made as the sentence says."""
    file, key = tmp_path / "secret.key", new_key()
    sealed = AesSecretBox(key).seal("a token")
    file.write_text(encode_key(key))
    file.chmod(0o600)
    assert open_secret_box(file, lambda: [sealed]).open(sealed) == "a token"
