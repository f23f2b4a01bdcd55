"""Plans with their operations, and when the accounts of a target were last listed."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0007"
down_revision = "engine_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("is_complete", sa.Boolean, nullable=False),
        sa.Column("used_at", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("plans_by_app", "plans", ["app_id", "created"])
    op.create_table(
        "plan_operations",
        sa.Column("plan_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target_id", sa.Text),
        sa.Column("removes_access", sa.Boolean, nullable=False),
        sa.Column("is_unknown", sa.Boolean, nullable=False),
        sa.Column("is_stale", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_index("plan_operations_by_person", "plan_operations", ["plan_id", "source_id"])
    op.create_index("plan_operations_of_app", "plan_operations", ["app_id"])
    op.create_table(
        "shadow_listings",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("listed_at", sa.Text, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("shadow_listings")
    op.drop_table("plan_operations")
    op.drop_table("plans")
