"""The pipeline. A change passes through these stages, in this order, whoever asked for it."""

STAGES = ("importing", "scoping", "matching", "mapping", "resolving", "diffing", "exporting", "recording")
