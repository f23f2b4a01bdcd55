"""The SCIM service provider as an ASGI application: who asks, where to, and what is answered (RFC 7644 §3.2).

Mounted at `/scim/v2` (mounting.py). Routes are SCIM's own, and every answer, whatever went wrong, is SCIM's as well; so
the paths are told apart here and not by the web framework.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from provisor.model.errors import ProvisorError
from provisor.ports.clock import Clock
from provisor.ports.request_log import RequestLog
from provisor.ports.tokens import TokenGrant, TokenStore
from provisor.scim.discovery import Features
from provisor.scim.events import EVENT_URIS
from provisor.scim.schema import ResourceType
from provisor.server import resources
from provisor.server.bulk import BULK_OPERATIONS_MAX, BULK_PAYLOAD_BYTES_MAX, answer_bulk
from provisor.server.caller import USER, BackendFor, Caller
from provisor.server.cursors import CURSOR_TIMEOUT_SECONDS, Cursors
from provisor.server.dialects.profiles import find_dialect
from provisor.server.dialects.shaping import shape_types
from provisor.server.discovery import DISCOVERY, answer_discovery
from provisor.server.operating.client_address import Network, client_address
from provisor.server.operating.journal import Journals, RequestJournal
from provisor.server.operating.masking import Masking
from provisor.server.operating.metrics import Metrics
from provisor.server.operating.rates import Rates
from provisor.server.root_search import search_everything
from provisor.server.searching import search, search_one
from provisor.server.transport.answers import Answer, Send, send_answer
from provisor.server.transport.authentication import authenticate
from provisor.server.transport.problems import HttpRefusal, answer_fault, answer_problem, refuse_method, refuse_path
from provisor.server.transport.requests import Receive, ScimRequest, Scope, read_request

CURSOR_KEY_BYTES = 32
SEARCH = ".search"
ENDPOINTS = DISCOVERY | {"Bulk", "Me"}
"""First segments of paths that are not those of resource types."""

FEATURES = Features(
    bulk_operations_max=BULK_OPERATIONS_MAX,
    bulk_payload_bytes_max=BULK_PAYLOAD_BYTES_MAX,
    cursor_timeout_seconds=CURSOR_TIMEOUT_SECONDS,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ScimApp:
    """The application. Give it to `ScimRoute(app)`."""

    tokens: TokenStore
    backend_for: BackendFor
    types_for: Callable[[TokenGrant], Mapping[str, ResourceType]]
    cursors: Cursors
    base_url: str | None
    features: Features
    clock: Clock
    journals: Journals
    rates: Rates
    metrics: Metrics
    has_hearers: Callable[[str], bool]
    proxies: tuple[Network, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":  # lifespan belongs to whoever mounts us; websockets are not spoken
            return
        request = read_request(scope, receive, self.base_url)
        address = client_address(scope, request.headers.get("x-forwarded-for"), self.proxies)
        journal = self.journals.open(request, address)
        answer = await self._answer(request, journal)
        seconds = self._close(journal, answer)
        self.metrics.observe(request.method, request.segments, answer.status, seconds)
        await send_answer(answer, send, without_body=request.method == "HEAD")

    def _close(self, journal: RequestJournal, answer: Answer) -> float:
        try:
            return journal.close(answer)
        except Exception:  # what is true already, such as a stored write, must not be answered as a fault
            log.exception("scim request not logged", identifier=journal.identifier)
            return journal.seconds()

    async def _answer(self, request: ScimRequest, journal: RequestJournal) -> Answer:
        try:
            return await self._route(await self._admit(request, journal), request)
        except ProvisorError as error:
            return answer_problem(error)
        except Exception:  # the outermost boundary: a fault of ours must still be answered in SCIM
            identifier = secrets.token_hex(8)
            log.exception("scim request failed", identifier=identifier, method=request.method)
            return answer_fault(identifier)

    async def _admit(self, request: ScimRequest, journal: RequestJournal) -> Caller:
        """Who asks. Raises 401, `Forbidden`, or `Transient` for a token that asks too often."""
        request.check_headers()
        grant = await authenticate(self.tokens, request.headers.get("authorization"))
        journal.grant = grant
        self.rates.take(grant, self.clock.monotonic())
        dialect = find_dialect(grant.profile)
        journal.types = types = shape_types(self.types_for(grant), dialect)
        return Caller(
            grant=grant,
            backend=self.backend_for(grant, journal),
            types=types,
            dialect=dialect,
            origin=request.origin,
            journal=journal,
            backend_for=self.backend_for,
        )

    async def _route(self, caller: Caller, request: ScimRequest) -> Answer:
        match request.segments:
            case ():
                return await self._search_root(caller, request)
            case (name, *_) if name in DISCOVERY:
                return answer_discovery(caller, request, self._features(caller))
            case ("Me",):
                return await _answer_me(caller, request)
            case ("Bulk",):
                if request.method != "POST":
                    raise refuse_method(request.method, "POST")
                return await answer_bulk(caller, request, self._route)
            case (".search",):
                if request.method != "POST":
                    raise refuse_method(request.method, "POST")
                return await search_everything(caller, request, self.cursors, from_body=True)
            case (name, *rest) if (type_ := caller.type_at(name)) is not None:
                return await self._answer_below(caller, type_, rest, request)
        raise refuse_path(request.segments)

    async def _answer_below(
        self, caller: Caller, type_: ResourceType, rest: Sequence[str], request: ScimRequest
    ) -> Answer:
        """The endpoint of a type, one of its resources, or a search in either."""
        match rest:
            case []:
                return await self._answer_type(caller, type_, request)
            case [*of, last] if last == SEARCH and len(of) <= 1:
                if request.method != "POST":
                    raise refuse_method(request.method, "POST")
                if of:
                    return await search_one(caller, type_, of[0], request, from_body=True)
                return await search(caller, type_, request, self.cursors, from_body=True)
            case [resource_id]:
                return await _answer_resource(caller, type_, resource_id, request)
        raise refuse_path(request.segments)

    def _features(self, caller: Caller) -> Features:
        """What is supported; events only where somebody hears of this tenant's changes."""
        if not self.has_hearers(caller.grant.tenant):
            return self.features
        return replace(self.features, event_uris=EVENT_URIS)

    async def _search_root(self, caller: Caller, request: ScimRequest) -> Answer:
        if request.method not in {"GET", "HEAD"}:
            raise refuse_method(request.method, "GET, HEAD")
        return await search_everything(caller, request, self.cursors, from_body=False)

    async def _answer_type(self, caller: Caller, type_: ResourceType, request: ScimRequest) -> Answer:
        match request.method:
            case "GET" | "HEAD":
                return await search(caller, type_, request, self.cursors, from_body=False)
            case "POST":
                return await resources.create(caller, type_, request)
        raise refuse_method(request.method, "GET, HEAD, POST")


