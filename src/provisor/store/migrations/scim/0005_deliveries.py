"""The request log's own ids, what a webhook is sent and by whom, and the list of deliveries.

Nothing was written to these tables before, so they are made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "scim_0005"
down_revision = "scim_0004"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("scim_requests")
    op.drop_table("scim_webhooks")
    op.create_table(
        "scim_requests",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("at", EXACT, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("tenant", EXACT),
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
    )
    op.create_index("scim_requests_at", "scim_requests", ["at"])
    op.create_table(
        "scim_webhooks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("tenant", EXACT),
        sa.Column("created", EXACT, nullable=False),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_authorization", sa.LargeBinary),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("disabled_at", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_attempt", sa.Text),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("owned_until", sa.Text),
    )
    op.create_table(
        "scim_deliveries",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("at", EXACT, nullable=False),
        sa.Column("token_identifier", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("milliseconds", sa.Float, nullable=False),
    )
    op.create_index("scim_deliveries_at", "scim_deliveries", ["at"])
    op.create_index("scim_deliveries_webhook", "scim_deliveries", ["webhook_id", "number"])


def downgrade() -> None:
    op.drop_table("scim_deliveries")
    op.drop_table("scim_webhooks")
    op.drop_table("scim_requests")
