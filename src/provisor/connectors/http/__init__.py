"""Outgoing HTTP, guarded: the only place from which requests leave this product."""
