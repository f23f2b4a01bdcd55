"""The second pass of an import: whom each row is about, and what of it is new."""
