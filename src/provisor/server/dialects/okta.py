"""Okta's provisioning (protocol spec §14).

It updates users by PUT with what it knows of them. Where that lacks `active`, nobody meant to suspend the person.
"""

from provisor.server.dialects.dialect import Dialect

OKTA = Dialect("okta", kept_on_replace=frozenset({"active"}))
