"""The conformance check of any SCIM 2.0 server: what the RFCs, Entra and Okta would complain about, and the remedy.

Start with `check.py` (what a check is) and `catalogue.py` (all of them); `running.py` runs a selection of them.
"""
