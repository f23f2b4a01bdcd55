"""The synchronization schema in Microsoft Graph's shape: read, written, compared, and described (mapping spec §7)."""
