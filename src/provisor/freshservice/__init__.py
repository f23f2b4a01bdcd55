"""Everything that knows Freshservice: REST client, person mapping, bridge, installation, emulator."""
