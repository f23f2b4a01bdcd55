"""The embedded directory: our own tenant of users, groups and app role assignments."""
