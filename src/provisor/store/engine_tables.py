"""The tables of the engine: applications, mirror, marks, instants, links, shadow, escrows, removals, cycles, log.

Times are ISO 8601 text in UTC, so that text order is time order on both databases; JSON is text.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

applications = sa.Table(
    "applications",
    metadata,
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
    sa.Column("waits_until", sa.Text),
    sa.Column("cycle_wanted_at", sa.Text),
    sa.Column("watermark_generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_id", sa.Text),
)

mirror = sa.Table(
    "mirror",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("presence", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("manager_id", sa.Text),
    sa.Column("attributes", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("read_id", sa.Text, nullable=False),
    sa.Index("mirror_by_manager", "app_id", "manager_id"),
)

marks = sa.Table(
    "marks",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("depth", sa.Integer, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Index("marks_in_order", "app_id", "depth", "source_id"),
)

instants = sa.Table(
    "instants",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("instants_in_order", "app_id", "at"),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("target_id", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("known", sa.Text, nullable=False),
    sa.Column("is_managed", sa.Boolean, nullable=False),
    sa.UniqueConstraint("app_id", "target_id", name="links_by_target"),
)

wanted_references = sa.Table(
    "wanted_references",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("attribute", sa.Text, primary_key=True),
    sa.Column("wanted_id", sa.Text, nullable=False),
    sa.Index("wanted_by_id", "app_id", "wanted_id"),
)

shadow = sa.Table(
    "shadow",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("target_id", sa.Text, primary_key=True),
    sa.Column("attributes", sa.Text, nullable=False),
)

shadow_keys = sa.Table(
    "shadow_keys",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("attribute", sa.Text, primary_key=True),
    sa.Column("folded", sa.Text, primary_key=True),
    sa.Column("target_id", sa.Text, primary_key=True),
)

shadow_listings = sa.Table(
    "shadow_listings",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("listed_at", sa.Text, nullable=False),
    sa.Column("attributes", sa.Text, nullable=False),
)

escrows = sa.Table(
    "escrows",
    metadata,
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
    sa.Index("escrows_due", "app_id", "next_attempt"),
)

staged_removals = sa.Table(
    "staged_removals",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("staged_at", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("decided_at", sa.Text),
    sa.Column("basis", sa.Text, nullable=False, server_default=""),
    sa.Column("held_at", sa.Text),
)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("app_id", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("is_complete", sa.Boolean, nullable=False),
    sa.Column("used_at", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("plans_by_app", "app_id", "created"),
)

plan_operations = sa.Table(
    "plan_operations",
    metadata,
    sa.Column("plan_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("app_id", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("target_id", sa.Text),
    sa.Column("removes_access", sa.Boolean, nullable=False),
    sa.Column("is_unknown", sa.Boolean, nullable=False),
    sa.Column("is_stale", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Index("plan_operations_by_person", "plan_id", "source_id"),
    sa.Index("plan_operations_of_app", "app_id"),
)

cycles = sa.Table(
    "cycles",
    metadata,
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
    sa.Index("cycles_by_app", "app_id", "began"),
)

log = sa.Table(
    "provisioning_log",
    metadata,
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
    sa.Index("log_by_app", "app_id", "at"),
    sa.Index("log_by_cycle", "cycle_id"),
    sa.Index("log_by_source", "app_id", "source_id"),
    sa.Index("log_of_removals", "app_id", "removes_access", "at"),
)

notice_settings = sa.Table(
    "notice_settings",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("mails", sa.Text, nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("webhook_url", sa.Text, nullable=False),
    sa.Column("sealed_webhook_secret", sa.LargeBinary),
    sa.Column("problem", sa.Text, nullable=False),
)

notices_told = sa.Table(
    "notices_told",
    metadata,
    sa.Column("app_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
