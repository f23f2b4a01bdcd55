"""The tables of the SCIM endpoint's request log, its webhooks and their outbox; one family with scim_tables.py."""

import sqlalchemy as sa

from provisor.store.scim_tables import Exact, Number, metadata

requests = sa.Table(
    "scim_requests",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("at", Exact, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("tenant", Exact),
    sa.Column("token_id", sa.Text),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("resource_id", sa.Text),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("body", sa.Text),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("scim_type", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("milliseconds", sa.Float, nullable=False),
    # The only index: every row is written in the way of a request, and searching may take its time.
    sa.Index("scim_requests_at", "at"),
)

webhooks = sa.Table(
    "scim_webhooks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("tenant", Exact),
    sa.Column("created", Exact, nullable=False),
    sa.Column("sealed_key", sa.LargeBinary, nullable=False),
    # What the receiver wants to see in the Authorization header, where it wants anything.
    sa.Column("sealed_authorization", sa.LargeBinary),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("disabled_at", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("next_attempt", sa.Text),
    sa.Column("last_error", sa.Text, nullable=False),
    # The process that delivers, so that two never send the same event, nor out of order.
    sa.Column("owner", sa.Text),
    sa.Column("owned_until", sa.Text),
)

outbox = sa.Table(
    "scim_outbox",
    metadata,
    # Never used again, so that the order of events is the order of numbers.
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("webhook_id", sa.Text, nullable=False),
    sa.Column("created", Exact, nullable=False),
    sa.Column("claims", sa.Text, nullable=False),
    sa.Index("scim_outbox_webhook", "webhook_id", "number"),
    sqlite_autoincrement=True,
)

deliveries = sa.Table(
    "scim_deliveries",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("webhook_id", sa.Text, nullable=False),
    sa.Column("at", Exact, nullable=False),
    sa.Column("token_identifier", sa.Text, nullable=False),
    sa.Column("events", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("milliseconds", sa.Float, nullable=False),
    sa.Index("scim_deliveries_at", "at"),
    sa.Index("scim_deliveries_webhook", "webhook_id", "number"),
)
