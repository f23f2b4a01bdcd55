"""The Tenant URL: the base of a target's SCIM endpoint as somebody pasted it, with its query flags."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from provisor.model.errors import Reject

PATH_SAFE = "/%~:@!$&'()*+,;="


@dataclass(frozen=True, slots=True)
class TenantUrl:
    """`base` has no trailing slash; `flags` (such as `aadOptscim062020`) travel with every request."""

    base: str
    flags: str = ""

    def with_path(self, path: str, query: str = "") -> str:
        """The URL of something below the base; `query` is percent-encoded already."""
        query = "&".join(part for part in (query, self.flags) if part)
        return f"{self.base}{path}?{query}" if query else f"{self.base}{path}"


def parse_tenant_url(text: str) -> TenantUrl:
    """Normalise what was pasted. Raises `Reject`; whether the address may be reached is judged when it is."""
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"https", "http"}:
        raise Reject(
            f"“{text.strip()[:200]}” is not a Tenant URL.",
            remedy="It looks like https://app.example.com/scim/v2.",
        )
    if parts.fragment:
        raise Reject("A Tenant URL has no “#” part.", remedy="Leave out everything from the “#” on.")
    path = quote(parts.path, safe=PATH_SAFE).rstrip("/")
    return TenantUrl(f"{parts.scheme}://{parts.netloc.strip()}{path}", quote(parts.query, safe=PATH_SAFE + "?"))
