"""PATCH (RFC 7644 §3.5.2) in parts: the operation, what it aims at, applying, deriving."""
