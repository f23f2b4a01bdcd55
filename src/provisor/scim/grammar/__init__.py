"""The written forms shared by filters and paths: tokens, attribute paths, and what literals mean."""
