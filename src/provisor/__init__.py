"""Provisor: automatic user provisioning, self-hosted and open. Start reading at `stages/` and `engine/cycle.py`."""
