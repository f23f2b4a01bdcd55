"""What schemas call unique, and the person whom a token speaks for."""

import sqlalchemy as sa
from alembic import op

revision = "scim_0006"
down_revision = "scim_0005"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "scim_unique_values",
        sa.Column("tenant", EXACT, primary_key=True),
        sa.Column("scope", EXACT, primary_key=True),
        sa.Column("path", EXACT, primary_key=True),
        sa.Column("value", EXACT, primary_key=True),
        sa.Column(
            "resource_number", NUMBER, sa.ForeignKey("scim_resources.number", ondelete="CASCADE"), nullable=False
        ),
    )
    op.create_index("scim_unique_values_resource", "scim_unique_values", ["resource_number"])
    op.add_column("scim_tokens", sa.Column("me", sa.Text))


def downgrade() -> None:
    op.drop_column("scim_tokens", "me")
    op.drop_table("scim_unique_values")
