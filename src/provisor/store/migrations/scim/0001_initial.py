"""The tables of the SCIM service: tokens, resources, memberships and totals."""

import sqlalchemy as sa
from alembic import op

revision = "scim_0001"
down_revision = None
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_tokens()
    _create_resources()
    _create_members()
    op.create_table(
        "scim_totals",
        sa.Column("tenant", EXACT, primary_key=True),
        sa.Column("kind", EXACT, primary_key=True),
        sa.Column("total", NUMBER, nullable=False),
    )


def downgrade() -> None:
    for table in ("scim_totals", "scim_members", "scim_resources", "scim_tokens"):
        op.drop_table(table)


def _create_tokens() -> None:
    op.create_table(
        "scim_tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("backend", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("created", EXACT, nullable=False),
        sa.Column("expires_at", sa.Text),
        sa.Column("revoked_at", sa.Text),
        sa.Column("last_used", sa.Text),
    )
    op.create_index("scim_tokens_tenant", "scim_tokens", ["tenant"])


def _create_resources() -> None:
    op.create_table(
        "scim_resources",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("tenant", EXACT, nullable=False),
        sa.Column("kind", EXACT, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("user_name", EXACT),
        sa.Column("external_id", EXACT),
        sa.Column("display_name", EXACT),
        sa.Column("unique_name", EXACT),
        sa.Column("manager_id", EXACT),
        sa.Column("label", sa.Text),
        sa.Column("created", EXACT, nullable=False),
        sa.Column("last_modified", EXACT, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    for name, columns, is_unique in (
        ("id", ["tenant", "id"], True),
        ("order", ["tenant", "kind", "number"], False),
        ("user_name", ["tenant", "kind", "user_name"], True),
        ("unique_name", ["tenant", "kind", "unique_name"], True),
        ("external_id", ["tenant", "kind", "external_id"], False),
        ("display_name", ["tenant", "kind", "display_name"], False),
        ("last_modified", ["tenant", "kind", "last_modified"], False),
        ("manager", ["tenant", "manager_id"], False),
    ):
        op.create_index(f"scim_resources_{name}", "scim_resources", columns, unique=is_unique)


def _create_members() -> None:
    op.create_table(
        "scim_members",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("group_number", NUMBER, sa.ForeignKey("scim_resources.number", ondelete="CASCADE"), nullable=False),
        sa.Column("tenant", EXACT, nullable=False),
        sa.Column("member_id", EXACT, nullable=False),
        sa.Column("type", sa.Text),
    )
    op.create_index("scim_members_group", "scim_members", ["group_number", "member_id"], unique=True)
    op.create_index("scim_members_member", "scim_members", ["tenant", "member_id", "group_number"])
