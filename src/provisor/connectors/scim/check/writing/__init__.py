"""Checks that write: users, groups, PUT, PATCH in every dialect, bulk requests, versions."""
