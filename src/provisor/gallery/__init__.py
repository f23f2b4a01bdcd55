"""Application templates as data files."""
