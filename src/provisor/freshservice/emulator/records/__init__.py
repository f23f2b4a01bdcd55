"""What a person's record may hold, how it changes, and how it looks in an answer."""
