"""The SCIM 2.0 client as a target (ports/target.py): how the engine reads and writes any application.

Building requests and reading answers are pure (`requests.py`, `answers.py`); sending is the channel's.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from random import random
from typing import Any
from uuid import uuid4

from provisor.connectors.scim.answers import (
    Reply,
    no_such_endpoint,
    not_scim,
    read_created,
    read_deleted,
    read_list,
    read_resource,
    read_updated,
)
from provisor.connectors.scim.authorization import authorize
from provisor.connectors.scim.channel import REQUEST_TIMEOUT_SECONDS, ScimChannel
from provisor.connectors.scim.listing import Listing
from provisor.connectors.scim.pacing import IN_FLIGHT_MAX, Pacer
from provisor.connectors.scim.refusals import INCOMPATIBLE_FILTER, refusal_code
from provisor.connectors.scim.requests import (
    ENDPOINTS,
    SCHEMAS,
    Request,
    count_request,
    create_request,
    delete_request,
    find_request,
    get_request,
    list_request,
    update_request,
)
from provisor.connectors.scim.tenant_url import parse_tenant_url
from provisor.model.answer import TargetAnswer
from provisor.model.credentials import Credentials
from provisor.model.errors import JobFailed, ResourceFailed
from provisor.model.operation import AttributeChange
from provisor.model.resource import Attributes, TargetResource
from provisor.ports.clock import Clock
from provisor.ports.http import HttpClient
from provisor.scim.flat import flatten

PAGE_SIZE = 100
TEST_PATIENCE_SECONDS = 10.0
NO_PATHS: frozenset[str] = frozenset()


class ScimTarget:
    """One SCIM endpoint. `rate` is the permitted requests per second, None for as fast as it answers.

    `pacer` shares one target's limits among several of these; `in_flight_max` and `rate` are then the pacer's own.
    Raises `Reject` for a Tenant URL that is none. Besides the port's errors, `find` and `get` raise `ResourceFailed`
    when the target refuses the question itself (a filter it does not understand).
    """

    def __init__(
        self,
        http: HttpClient,
        tenant_url: str,
        credentials: Credentials,
        clock: Clock,
        *,
        in_flight_max: int = IN_FLIGHT_MAX,
        rate: float | None = None,
        pacer: Pacer | None = None,
        page_size: int = PAGE_SIZE,
        timeout_seconds: float = REQUEST_TIMEOUT_SECONDS,
        new_id: Callable[[], str] = lambda: str(uuid4()),
        jitter: Callable[[], float] = random,
    ) -> None:
        self._tenant = parse_tenant_url(tenant_url)
        self._page_size = page_size
        self._proven: set[str] = set()
        self._new_id = new_id
        pacer = pacer or Pacer(clock, in_flight_max=in_flight_max, rate=rate, jitter=jitter)
        authorization = authorize(credentials, http, clock)
        self._channel = ScimChannel(
            http, self._tenant, authorization, clock, pacer, timeout_seconds=timeout_seconds, jitter=jitter
        )

    @property
    def requests(self) -> int:
        """Requests sent so far, retries included."""
        return self._channel.requests

    async def test_connection(self, matching_attribute: str) -> None:
        """Look for somebody who does not exist; only 200 with an empty list will do (engine spec §8.2).

        A person is waiting for the answer, so nothing is repeated and throttling is not waited out for long.
        """
        url = self._tenant.with_path(ENDPOINTS["User"]).partition("?")[0]
        request = find_request(self._tenant, "User", matching_attribute, self._new_id(), NO_PATHS)
        reply = await self._channel.send(request, attempts_max=1, patience_seconds=TEST_PATIENCE_SECONDS)
        if reply.status == 404:
            raise no_such_endpoint(url)
        try:
            page = read_list(self._allowed(reply, request, matching_attribute), url)
        except ResourceFailed as error:
            raise JobFailed(error.message, remedy=error.remedy, code=error.code) from error
        if page.resources or page.total:
            raise JobFailed(
                f"{url} finds somebody whose {matching_attribute} nobody has: it does not filter.",
                remedy=f"The target must support filters with eq on {matching_attribute}.",
                code=INCOMPATIBLE_FILTER,
            )

    async def count(self, kind: str) -> int | None:
        """How many there are; None when the target does not tell without listing them."""
        reply = await self._channel.send(count_request(self._tenant, kind))
        content = reply.content
        if not reply.is_success or not isinstance(content, dict) or "totalResults" not in content:
            return None
        return read_list(reply, self._url(kind)).total

    async def list_all(self, kind: str, paths: frozenset[str]) -> AsyncIterator[Sequence[TargetResource]]:
        """Everything, page by page. An endpoint that the target does not have counts as empty."""
        listing = Listing()
        while not listing.is_finished:
            request = list_request(
                self._tenant, kind, paths, count=self._page_size, start=listing.start, cursor=listing.cursor
            )
            reply = await self._channel.send(request)
            if reply.status in {204, 404} and listing.start == 1 and listing.cursor is None:
                return
            page = read_list(self._allowed(reply, request), self._url(kind))
            found = tuple(read_resource(kind, resource, paths) for resource in listing.accept(page))
            if found:
                yield found

    async def find(self, kind: str, attribute: str, value: Any, paths: frozenset[str]) -> Sequence[TargetResource]:
        """Those whose attribute equals the value; 404 and 204 mean nobody, as an empty list does."""
        request = find_request(self._tenant, kind, attribute, value, paths)
        reply = await self._channel.send(request)
        if reply.status in {204, 404}:
            return ()
        page = read_list(self._allowed(reply, request, attribute), self._url(kind))
        return tuple(
            read_resource(kind, resource, paths)
            for resource in page.resources
            if _has_value(kind, resource, attribute, value)
        )

    async def get(self, kind: str, target_id: str, paths: frozenset[str]) -> TargetResource | None:
        """One resource, None when it is not there."""
        request = get_request(self._tenant, kind, target_id, paths)
        reply = await self._channel.send(request)
        if reply.status in {404, 410}:
            await self._prove_endpoint(kind)
            return None
        content = self._allowed(reply, request).content
        if not isinstance(content, dict):
            raise not_scim(reply, self._url(kind))
        return read_resource(kind, {**content, "id": target_id}, paths)

    async def create(self, kind: str, attributes: Attributes) -> TargetAnswer:
        """Send a new resource. Raises `AmbiguousWrite` when the answer was lost: look it up before repeating."""
        reply = await self._channel.send(create_request(self._tenant, kind, attributes))
        return read_created(kind, reply, attributes, self._url(kind))

    async def update(
        self, kind: str, target_id: str, changes: Sequence[AttributeChange], known: Collection[str] = ()
    ) -> TargetAnswer:
        """Send the differences only."""
        reply = await self._channel.send(update_request(self._tenant, kind, target_id, changes, known))
        if reply.status == 404:
            await self._prove_endpoint(kind)
        return read_updated(kind, reply, target_id, [change.attribute for change in changes])

    async def delete(self, kind: str, target_id: str) -> TargetAnswer:
        """Remove it; somebody already gone counts as done."""
        reply = await self._channel.send(delete_request(self._tenant, kind, target_id))
        if reply.status == 404:
            await self._prove_endpoint(kind)
        return read_deleted(reply, target_id)

    async def _prove_endpoint(self, kind: str) -> None:
        """A 404 means that one resource is gone only where its endpoint answers: under a wrong Tenant URL all are.

        Asked once, with a listing of nobody. Raises `JobFailed` when nothing is there, or something else is.
        """
        if kind in self._proven:
            return
        reply = await self._channel.send(count_request(self._tenant, kind))
        if reply.status in {404, 410}:
            raise no_such_endpoint(self._url(kind))
        if reply.is_success:
            read_list(reply, self._url(kind))
        self._proven.add(kind)

    def _url(self, kind: str) -> str:
        return self._tenant.base + ENDPOINTS[kind]

    def _allowed(self, reply: Reply, request: Request, attribute: str = "") -> Reply:
        """The reply to a question, if it is an answer to it."""
        if reply.is_success:
            return reply
        code = refusal_code(reply.status, reply.scim_type, reply.detail)
        where = request.url.partition("?")[0]
        if reply.status in {403, 405}:
            raise JobFailed(
                f"The target does not let us read {where} ({reply.said}).",
                remedy="Give the token the right to read and write users.",
                code=code,
            )
        if attribute:
            raise ResourceFailed(
                f"The target does not answer a search by {attribute} ({reply.said}).",
                remedy="Match by an attribute that the target can filter by, such as userName.",
                code=INCOMPATIBLE_FILTER,
            )
        raise ResourceFailed(
            f"The target does not answer a question to {where} ({reply.said}).",
            remedy="Look at the application's own log.",
            code=code,
        )


def _has_value(kind: str, resource: dict[str, Any], attribute: str, value: Any) -> bool:
    """Whether a search result is one: a target that ignores filters must not have us join a stranger.

    What the target does not show, or shows as a list, is believed.
    """
    shown = flatten(resource, (attribute,), schema=SCHEMAS[kind]).get(attribute)
    if not isinstance(shown, str | int):
        return True
    return str(shown).strip().casefold() == str(value).strip().casefold()
