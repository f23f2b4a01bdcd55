"""Schemas and resource types from documents that an administrator wrote (RFC 7643 §6, §7): checked whole, then read."""
