"""Indexes of names and managers hold those resources alone that have one."""

import sqlalchemy as sa
from alembic import op

revision = "scim_0009"
down_revision = "scim_0008"
branch_labels = None
depends_on = None

INDEXES = (
    ("scim_resources_unique_name", ["tenant", "kind", "unique_name"], True),
    ("scim_resources_manager", ["tenant", "manager_id"], False),
)


def upgrade() -> None:
    for name, columns, is_unique in INDEXES:
        op.drop_index(name, "scim_resources")
        where = sa.text(f"{columns[-1]} IS NOT NULL")
        op.create_index(name, "scim_resources", columns, unique=is_unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, columns, is_unique in INDEXES:
        op.drop_index(name, "scim_resources")
        op.create_index(name, "scim_resources", columns, unique=is_unique)
