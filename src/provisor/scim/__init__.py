"""The SCIM 2.0 protocol (RFC 7643, RFC 7644) without transport: pure functions over JSON values."""
