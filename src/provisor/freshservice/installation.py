"""Installing the bridge for an account, as the marketplace app's set-up page does (spec §7, CONTRACT `freshservice`).

An installation ties a domain and an API key to a bearer token. The key is checked before anything is stored, kept
sealed, and appears in no message, log or representation. Rotating it changes nothing for the SCIM client, which keeps
its token. Accounts stand side by side; each is a tenant of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.rest import FreshserviceApi
from provisor.freshservice.rest_domain import API_PATH, check_domain
from provisor.model.errors import NotFound, Reject
from provisor.ports.clock import Clock
from provisor.ports.http import HttpClient
from provisor.ports.installations import Installation, InstallationStore
from provisor.ports.people_index import PeopleIndexStore
from provisor.ports.secrets import SecretBox
from provisor.ports.tokens import TokenStore

BACKEND = "freshservice"
"""The kind of resource backend that the tokens of installations name."""
SCIM_PATH = "/scim/v2"


@dataclass(frozen=True, slots=True)
class Installed:
    """What an administrator takes to the SCIM client. `token` cannot be shown again; `warnings` are sentences."""

    installation: Installation
    tenant_url: str
    token: str = field(repr=False)
    warnings: tuple[str, ...] = ()


class Installations:
    """Makes, lists, changes and ends installations, and opens their accounts."""

    def __init__(
        self,
        *,
        store: InstallationStore,
        people: PeopleIndexStore,
        tokens: TokenStore,
        secret_box: SecretBox,
        http: HttpClient,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store, self._people, self._tokens = store, people, tokens
        self._box, self._http, self._clock, self._new_id = secret_box, http, clock, new_id

    async def install(
        self, domain: str, api_key: str, *, base_url: str, settings: Mapping[str, Any] | None = None
    ) -> Installed:
        """Check the key, store it sealed, and make the bearer token. `base_url` is the service's public URL.

        Raises `Reject` for a domain that is no account or settings that are wrong, `JobFailed` for a key that is
        refused, `Transient` when the account cannot be reached, and `Conflict` when it is installed already.
        """
        host = account_host(domain)
        BridgeSettings.from_values(settings or {})
        owner = await self._check_key(host, api_key)
        installation = Installation(
            id=self._new_id(),
            domain=host,
            created=self._clock.now(),
            owner=_name_owner(owner),
            settings=dict(settings or {}),
        )
        await self._store.add(installation, self._box.seal(api_key.strip()))
        _, token = await self._tokens.create(tenant=installation.id, backend=BACKEND, name=f"Freshservice {host}")
        return Installed(installation, base_url.rstrip("/") + SCIM_PATH, token, _warnings(owner))

    async def list(self) -> Sequence[Installation]:
        """All installations, oldest first, revoked ones included."""
        return await self._store.list()

    async def get(self, id_or_domain: str) -> Installation:
        """An active installation by id or domain. Raises `NotFound`."""
        wanted = id_or_domain.strip()
        names = {wanted.lower()}
        with suppress(Reject):  # an id is no domain
            names.add(account_host(wanted))
        for one in await self._store.list():
            if one.is_active and names & {one.id.lower(), one.domain}:
                return one
        raise NotFound(f"There is no installation {id_or_domain!r}.", remedy="List them to see their ids and domains.")

    async def rotate_key(self, id_or_domain: str, api_key: str) -> tuple[Installation, Sequence[str]]:
        """Put a new API key in the place of the old; the bearer token stays. Also says what is worth a warning."""
        installation = await self.get(id_or_domain)
        owner = await self._check_key(installation.domain, api_key)
        changed = replace(installation, owner=_name_owner(owner), key_changed=self._clock.now())
        await self._store.update(changed, self._box.seal(api_key.strip()))
        return changed, _warnings(owner)

    async def change_settings(self, id_or_domain: str, settings: Mapping[str, Any]) -> Installation:
        """Set some settings of the bridge; they hold from the next request on. Raises `Reject` with every fault."""
        installation = await self.get(id_or_domain)
        merged = {**installation.settings, **settings}
        BridgeSettings.from_values(merged)
        changed = replace(installation, settings=merged)
        await self._store.update(changed)
        return changed

    async def revoke(self, id_or_domain: str) -> Installation:
        """End an installation: its tokens stop, its key and its index are erased. Nobody at the desk is touched."""
        installation = await self.get(id_or_domain)
        for grant in await self._tokens.list(installation.id):
            await self._tokens.revoke(grant.id)
        revoked = replace(installation, revoked_at=self._clock.now())
        await self._store.update(revoked)
        await self._people.clear(installation.id)
        return revoked

    async def current(self, installation_id: str) -> Installation | None:
        """An installation by its id as it is now, None when it is revoked or unknown."""
        found = await self._store.get(installation_id)
        return found if found is not None and found.is_active else None

    async def open_account(self, installation: Installation) -> FreshserviceApi:
        """The account's API with the stored key. Raises `Reject` when the key cannot be unsealed."""
        sealed = await self._store.sealed_key(installation.id)
        if sealed is None:
            raise Reject(
                f"There is no API key for {installation.domain}.",
                remedy="Rotate the key, or install the account again.",
            )
        return FreshserviceApi(self._http, installation.domain, self._box.open(sealed), self._clock)

    async def _check_key(self, host: str, api_key: str) -> dict[str, Any]:
        """The agent whose key it is; asking costs one call and needs the least of permissions."""
        if not api_key.strip():
            raise Reject("The API key is empty.", remedy="Copy it from the agent's profile settings in Freshservice.")
        return await FreshserviceApi(self._http, host, api_key.strip(), self._clock).me()


def account_host(domain: str) -> str:
    """The host, with a port for an emulator, of a domain as typed. Raises `Reject`."""
    return check_domain(domain).partition("://")[2].removesuffix(API_PATH)


def _name_owner(owner: Mapping[str, Any]) -> str:
    names = " ".join(str(owner[name]) for name in ("first_name", "last_name") if owner.get(name))
    return f"{names} <{owner['email']}>" if owner.get("email") else names


def _warnings(owner: Mapping[str, Any]) -> tuple[str, ...]:
    if not owner.get("occasional"):
        return ()
    sentence = "The key belongs to an occasional agent and works only while that agent has a day pass"
    return (f"{sentence}: use the key of a full-time agent.",)
