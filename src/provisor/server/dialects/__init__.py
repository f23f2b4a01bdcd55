"""Clients' known departures from the RFC, normalised before validation, and nowhere else."""
