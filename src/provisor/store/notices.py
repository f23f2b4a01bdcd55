"""Who is told about an application, and what was told last (port: ports/notices.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Connection

from provisor.model.notice import Notice, NoticeKind, NoticeSettings, Told
from provisor.store.applications import origin
from provisor.store.database import Database
from provisor.store.encoding import from_text, text_time, time_text, to_text
from provisor.store.engine_tables import notice_settings, notices_told
from provisor.store.upserting import upsert


class SqlNotices:
    """Implements `provisor.ports.notices.NoticeStore` on either database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self, app_id: str) -> NoticeSettings:
        """See the port."""
        return await self._database.read(lambda connection: _settings(connection, app_id))

    async def set_settings(
        self,
        app_id: str,
        *,
        mails: Sequence[str] | None = None,
        is_enabled: bool | None = None,
        webhook_url: str | None = None,
        sealed_webhook_secret: bytes | None = None,
    ) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            before = _settings(connection, app_id)
            after = replace(
                before,
                mails=before.mails if mails is None else tuple(mails),
                is_enabled=before.is_enabled if is_enabled is None else is_enabled,
                webhook_url=before.webhook_url if webhook_url is None else webhook_url,
            )
            secret = sealed_webhook_secret
            if secret is None and origin(after.webhook_url) == origin(before.webhook_url):
                secret = _sealed_secret(connection, app_id)
            row = {
                "app_id": app_id,
                "mails": to_text(after.mails),
                "is_enabled": after.is_enabled,
                "webhook_url": after.webhook_url,
                "sealed_webhook_secret": secret,
                "problem": "",
            }
            upsert(connection, notice_settings, [row])

        await self._database.write(work)

    async def sealed_webhook_secret(self, app_id: str) -> bytes | None:
        """See the port."""
        return await self._database.read(lambda connection: _sealed_secret(connection, app_id))

    async def told(self, app_id: str) -> Mapping[NoticeKind, Told]:
        """See the port."""
        query = notices_told.select().where(notices_told.c.app_id == app_id)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {NoticeKind(row.kind): Told(row.key, text_time(row.at)) for row in rows}

    async def remember(self, notice: Notice) -> None:
        """See the port."""
        row = {"app_id": notice.app_id, "kind": notice.kind.value, "key": notice.key, "at": time_text(notice.at)}
        await self._database.write(lambda connection: upsert(connection, notices_told, [row]))

    async def set_problem(self, app_id: str, problem: str) -> None:
        """See the port."""
        table = notice_settings
        statement = table.update().where(table.c.app_id == app_id).values(problem=problem)
        await self._database.write(lambda connection: connection.execute(statement))

    async def settle(self, app_id: str, kinds: Sequence[NoticeKind]) -> None:
        """See the port."""
        if kinds:
            table = notices_told
            over = table.delete().where(table.c.app_id == app_id, table.c.kind.in_([kind.value for kind in kinds]))
            await self._database.write(lambda connection: connection.execute(over))


def _settings(connection: Connection, app_id: str) -> NoticeSettings:
    row: Any = connection.execute(notice_settings.select().where(notice_settings.c.app_id == app_id)).first()
    if row is None:
        return NoticeSettings()
    has_secret = row.sealed_webhook_secret is not None
    mails = tuple(from_text(row.mails))
    return NoticeSettings(mails, row.is_enabled, row.webhook_url, has_secret, row.problem)


def _sealed_secret(connection: Connection, app_id: str) -> bytes | None:
    table = notice_settings
    row: Any = connection.execute(table.select().where(table.c.app_id == app_id)).first()
    return bytes(row.sealed_webhook_secret) if row is not None and row.sealed_webhook_secret is not None else None
