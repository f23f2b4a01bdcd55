"""The composition root: the only room that knows every other. `home.py` opens a data folder; start there."""
