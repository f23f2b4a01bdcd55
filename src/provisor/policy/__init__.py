"""Decisions about a job rather than one resource: state in, decision out. Pure."""
