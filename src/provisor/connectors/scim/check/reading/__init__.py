"""Checks that mostly read: discovery, authentication, transport, filters, pages, sorting, projection, errors."""
