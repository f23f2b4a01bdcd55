"""The SCIM 2.0 client: how the engine reads and writes a target."""
