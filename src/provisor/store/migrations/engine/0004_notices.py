"""Telling people: settings per application, and what was told last."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0004"
down_revision = "engine_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_settings",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("mails", sa.Text, nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("webhook_url", sa.Text, nullable=False),
        sa.Column("sealed_webhook_secret", sa.LargeBinary),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_table(
        "notices_told",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("notices_told")
    op.drop_table("notice_settings")
