"""Bulk requests: many operations in one, each done whole or not at all (RFC 7644 §3.7).

Every operation takes the same way as a request of its own, with the same checks. One that fails does not stop the
others until `failOnErrors` of them have failed; those not done by then are missing from the answer.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from provisor.model.errors import Conflict, ProvisorError, Reject
from provisor.scim.messages import BULK_RESPONSE_SCHEMA, BulkOperation, read_bulk
from provisor.scim.patch import PATCH_SCHEMA
from provisor.server.bulk_plan import PlannedStep, find_creators, part, plan_bulk, references, resolve, resolve_text
from provisor.server.caller import Caller
from provisor.server.transport.answers import Answer, encode_json, json_answer
from provisor.server.transport.problems import answer_problem
from provisor.server.transport.requests import BODY_BYTES_MAX, ScimRequest

BULK_OPERATIONS_MAX = 1_000
BULK_PAYLOAD_BYTES_MAX = BODY_BYTES_MAX

Route = Callable[[Caller, ScimRequest], Awaitable[Answer]]
NOT_IN_BULK = frozenset({"Me", "Bulk", ".search"})
WITHOUT_JOINED = b"excludedAttributes=members,groups"
"""Nobody sees the resources, so what is costly need not be loaded."""


@dataclass(slots=True)
class _Bulk:
    """A bulk request while it is worked on. `waiting` holds what is added to a resource once a name has its id."""

    caller: Caller
    route: Route
    operations: Sequence[BulkOperation]
    creators: dict[str, int]
    ids: dict[str, str] = field(default_factory=dict)
    results: dict[int, dict[str, Any]] = field(default_factory=dict)
    waiting: list[tuple[int, str, str, dict[str, Any]]] = field(default_factory=list)
    errors: int = 0

    async def do(self, step: PlannedStep) -> None:
        """Do one operation and note its result."""
        operation = self.operations[step.index]
        parted = part(operation.data, step.postponed)
        try:
            self._check(step, operation)
            path, data = resolve_text(operation.path, self.ids), resolve(parted.data, self.ids)
            answer = await self._send(step.index, self._request(operation.method, path, data, operation.version))
        except ProvisorError as error:
            answer = answer_problem(error)
            path = operation.path
        self._note(step.index, operation, path, answer)
        if answer.status < 300 and operation.method == "POST" and operation.bulk_id:
            location = self.results[step.index]["location"]
            self.ids[operation.bulk_id] = location.rpartition("/")[2]
            self.waiting += [
                (step.index, name, location.removeprefix(self.caller.origin), later) for name, later in parted.later
            ]

    async def add_postponed(self) -> None:
        """Add the references that were left out, as far as their resources are there by now."""
        ready = [each for each in self.waiting if each[1] in self.ids]
        self.waiting = [each for each in self.waiting if each[1] not in self.ids]
        for index, _, path, operation in ready:
            body = {"schemas": [PATCH_SCHEMA], "Operations": [resolve(operation, self.ids)]}
            answer = await self._send(index, self._request("PATCH", path, body, None))
            if answer.status >= 300:
                self._fail(index, answer)
            else:
                self._note_version(index, answer)

    async def _send(self, index: int, request: ScimRequest) -> Answer:
        caller = self.caller.for_operation(index, request)
        try:
            answer = await self.route(caller, request)
        except ProvisorError as error:
            answer = answer_problem(error)
        caller.journal.close(answer)
        return answer

    def finish(self) -> None:
        """What still waits refers to resources that could not be made."""
        for index, name, _, _ in self.waiting:
            self._fail(index, answer_problem(_unresolved(name)))

    def _check(self, step: PlannedStep, operation: BulkOperation) -> None:
        segments = [each for each in operation.path.partition("?")[0].split("/") if each]
        if not segments or not NOT_IN_BULK.isdisjoint(segments):
            raise Reject(f"{operation.path[:200]} cannot be part of a bulk request.", code="invalidValue")
        if operation.method == "POST" and self.creators.get(operation.bulk_id or "") != step.index:
            raise Reject(f"The bulkId '{operation.bulk_id}' is used twice.", code="invalidValue")
        for name in references(operation) - step.postponed - self.ids.keys():
            if name not in self.creators:
                raise Reject(f"No operation has the bulkId '{name[:100]}'.", code="invalidValue")
            raise _unresolved(name)

    def _request(self, method: str, path: str, data: Any, version: str | None) -> ScimRequest:
        body = b"" if data is None else encode_json(data)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        return ScimRequest(
            method=method,
            segments=tuple(each for each in path.partition("?")[0].split("/") if each),
            query_string=WITHOUT_JOINED,
            headers={} if version is None else {"if-match": version},
            origin=self.caller.origin,
            receive=receive,
        )

    def _note(self, index: int, operation: BulkOperation, path: str, answer: Answer) -> None:
        result: dict[str, Any] = {"method": operation.method}
        if operation.bulk_id is not None:
            result["bulkId"] = operation.bulk_id
        headers = dict(answer.headers)
        if b"location" in headers:
            result["location"] = headers[b"location"].decode("latin-1")
        elif operation.method != "POST":
            result["location"] = f"{self.caller.origin}{path}"
        result["status"] = str(answer.status)
        self.results[index] = result
        if answer.status >= 300:
            self._fail(index, answer)
        else:
            self._note_version(index, answer)

    def _note_version(self, index: int, answer: Answer) -> None:
        version = dict(answer.headers).get(b"etag")
        if version is not None:
            self.results[index]["version"] = version.decode("latin-1")

    def _fail(self, index: int, answer: Answer) -> None:
        self.errors += 1
        self.results[index]["status"] = str(answer.status)
        self.results[index]["response"] = msgspec.json.decode(answer.body)


async def answer_bulk(caller: Caller, request: ScimRequest, route: Route) -> Answer:
    """Do the operations of a bulk request; 200 with a result for each that was tried."""
    wanted = read_bulk(await request.json(), BULK_OPERATIONS_MAX)
    bulk = _Bulk(caller, route, wanted.operations, find_creators(wanted.operations))
    for step in plan_bulk(wanted.operations):
        await bulk.do(step)
        await bulk.add_postponed()
        if wanted.errors_max is not None and bulk.errors >= wanted.errors_max:
            break
    bulk.finish()
    results = [bulk.results[index] for index in sorted(bulk.results)]
    return json_answer({"schemas": [BULK_RESPONSE_SCHEMA], "Operations": results})


def _unresolved(name: str) -> Conflict:
    return Conflict(f"The resource that bulkId '{name[:100]}' stands for could not be made.", code="")
