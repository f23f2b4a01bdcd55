"""When somebody is to be looked at again although nothing changed: dates in rules."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0006"
down_revision = "engine_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instants",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("instants_in_order", "instants", ["app_id", "at"])


def downgrade() -> None:
    op.drop_table("instants")
