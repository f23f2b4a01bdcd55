"""The clauses of scoping filters: operators, and how a clause becomes a test of a person's attributes."""
