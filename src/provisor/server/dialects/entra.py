"""Microsoft Entra's provisioning service (protocol spec §13).

It asks for 204 after changes to groups, whose members it does not want back, and Microsoft's own request collection
expects 204 after changes to users as well. Entra reads a user again when it wants to see it.
"""

from provisor.server.dialects.dialect import Dialect

ENTRA = Dialect("entra", silent_patches=frozenset({"User", "Group"}))
"""PATCH is silent unless the request names `attributes` or prefers a representation."""
