"""Applications with their jobs, on either database."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Conflict, NotFound, PreconditionFailed
from provisor.model.job import Application, GuardSettings, Outlook, Profile, Quarantine, ScopeSetting
from provisor.ports.applications import Lease
from provisor.store import engine_tables
from provisor.store.database import Database
from provisor.store.encoding import from_text, optional_time, text_time, time_text, to_text
from provisor.store.engine_tables import applications


class SqlApplications:
    """Implements `provisor.ports.applications.ApplicationStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, application: Application, schema: Mapping[str, Any]) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            folded = application.name.casefold()
            if connection.scalar(sa.select(applications.c.id).where(applications.c.name_folded == folded)):
                raise Conflict(
                    f"There is already an application named {application.name!r}.",
                    remedy="Choose another name.",
                )
            connection.execute(applications.insert().values(_row(application, schema)))

        await self._database.write(work)

    async def get(self, reference: str) -> Application:
        """See the port."""
        query = applications.select().where(
            sa.or_(
                applications.c.id == reference,
                applications.c.job_id == reference,
                applications.c.name_folded == reference.casefold(),
            )
        )
        row = await self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            raise NotFound(
                f"There is no application {reference!r}.", remedy="`provisor app list` shows those there are."
            )
        return _application(row)

    async def list_all(self) -> Sequence[Application]:
        """See the port."""
        query = applications.select().order_by(applications.c.name_folded)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_application(row) for row in rows]

    async def delete(self, app_id: str) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            for table in engine_tables.metadata.sorted_tables:
                column = table.c.id if table is applications else table.c.app_id
                connection.execute(table.delete().where(column == app_id))

        await self._database.write(work)

    async def set_settings(
        self,
        app_id: str,
        *,
        scope: ScopeSetting | None = None,
        interval: timedelta | None = None,
        guard: GuardSettings | None = None,
        profile: str | None = None,
        is_scheduled: bool | None = None,
    ) -> None:
        """See the port."""
        values: dict[str, Any] = {}
        if scope is not None:
            values.update(scope=scope.value, **_forgotten())
        if interval is not None:
            values["interval_seconds"] = int(interval.total_seconds())
        if guard is not None:
            values.update(guard_count=guard.count_max, guard_percent=guard.percent_max)
        if profile is not None:
            values["profile"] = Profile(profile).value
        if is_scheduled is not None:
            values["is_scheduled"] = is_scheduled
        await self._update(app_id, values)

    async def schema(self, app_id: str) -> Mapping[str, Any]:
        """See the port."""
        query = sa.select(applications.c.rules).where(applications.c.id == app_id)
        text = await self._database.read(lambda connection: connection.scalar(query))
        schema: Mapping[str, Any] = from_text(str(text))
        return schema

    async def set_schema(self, app_id: str, schema: Mapping[str, Any], *, over: int | None = None) -> None:
        """See the port."""
        version = applications.c.rules_version
        values = replaced_rules(schema, None)
        statement = applications.update().where(applications.c.id == app_id).values(**values)
        if over is not None:
            statement = statement.where(version == over)
        changed = await self._database.write(lambda connection: connection.execute(statement).rowcount)
        if not changed and over is not None:
            raise PreconditionFailed(
                "Somebody else has changed the mappings meanwhile.",
                remedy="Look at them again, then repeat the change.",
            )

    async def set_credentials(self, app_id: str, tenant_url: str, sealed_token: bytes | None) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            mine = applications.c.id == app_id
            before = connection.scalar(sa.select(applications.c.tenant_url).where(mine)) or ""
            values: dict[str, Any] = {"tenant_url": tenant_url, "waits_until": None}
            if sealed_token is not None:
                values["sealed_token"] = sealed_token
            elif origin(before) != origin(tenant_url):
                values["sealed_token"] = None
            connection.execute(applications.update().where(mine).values(**values))

        await self._database.write(work)

    async def sealed_token(self, app_id: str) -> bytes | None:
        """See the port."""
        query = sa.select(applications.c.sealed_token).where(applications.c.id == app_id)
        sealed = await self._database.read(lambda connection: connection.scalar(query))
        return bytes(sealed) if sealed is not None else None

    async def advance_watermark(self, app_id: str, watermark: str, generation: int) -> bool:
        """See the port."""
        statement = (
            applications.update()
            .where(applications.c.id == app_id, applications.c.watermark_generation == generation)
            .values(watermark=watermark)
        )
        return bool(await self._database.write(lambda connection: connection.execute(statement).rowcount))

    async def close_cycle(self, app_id: str, began: datetime, ended: datetime, outlook: Outlook) -> None:
        """See the port."""
        wanted = applications.c.cycle_wanted_at
        values = {
            "last_cycle_ended": time_text(ended),
            "cycles_failed_in_a_row": outlook.cycles_failed_in_a_row,
            "waits_until": time_text(outlook.waits_until) if outlook.waits_until else None,
            "quarantine": to_text(outlook.quarantine) if outlook.quarantine else None,
            "cycle_wanted_at": sa.case((wanted <= time_text(began), None), else_=wanted),
        }
        await self._update(app_id, values)

    async def start(self, app_id: str, now: datetime) -> None:
        """See the port."""
        await self._update(app_id, {"is_scheduled": True, "cycle_wanted_at": time_text(now), **_unhindered()})

    async def restart(self, app_id: str) -> None:
        """See the port."""

        def work(connection: Connection) -> None:
            mine = applications.c.id == app_id
            connection.execute(applications.update().where(mine).values(**_forgotten(), **_unhindered()))
            held = engine_tables.escrows
            connection.execute(held.delete().where(held.c.app_id == app_id))

        await self._database.write(work)

    async def take_lease(self, lease: Lease, now: datetime) -> Lease | None:
        """See the port."""

        def work(connection: Connection) -> Lease | None:
            mine = applications.c.id == lease.app_id
            free = sa.or_(applications.c.lease_id.is_(None), applications.c.lease_until < time_text(now))
            taken = connection.execute(
                applications.update()
                .where(mine, free)
                .values(lease_id=lease.id, lease_owner=lease.owner, lease_until=time_text(lease.until))
            )
            if taken.rowcount:
                return None
            row = connection.execute(applications.select().where(mine)).one()
            return Lease(lease.app_id, row.lease_id, row.lease_owner, text_time(row.lease_until))

        return await self._database.write(work)

    async def renew_lease(self, lease: Lease) -> bool:
        """See the port."""
        statement = applications.update().where(_held(lease)).values(lease_until=time_text(lease.until))
        return bool(await self._database.write(lambda connection: connection.execute(statement).rowcount))

    async def end_lease(self, lease: Lease) -> None:
        """See the port."""
        statement = applications.update().where(_held(lease)).values(lease_id=None, lease_owner=None, lease_until=None)
        await self._database.write(lambda connection: connection.execute(statement))

    async def _update(self, app_id: str, values: Mapping[str, Any]) -> None:
        if values:
            statement = applications.update().where(applications.c.id == app_id).values(**values)
            await self._database.write(lambda connection: connection.execute(statement))


def replaced_rules(schema: Mapping[str, Any] | None, scope: str | None) -> dict[str, Any]:
    """Values with other rules or another scope setting, whichever is given: everybody is evaluated again by them."""
    values: dict[str, Any] = {}
    if schema is not None:
        version = applications.c.rules_version
        values.update(rules=to_text(schema), rules_version=version + 1, waits_until=None, **_forgotten())
    if scope is not None:
        values.update(scope=scope, **_forgotten())
    return values


def _forgotten() -> dict[str, Any]:
    """Values after which everybody is evaluated again, even where a cycle is under way."""
    return {"watermark": None, "watermark_generation": applications.c.watermark_generation + 1}


def _unhindered() -> dict[str, Any]:
    """Values after which nothing keeps the schedule from beginning a cycle."""
    return {"quarantine": None, "waits_until": None, "cycles_failed_in_a_row": 0}


def _held(lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(applications.c.id == lease.app_id, applications.c.lease_id == lease.id)


def origin(url: str) -> tuple[str, str]:
    """Scheme and host with port: what a secret was given for."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _row(application: Application, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": application.id,
        "job_id": application.job_id,
        "name": application.name,
        "name_folded": application.name.casefold(),
        "template": application.template,
        "scope": application.scope.value,
        "profile": application.profile.value,
        "interval_seconds": int(application.interval.total_seconds()),
        "guard_count": application.guard.count_max,
        "guard_percent": application.guard.percent_max,
        "is_scheduled": application.is_scheduled,
        "rules": to_text(schema),
        "rules_version": application.rules_version,
        "cycles_failed_in_a_row": application.cycles_failed_in_a_row,
        "created": time_text(application.created) if application.created else "",
    }


def _application(row: sa.Row[Any]) -> Application:
    return Application(
        id=row.id,
        job_id=row.job_id,
        name=row.name,
        template=row.template,
        scope=ScopeSetting(row.scope),
        interval=timedelta(seconds=row.interval_seconds),
        profile=Profile(row.profile),
        guard=GuardSettings(row.guard_count, row.guard_percent),
        tenant_url=row.tenant_url,
        has_token=row.sealed_token is not None,
        is_scheduled=row.is_scheduled,
        watermark=row.watermark,
        rules_version=row.rules_version,
        quarantine=msgspec.json.decode(row.quarantine, type=Quarantine) if row.quarantine else None,
        last_cycle_ended=optional_time(row.last_cycle_ended),
        cycles_failed_in_a_row=row.cycles_failed_in_a_row,
        waits_until=optional_time(row.waits_until),
        cycle_wanted_at=optional_time(row.cycle_wanted_at),
        watermark_generation=row.watermark_generation,
        created=optional_time(row.created),
    )
