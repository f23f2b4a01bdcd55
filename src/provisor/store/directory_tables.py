"""The tables of the embedded directory: people, groups, members, app role assignments, and what changed when.

Attributes are JSON text under the provisioning engine's names (mapping spec §8); the columns ending in `_key` are
folded copies to look people up by. `directory_changes` holds one row per object, the number of its latest change,
so that the feed never outgrows the directory and a reader who missed a week reads everybody once.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

BIG_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

users = sa.Table(
    "directory_users",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    # The id under which imports know this person: the id itself, until a file brings the same person under a new one.
    sa.Column("anchor", sa.Text, nullable=False, unique=True),
    # Null only while another person has taken the name of somebody in the recycle bin.
    sa.Column("principal_name_key", sa.Text, unique=True),
    sa.Column("employee_id_key", sa.Text),
    sa.Column("mail_key", sa.Text),
    sa.Column("display_name_key", sa.Text, nullable=False),
    sa.Column("attributes", sa.Text, nullable=False),
    sa.Column("account_enabled", sa.Boolean, nullable=False),
    sa.Column("manager_id", sa.Text),
    # A manager's UPN or id that nobody answers to yet.
    sa.Column("manager_wanted", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("deleted_at", sa.Text),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Index("directory_users_by_employee_id", "employee_id_key"),
    sa.Index("directory_users_by_mail", "mail_key"),
    sa.Index("directory_users_by_manager", "manager_id"),
    sa.Index("directory_users_by_wanted_manager", "manager_wanted"),
    sa.Index("directory_users_by_state", "state", "id"),
)

groups = sa.Table(
    "directory_groups",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("display_name_key", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("mail", sa.Text),
    sa.Column("mail_nickname", sa.Text),
    sa.Column("security_enabled", sa.Boolean, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Index("directory_groups_by_name", "display_name_key"),
)

group_members = sa.Table(
    "directory_group_members",
    metadata,
    sa.Column("group_id", sa.Text, primary_key=True),
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Column("member_type", sa.Text, nullable=False),
    sa.Index("directory_group_members_by_member", "member_id"),
)

assignments = sa.Table(
    "directory_app_role_assignments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("app_id", sa.Text, nullable=False),
    sa.Column("principal_type", sa.Text, nullable=False),
    sa.Column("principal_id", sa.Text, nullable=False),
    sa.Column("role_id", sa.Text, nullable=False),
    sa.Column("role_value", sa.Text, nullable=False),
    sa.Column("role_display_name", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.UniqueConstraint("app_id", "principal_id", "role_id", name="directory_assignments_once"),
    sa.Index("directory_assignments_by_principal", "principal_id"),
)

changes = sa.Table(
    "directory_changes",
    metadata,
    sa.Column("seq", BIG_SERIAL, primary_key=True, autoincrement=True),
    sa.Column("object_type", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("directory_changes_by_object", "object_id"),
    # A number is never used twice, also after the row with the highest has been replaced.
    sqlite_autoincrement=True,
)
