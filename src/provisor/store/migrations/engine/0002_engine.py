"""The engine's own tables."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0002"
down_revision = "engine_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_applications()
    _create_mirror()
    _create_marks()
    _create_links()
    _create_wanted_references()
    _create_shadow()
    _create_shadow_keys()
    _create_escrows()
    _create_staged_removals()
    _create_cycles()
    _create_provisioning_log()


def downgrade() -> None:
    op.drop_table("provisioning_log")
    op.drop_table("cycles")
    op.drop_table("staged_removals")
    op.drop_table("escrows")
    op.drop_table("shadow_keys")
    op.drop_table("shadow")
    op.drop_table("wanted_references")
    op.drop_table("links")
    op.drop_table("marks")
    op.drop_table("mirror")
    op.drop_table("applications")


def _create_applications() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_folded", sa.Text, nullable=False, unique=True),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("interval_seconds", sa.Integer, nullable=False),
        sa.Column("guard_count", sa.Integer, nullable=False),
        sa.Column("guard_percent", sa.Float, nullable=False),
        sa.Column("is_scheduled", sa.Boolean, nullable=False),
        sa.Column("tenant_url", sa.Text, nullable=False, server_default=""),
        sa.Column("sealed_token", sa.LargeBinary),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("rules_version", sa.Integer, nullable=False),
        sa.Column("watermark", sa.Text),
        sa.Column("quarantine", sa.Text),
        sa.Column("last_cycle_ended", sa.Text),
        sa.Column("cycles_failed_in_a_row", sa.Integer, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("lease_owner", sa.Text),
        sa.Column("lease_until", sa.Text),
    )


def _create_mirror() -> None:
    op.create_table(
        "mirror",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("presence", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("manager_id", sa.Text),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("read_id", sa.Text, nullable=False),
    )
    op.create_index("mirror_by_manager", "mirror", ["app_id", "manager_id"])


def _create_marks() -> None:
    op.create_table(
        "marks",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
    )
    op.create_index("marks_in_order", "marks", ["app_id", "depth", "source_id"])


def _create_links() -> None:
    op.create_table(
        "links",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("target_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("known", sa.Text, nullable=False),
        sa.Column("is_managed", sa.Boolean, nullable=False),
        sa.UniqueConstraint("app_id", "target_id", name="links_by_target"),
    )


def _create_wanted_references() -> None:
    op.create_table(
        "wanted_references",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("attribute", sa.Text, primary_key=True),
        sa.Column("wanted_id", sa.Text, nullable=False),
    )
    op.create_index("wanted_by_id", "wanted_references", ["app_id", "wanted_id"])


def _create_shadow() -> None:
    op.create_table(
        "shadow",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("target_id", sa.Text, primary_key=True),
        sa.Column("attributes", sa.Text, nullable=False),
    )


def _create_shadow_keys() -> None:
    op.create_table(
        "shadow_keys",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("attribute", sa.Text, primary_key=True),
        sa.Column("folded", sa.Text, primary_key=True),
        sa.Column("target_id", sa.Text, primary_key=True),
    )


def _create_escrows() -> None:
    op.create_table(
        "escrows",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("error_code", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_failed", sa.Text, nullable=False),
        sa.Column("next_attempt", sa.Text, nullable=False),
    )
    op.create_index("escrows_due", "escrows", ["app_id", "next_attempt"])


def _create_staged_removals() -> None:
    op.create_table(
        "staged_removals",
        sa.Column("app_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("staged_at", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("decided_at", sa.Text),
    )


def _create_cycles() -> None:
    op.create_table(
        "cycles",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("began", sa.Text, nullable=False),
        sa.Column("ended", sa.Text),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("cycles_by_app", "cycles", ["app_id", "began"])


def _create_provisioning_log() -> None:
    op.create_table(
        "provisioning_log",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("cycle_id", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("target_id", sa.Text),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("removes_access", sa.Boolean, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("log_by_app", "provisioning_log", ["app_id", "at"])
    op.create_index("log_by_cycle", "provisioning_log", ["cycle_id"])
    op.create_index("log_by_source", "provisioning_log", ["app_id", "source_id"])
    op.create_index("log_of_removals", "provisioning_log", ["app_id", "removes_access", "at"])
