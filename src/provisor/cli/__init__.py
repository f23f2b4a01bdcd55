"""The command line: one file per command group; prints what the engine returns."""
