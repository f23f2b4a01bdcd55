"""The bridge in parts: queries, intents, writes, late links."""
