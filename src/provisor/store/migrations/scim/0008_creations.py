"""Creations under way at a service desk account, so that one that a crash cuts off is known for what it was."""

import sqlalchemy as sa
from alembic import op

revision = "scim_0008"
down_revision = "scim_0007"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "scim_creations",
        sa.Column("installation_id", EXACT, primary_key=True),
        sa.Column("name", EXACT, primary_key=True),
        sa.Column("given", sa.Text, nullable=False),
        sa.Column("noted_at", EXACT, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("scim_creations")
