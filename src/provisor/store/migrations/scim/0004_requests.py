"""The request log, webhooks with their outbox, and a token's own rate."""

import sqlalchemy as sa
from alembic import op

revision = "scim_0004"
down_revision = "scim_0003"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("scim_tokens", sa.Column("rate", sa.Integer))
    op.create_table(
        "scim_requests",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("at", EXACT, nullable=False),
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
        sa.Column("sealed_key", sa.LargeBinary),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_attempt", sa.Text),
        sa.Column("last_error", sa.Text, nullable=False),
    )
    op.create_table(
        "scim_outbox",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("webhook_id", sa.Text, nullable=False),
        sa.Column("created", EXACT, nullable=False),
        sa.Column("claims", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("scim_outbox_webhook", "scim_outbox", ["webhook_id", "number"])


def downgrade() -> None:
    op.drop_table("scim_outbox")
    op.drop_table("scim_webhooks")
    op.drop_table("scim_requests")
    op.drop_column("scim_tokens", "rate")
