"""The values by which people are looked up besides the columns: mail addresses, employee numbers."""

import json

import sqlalchemy as sa
from alembic import op

revision = "scim_0003"
down_revision = "scim_0002"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def upgrade() -> None:
    values = op.create_table(
        "scim_values",
        sa.Column(
            "resource_number",
            NUMBER,
            sa.ForeignKey("scim_resources.number", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("path", EXACT, primary_key=True),
        sa.Column("value", EXACT, primary_key=True),
    )
    op.create_index("scim_values_value", "scim_values", ["path", "value", "resource_number"])
    people = op.get_bind().execute(sa.text("SELECT number, body FROM scim_resources WHERE kind = 'User'")).all()
    rows = [
        {"resource_number": number, "path": path, "value": value}
        for number, body in people
        for path, value in _values_of(json.loads(body))
    ]
    if rows:
        op.bulk_insert(values, rows)


def downgrade() -> None:
    op.drop_table("scim_values")


def _values_of(body: dict[str, object]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    emails, extension = body.get("emails"), body.get(ENTERPRISE)
    for each in emails if isinstance(emails, list) else []:
        if isinstance(each, dict) and isinstance(each.get("value"), str):
            found.add(("emails.value", each["value"].casefold()))
    number = extension.get("employeeNumber") if isinstance(extension, dict) else None
    if isinstance(number, str):
        found.add(("employeeNumber", number.casefold()))
    return found
