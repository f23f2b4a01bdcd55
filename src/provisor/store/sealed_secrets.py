"""Every secret that lies sealed in the database: one list of the columns, and what stands in them."""

from collections.abc import Sequence

import sqlalchemy as sa

from provisor.store.database import Database
from provisor.store.database_faults import faults_explained
from provisor.store.engine_tables import applications, notice_settings
from provisor.store.installations import installations
from provisor.store.request_tables import webhooks

SEALED_COLUMNS = {
    "engine": (applications.c.sealed_token, notice_settings.c.sealed_webhook_secret),
    "scim": (installations.c.sealed_key, webhooks.c.sealed_key, webhooks.c.sealed_authorization),
}
"""By service. A test holds that no column named `sealed_…` is missing."""


def list_sealed(database: Database, service: str) -> Sequence[bytes]:
    """The envelopes of one service's secrets; a handful."""
    query = sa.union_all(*(sa.select(column).where(column.is_not(None)) for column in SEALED_COLUMNS[service]))
    with faults_explained(database.engine.url), database.engine.connect() as connection:
        return [bytes(one) for one in connection.scalars(query)]
