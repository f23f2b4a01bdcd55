"""The functions of the mapping language, one file per subject; `catalogue` lists them all."""
