"""The embedded directory."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_users()
    _create_groups()
    _create_assignments()
    _create_changes()


def downgrade() -> None:
    op.drop_table("directory_changes")
    op.drop_table("directory_app_role_assignments")
    op.drop_table("directory_group_members")
    op.drop_table("directory_groups")
    op.drop_table("directory_users")


def _create_users() -> None:
    op.create_table(
        "directory_users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("anchor", sa.Text, nullable=False, unique=True),
        sa.Column("principal_name_key", sa.Text, unique=True),
        sa.Column("employee_id_key", sa.Text),
        sa.Column("mail_key", sa.Text),
        sa.Column("display_name_key", sa.Text, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.Column("account_enabled", sa.Boolean, nullable=False),
        sa.Column("manager_id", sa.Text),
        sa.Column("manager_wanted", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("deleted_at", sa.Text),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("modified", sa.Text, nullable=False),
    )
    op.create_index("directory_users_by_employee_id", "directory_users", ["employee_id_key"])
    op.create_index("directory_users_by_mail", "directory_users", ["mail_key"])
    op.create_index("directory_users_by_manager", "directory_users", ["manager_id"])
    op.create_index("directory_users_by_wanted_manager", "directory_users", ["manager_wanted"])
    op.create_index("directory_users_by_state", "directory_users", ["state", "id"])


def _create_groups() -> None:
    op.create_table(
        "directory_groups",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("display_name_key", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("mail", sa.Text),
        sa.Column("mail_nickname", sa.Text),
        sa.Column("security_enabled", sa.Boolean, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("modified", sa.Text, nullable=False),
    )
    op.create_index("directory_groups_by_name", "directory_groups", ["display_name_key"])
    op.create_table(
        "directory_group_members",
        sa.Column("group_id", sa.Text, primary_key=True),
        sa.Column("member_id", sa.Text, primary_key=True),
        sa.Column("member_type", sa.Text, nullable=False),
    )
    op.create_index("directory_group_members_by_member", "directory_group_members", ["member_id"])


def _create_assignments() -> None:
    op.create_table(
        "directory_app_role_assignments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("principal_type", sa.Text, nullable=False),
        sa.Column("principal_id", sa.Text, nullable=False),
        sa.Column("role_id", sa.Text, nullable=False),
        sa.Column("role_value", sa.Text, nullable=False),
        sa.Column("role_display_name", sa.Text, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.UniqueConstraint("app_id", "principal_id", "role_id", name="directory_assignments_once"),
    )
    op.create_index("directory_assignments_by_principal", "directory_app_role_assignments", ["principal_id"])


def _create_changes() -> None:
    op.create_table(
        "directory_changes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("object_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("directory_changes_by_object", "directory_changes", ["object_id"])
