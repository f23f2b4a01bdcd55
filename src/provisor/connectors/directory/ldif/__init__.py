"""LDIF files of people."""
