"""What each judge looks at (scim-protocol §13 to §16), as data."""
