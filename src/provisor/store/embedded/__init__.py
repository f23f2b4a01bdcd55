"""The embedded resource backend in parts: rows, memberships, reading, writing, and direct reads on SQLite."""
