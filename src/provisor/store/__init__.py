"""Tables: SQLAlchemy Core on SQLite and PostgreSQL, one file per aggregate."""
