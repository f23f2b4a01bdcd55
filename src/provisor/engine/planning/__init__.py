"""Decide, show, then do: plans of what a cycle would do to everybody, applying them, and comparing settings."""
