"""An emulator of the Freshservice REST API v2, persistent and usable on its own."""