async def _answer_me(caller: Caller, request: ScimRequest) -> Answer:
    """`/Me` is another name of the user that the token speaks for; what is answered names the user's own URL."""
    if caller.grant.me is None or USER not in caller.types:
        raise HttpRefusal(
            501,
            "This token speaks for an application and not for a person, so there is no /Me.",
            remedy="Use the resource's own URL, or make a token for a person with `provisor token create --me`.",
        )
    if request.method == "POST":
        raise HttpRefusal(501, "Nobody can register here by POST to /Me.", remedy="POST to /Users.")
    return await _answer_resource(caller, caller.types[USER], caller.grant.me, request)


async def _answer_resource(caller: Caller, type_: ResourceType, resource_id: str, request: ScimRequest) -> Answer:
    match request.method:
        case "GET" | "HEAD":
            if request.parameters().get("filter"):
                return await search_one(caller, type_, resource_id, request, from_body=False)
            return await resources.read(caller, type_, resource_id, request)
        case "PUT":
            return await resources.replace(caller, type_, resource_id, request)
        case "PATCH":
            return await resources.patch(caller, type_, resource_id, request)
        case "DELETE":
            return await resources.delete(caller, type_, resource_id, request)
    raise refuse_method(request.method, "GET, HEAD, PUT, PATCH, DELETE")


def create_scim_app(
    *,
    tokens: TokenStore,
    backend_for: BackendFor,
    types_for: Callable[[TokenGrant], Mapping[str, ResourceType]],
    clock: Clock,
    request_log: RequestLog,
    masking: Masking,
    metrics: Metrics,
    has_hearers: Callable[[str], bool],
    wake: Callable[[], None],
    rates: Rates | None = None,
    proxies: tuple[Network, ...] = (),
    base_url: str | None = None,
    cursor_key: bytes | None = None,
    documentation_uri: str | None = None,
) -> ScimApp:
    """The SCIM endpoint.

    `backend_for` gives the backend of a tenant that records its writes in a journal, `types_for` resource types by
    name. `has_hearers` says whether anybody hears of a tenant's changes; `wake` is called when there is something to
    hear. `proxies` are those whose `X-Forwarded-For` is believed. `base_url` is the endpoint's public URL, where the
    Host header does not tell it. `cursor_key` must be shared by processes that answer for one address; without one,
    cursors end with the process.
    """
    return ScimApp(
        tokens=tokens,
        backend_for=backend_for,
        types_for=types_for,
        cursors=Cursors(cursor_key or secrets.token_bytes(CURSOR_KEY_BYTES), clock),
        base_url=base_url,
        features=replace(FEATURES, documentation_uri=documentation_uri),
        clock=clock,
        journals=Journals(request_log, clock, masking, wake),
        metrics=metrics,
        has_hearers=has_hearers,
        rates=rates or Rates(),
        proxies=proxies,
    )
