"""Installations in the database, each with its API key as the secret box sealed it (`ports/installations.py`)."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from provisor.model.errors import Conflict
from provisor.ports.installations import Installation
from provisor.store.database import Database
from provisor.store.encoding import from_text, optional_time, text_time, time_text, to_text
from provisor.store.scim_tables import Exact

metadata = sa.MetaData()

installations = sa.Table(
    "scim_installations",
    metadata,
    sa.Column("id", Exact, primary_key=True),
    sa.Column("domain", sa.Text, nullable=False),
    # The domain while the installation is active, else null: one active installation per account.
    sa.Column("active_domain", sa.Text, unique=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("created", Exact, nullable=False),
    sa.Column("key_changed", sa.Text),
    sa.Column("revoked_at", sa.Text),
    sa.Column("sealed_key", sa.LargeBinary),
)


class DatabaseInstallations:
    """An `InstallationStore` on our table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, installation: Installation, sealed_key: bytes) -> None:
        """Store a new one."""
        row = {**_row_of(installation), "sealed_key": sealed_key}

        def work(connection: Connection) -> None:
            try:
                with connection.begin_nested():
                    connection.execute(installations.insert().values(row))
            except IntegrityError as error:
                raise Conflict(
                    f"{installation.domain} is installed already.",
                    remedy="Rotate its key or revoke it, instead of installing it again.",
                ) from error

        await self._database.write(work)

    async def get(self, installation_id: str) -> Installation | None:
        """One installation."""
        query = sa.select(installations).where(installations.c.id == installation_id)
        row = await self._database.read(lambda c: c.execute(query).mappings().first())
        return _installation_of(row) if row is not None else None

    async def list(self) -> Sequence[Installation]:
        """All of them, oldest first."""
        query = sa.select(installations).order_by(installations.c.created, installations.c.id)
        return await self._database.read(lambda c: [_installation_of(row) for row in c.execute(query).mappings()])

    async def sealed_key(self, installation_id: str) -> bytes | None:
        """The sealed API key."""
        query = sa.select(installations.c.sealed_key).where(installations.c.id == installation_id)
        found = await self._database.read(lambda c: c.execute(query).scalar_one_or_none())
        return bytes(found) if found is not None else None

    async def update(self, installation: Installation, sealed_key: bytes | None = None) -> None:
        """Store changed fields and, where one is given, a new key. A revoked installation loses its key."""
        row = _row_of(installation)
        if sealed_key is not None or installation.revoked_at is not None:
            row["sealed_key"] = None if installation.revoked_at is not None else sealed_key
        statement = installations.update().where(installations.c.id == installation.id).values(row)
        await self._database.write(lambda c: c.execute(statement))


def _row_of(installation: Installation) -> dict[str, Any]:
    return {
        "id": installation.id,
        "domain": installation.domain,
        "active_domain": installation.domain if installation.is_active else None,
        "owner": installation.owner,
        "settings": to_text(installation.settings),
        "created": time_text(installation.created),
        "key_changed": time_text(installation.key_changed) if installation.key_changed else None,
        "revoked_at": time_text(installation.revoked_at) if installation.revoked_at else None,
    }


def _installation_of(row: Any) -> Installation:
    return Installation(
        id=row["id"],
        domain=row["domain"],
        owner=row["owner"],
        settings=from_text(row["settings"]),
        created=text_time(row["created"]),
        key_changed=optional_time(row["key_changed"]),
        revoked_at=optional_time(row["revoked_at"]),
    )
