"""The tables of the SCIM service: tokens, resources, memberships and totals.

A resource is its JSON (`body`, without `id`, `meta` and what is joined at read) beside the columns that
filters, sorting and uniqueness need. Text is compared by code point on both databases, as Python compares it, so
that a filter means the same in SQL and in memory. The migrations are written by hand; a test keeps both alike.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

USER = "User"
GROUP = "Group"
"""Kinds whose columns and memberships have a meaning of their own."""

Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text in code point order."""

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

tokens = sa.Table(
    "scim_tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("backend", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("created", Exact, nullable=False),
    sa.Column("expires_at", sa.Text),
    sa.Column("revoked_at", sa.Text),
    sa.Column("last_used", sa.Text),
    # Requests per second; null is the default, zero no limit.
    sa.Column("rate", sa.Integer),
    # The user that /Me stands for, where the token speaks for one.
    sa.Column("me", sa.Text),
    sa.Index("scim_tokens_tenant", "tenant"),
)

resources = sa.Table(
    "scim_resources",
    metadata,
    # The order of listings: by number, which only grows, so that pages are stable.
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("tenant", Exact, nullable=False),
    sa.Column("kind", Exact, nullable=False),
    sa.Column("id", Exact, nullable=False),
    sa.Column("user_name", Exact),
    sa.Column("external_id", Exact),
    sa.Column("display_name", Exact),
    # The display name of a group in a tenant that wants those unique, else null.
    sa.Column("unique_name", Exact),
    sa.Column("manager_id", Exact),
    # What others show of this resource: its displayName, else its userName, as written.
    sa.Column("label", sa.Text),
    sa.Column("created", Exact, nullable=False),
    sa.Column("last_modified", Exact, nullable=False),
    sa.Column("version", Number, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("scim_resources_id", "tenant", "id", unique=True),
    sa.Index("scim_resources_order", "tenant", "kind", "number"),
    sa.Index("scim_resources_user_name", "tenant", "kind", "user_name", unique=True),
    # Of those that have one alone: most resources do not, and every index is written with every new resource.
    sa.Index(
        "scim_resources_unique_name",
        "tenant",
        "kind",
        "unique_name",
        unique=True,
        sqlite_where=sa.text("unique_name IS NOT NULL"),
        postgresql_where=sa.text("unique_name IS NOT NULL"),
    ),
    sa.Index("scim_resources_external_id", "tenant", "kind", "external_id"),
    sa.Index("scim_resources_display_name", "tenant", "kind", "display_name"),
    sa.Index("scim_resources_last_modified", "tenant", "kind", "last_modified"),
    sa.Index(
        "scim_resources_manager",
        "tenant",
        "manager_id",
        sqlite_where=sa.text("manager_id IS NOT NULL"),
        postgresql_where=sa.text("manager_id IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

members = sa.Table(
    "scim_members",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("group_number", Number, sa.ForeignKey("scim_resources.number", ondelete="CASCADE"), nullable=False),
    sa.Column("tenant", Exact, nullable=False),
    sa.Column("member_id", Exact, nullable=False),
    sa.Column("type", sa.Text),
    sa.Index("scim_members_group", "group_number", "member_id", unique=True),
    sa.Index("scim_members_member", "tenant", "member_id", "group_number"),
)

values = sa.Table(
    "scim_values",
    metadata,
    # What people are looked up by besides the columns above: values of lists, and of extensions. Folded.
    sa.Column(
        "resource_number",
        Number,
        sa.ForeignKey("scim_resources.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("path", Exact, primary_key=True),
    sa.Column("value", Exact, primary_key=True),
    sa.Index("scim_values_value", "path", "value", "resource_number"),
)

unique_values = sa.Table(
    "scim_unique_values",
    metadata,
    # What a schema calls unique, beside the names in columns of their own. An empty scope is the whole tenant.
    sa.Column("tenant", Exact, primary_key=True),
    sa.Column("scope", Exact, primary_key=True),
    sa.Column("path", Exact, primary_key=True),
    sa.Column("value", Exact, primary_key=True),
    sa.Column("resource_number", Number, sa.ForeignKey("scim_resources.number", ondelete="CASCADE"), nullable=False),
    sa.Index("scim_unique_values_resource", "resource_number"),
)

totals = sa.Table(
    "scim_totals",
    metadata,
    sa.Column("tenant", Exact, primary_key=True),
    sa.Column("kind", Exact, primary_key=True),
    sa.Column("total", Number, nullable=False),
)
