"""Names and values folded so that equivalent texts are alike: composed or not, in full or half width.

A name that would then clash with another keeps its old form; it is folded anew when its resource is next written.
"""

from unicodedata import decomposition, normalize

import sqlalchemy as sa
from alembic import op

revision = "scim_0007"
down_revision = "scim_0006"
branch_labels = None
depends_on = None

COLUMNS = ("user_name", "display_name", "unique_name")
WIDTHS = {
    code: int(parts[1], 16)
    for code in (0x3000, *range(0xFF00, 0xFFF0))
    if (parts := decomposition(chr(code)).split()) and parts[0] in {"<wide>", "<narrow>"}
}


def upgrade() -> None:
    connection = op.get_bind()
    resources = sa.table("scim_resources", sa.column("number"), *(sa.column(name) for name in COLUMNS))
    for row in connection.execute(sa.select(resources)).mappings().all():
        for name in COLUMNS:
            folded = _fold(row[name])
            if folded != row[name]:
                _update(resources, {"number": row["number"]}, {name: folded})
    values = sa.table("scim_values", sa.column("resource_number"), sa.column("path"), sa.column("value"))
    for row in connection.execute(sa.select(values)).mappings().all():
        if _fold(row["value"]) != row["value"]:
            _update(values, dict(row), {"value": _fold(row["value"])})


def downgrade() -> None:
    pass  # nothing that came before reads these any worse


def _update(table: sa.TableClause, key: dict[str, object], changed: dict[str, object]) -> None:
    connection = op.get_bind()
    statement = sa.update(table).where(*(table.c[name] == value for name, value in key.items())).values(changed)
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except sa.exc.IntegrityError:
        pass


def _fold(text: str | None) -> str | None:
    if text is None or text.isascii():
        return text
    return normalize("NFC", normalize("NFD", text.translate(WIDTHS)).casefold())
