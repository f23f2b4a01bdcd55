"""The shell that runs cycles: calls ports, passes values through the stages. Start at `cycle.py`."""
