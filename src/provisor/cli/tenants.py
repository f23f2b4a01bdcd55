"""Tenants on the command line: whose resources a token reaches, and whose requests a log shows.

A tenant is an application, by its name or id, or an installed account, by its domain; a service provider that stands
alone has tenants that are only known by their tokens.
"""

from collections.abc import Mapping

from provisor.bootstrap.home import Home
from provisor.model.errors import NotFound

TENANT_DEFAULT = "embedded"
"""The tenant of a token that names none."""


async def find_tenant(home: Home, named: str | None, *, may_be_new: bool = False) -> str:
    """The id of a tenant. Raises `NotFound`, unless it `may_be_new`: then the name becomes the id."""
    if named is None:
        return TENANT_DEFAULT
    names = await tenant_names(home)
    wanted = named.strip().lower()
    for tenant, name in names.items():
        if wanted in (tenant.lower(), name.lower()):
            return tenant
    if may_be_new:
        return named.strip()
    known = ", ".join(sorted(set(names.values()))) or "none yet"
    raise NotFound(f"There is no application {named!r}.", remedy=f"Known are: {known}.")


async def tenant_names(home: Home) -> Mapping[str, str]:
    """What every tenant is called, by id."""
    names = {grant.tenant: grant.tenant for grant in await home.tokens.list()}
    names |= {each.id: each.domain for each in await home.installations.list()}
    return names | {each.id: each.name for each in await home.applications.list_all()}
