"""Adapters to one kind of system each. Only `bootstrap` imports them."""
