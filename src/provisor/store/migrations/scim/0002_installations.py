"""The tables of the service desk bridge: installations, and the index of each account's people."""

import sqlalchemy as sa
from alembic import op

revision = "scim_0002"
down_revision = "scim_0001"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "scim_installations",
        sa.Column("id", EXACT, primary_key=True),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("active_domain", sa.Text, unique=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("created", EXACT, nullable=False),
        sa.Column("key_changed", sa.Text),
        sa.Column("revoked_at", sa.Text),
        sa.Column("sealed_key", sa.LargeBinary),
    )
    _create_people()
    op.create_table(
        "scim_account_names",
        sa.Column("installation_id", EXACT, primary_key=True),
        sa.Column("kind", EXACT, primary_key=True),
        sa.Column("id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_table(
        "scim_index_states",
        sa.Column("installation_id", EXACT, primary_key=True),
        sa.Column("loaded_at", sa.Text),
        sa.Column("followed_until", sa.Text),
    )


def downgrade() -> None:
    for table in (
        "scim_index_states",
        "scim_account_names",
        "scim_person_addresses",
        "scim_people",
        "scim_installations",
    ):
        op.drop_table(table)


def _create_people() -> None:
    op.create_table(
        "scim_people",
        sa.Column("installation_id", EXACT, primary_key=True),
        sa.Column("id", EXACT, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("user_name", EXACT, nullable=False),
        sa.Column("external_id", EXACT),
        sa.Column("awaited_manager", EXACT),
        sa.Column("meant_manager", NUMBER),
        sa.Column("is_removed", sa.Boolean, nullable=False),
        sa.Column("refreshed_at", EXACT, nullable=False),
        sa.Column("created", EXACT, nullable=False),
        sa.Column("last_modified", EXACT, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("addresses", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("given", sa.Text, nullable=False),
        sa.Column("waiting", sa.Text, nullable=False),
    )
    for name in ("user_name", "external_id", "awaited_manager"):
        op.create_index(f"scim_people_{name}", "scim_people", ["installation_id", name])
    op.create_table(
        "scim_person_addresses",
        sa.Column("installation_id", EXACT, primary_key=True),
        sa.Column("address", EXACT, primary_key=True),
        sa.Column("person_id", EXACT, primary_key=True),
    )
    op.create_index("scim_person_addresses_person", "scim_person_addresses", ["installation_id", "person_id"])
