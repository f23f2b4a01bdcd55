"""What belongs to a change beside the resource itself: its row of the request log and its events (ports/changes.py)."""

from sqlalchemy.engine import Connection

from provisor.ports.changes import Change, Journal
from provisor.ports.clock import Clock
from provisor.store.database import Database
from provisor.store.encoding import time_text
from provisor.store.request_log import insert_request
from provisor.store.webhooks import SqlWebhooks


class SqlChangeRecords:
    """Stores them, in the transaction of the change or in one of their own. `webhooks` lie in the same database."""

    def __init__(self, database: Database, clock: Clock, webhooks: SqlWebhooks) -> None:
        self._database = database
        self._clock = clock
        self._webhooks = webhooks

    def write(self, connection: Connection, tenant: str, change: Change, journal: Journal, moment: str) -> None:
        """Store them in whatever transaction this is, at a moment (ISO text)."""
        if not change.is_consequence:
            insert_request(connection, journal.logged(change))
        self._webhooks.write_events(connection, tenant, change, journal, moment)

    async def store(self, tenant: str, change: Change, journal: Journal) -> None:
        """Store them for a change that lies elsewhere; returns once they are durable."""
        moment = time_text(self._clock.now())
        await self._database.write(lambda connection: self.write(connection, tenant, change, journal, moment))
