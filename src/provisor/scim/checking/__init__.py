"""Values held against attribute characteristics (RFC 7643 §2, §7): types, unassigned values, projection."""
