"""The emulator's documents: one row for each."""

import sqlalchemy as sa
from alembic import op

revision = "emulator_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "emulator_documents",
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("document_id", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("emulator_documents")
