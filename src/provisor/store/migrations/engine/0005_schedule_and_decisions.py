"""When the next cycle is due, leases that cannot be renewed once lost, and what a decision about a removal rests on."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0005"
down_revision = "engine_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("applications", sa.Column("waits_until", sa.Text))
    op.add_column("applications", sa.Column("cycle_wanted_at", sa.Text))
    op.add_column("applications", sa.Column("watermark_generation", sa.Integer, nullable=False, server_default="0"))
    op.add_column("applications", sa.Column("lease_id", sa.Text))
    op.add_column("staged_removals", sa.Column("basis", sa.Text, nullable=False, server_default=""))
    op.add_column("staged_removals", sa.Column("held_at", sa.Text))


def downgrade() -> None:
    op.drop_column("staged_removals", "held_at")
    op.drop_column("staged_removals", "basis")
    op.drop_column("applications", "lease_id")
    op.drop_column("applications", "watermark_generation")
    op.drop_column("applications", "cycle_wanted_at")
    op.drop_column("applications", "waits_until")
