"""The pipeline, one pure file per stage, in the order in which a change passes through them."""
