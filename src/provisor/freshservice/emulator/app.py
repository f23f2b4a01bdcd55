"""The emulator over HTTP: one ASGI application for one emulated account.

A call passes, in this order: the rate limits (failed calls count too), the key, injected faults, the media types
and the body, the handler, and the commit. It is answered only when what it changed is durable. Everything the
emulator says carries the header `X-Provisor-Emulator`, so that nobody mistakes it for the real desk.
"""

import base64
import binascii
from collections import Counter
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from provisor.freshservice.emulator.answers import (
    Answer,
    ApiError,
    Call,
    JsonObject,
    access_denied,
    not_found,
    refused,
)
from provisor.freshservice.emulator.faults import Faults, Mishaps
from provisor.freshservice.emulator.knobs import BODY_BYTES_MAX
from provisor.freshservice.emulator.limits import RateLimits
from provisor.freshservice.emulator.page import show_people
from provisor.freshservice.emulator.routes import ApiRoute, find_route
from provisor.freshservice.emulator.state import State

EMULATOR_HEADER = {"X-Provisor-Emulator": "freshservice"}
API_PREFIX = "/api/v2"
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


def create_emulator_app(state: State, faults: Faults | None = None) -> Starlette:
    """The application; `state` has been loaded and holds at least one key."""
    emulator = _Emulator(state, faults or Faults())
    return Starlette(
        routes=[
            Route(API_PREFIX + "/{path:path}", emulator.answer_call, methods=_METHODS),
            Route("/emulator/calls", emulator.show_calls, methods=["GET"]),
            Route("/emulator/flush", emulator.flush_index, methods=["POST"]),
            Route("/", emulator.show_page, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _show_unknown},
    )


class _Emulator:
    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._limits = RateLimits(state.knobs)
        self._mishaps = Mishaps(faults)
        self._calls: Counter[tuple[str, str]] = Counter()
        self._statuses: Counter[int] = Counter()
        self._since = state.now_text()

    async def answer_call(self, request: Request) -> Response:
        """One call of the API."""
        path = "/" + request.path_params["path"]
        route, ids, is_known = find_route(request.method, path)
        self._calls[request.method, route.path if route else "(unknown)"] += 1
        verdict = self._limits.admit(
            self._state.clock.monotonic(), route.listing if route else None, self._credit(request, route)
        )
        if verdict.may_go:
            answer = await self._answer(request, route, ids, is_known=is_known)
        else:
            answer = Answer(429, {"code": "rate_limit_exceeded", "message": "Too many calls in this minute."})
        self._statuses[answer.status] += 1
        return _to_response(answer, verdict.headers)

    async def _answer(self, request: Request, route: ApiRoute | None, ids: dict[str, int], *, is_known: bool) -> Answer:
        try:
            if self._state.is_broken:
                raise refused(500, "internal_error", "The emulator could not store a change and has to be restarted.")
            mishap = self._mishaps.draw()
            if mishap.delay_seconds:
                await self._state.clock.sleep(mishap.delay_seconds)
            owner = self._authenticate(request)
            if mishap.key_is_revoked:
                raise _not_logged_in()
            if mishap.fails_before:
                raise refused(500, "internal_error", "An injected fault: nothing was done.")
            if route is None:
                raise refused(405, "method_not_allowed", "This path takes other methods.") if is_known else not_found()
            body = await _read_body(request)
            call = Call(
                path=request.url.path,
                base_url=f"{request.url.scheme}://{request.url.netloc}",
                ids=ids,
                query=dict(request.query_params),
                body=body,
                owner_id=owner["id"],
            )
            answer = route.handler(self._state, call)
            await self._state.commit()
            if mishap.fails_after:
                raise refused(500, "internal_error", "An injected fault: the call was carried out.")
        except ApiError as error:
            return error.answer
        return answer

    def _authenticate(self, request: Request) -> JsonObject:
        key = _read_key(request)
        owner = None if key is None else self._state.key_owner(key)
        if owner is None:
            raise _not_logged_in()
        if owner["occasional"] and not self._state.knobs.occasional_keys_work:
            raise access_denied()
        return owner

    def _credit(self, request: Request, route: ApiRoute | None) -> int:
        if "include" not in request.query_params:
            return 1
        is_single = route is not None and "{" in route.path
        return 2 if is_single else self._state.knobs.include_credits_list

    async def show_calls(self, request: Request) -> Response:
        """How many calls there were, by method and path; itself not counted."""
        try:
            self._authenticate(request)
        except ApiError as error:
            return _to_response(error.answer, {})
        rows = [
            {"method": method, "path": path, "count": count} for (method, path), count in sorted(self._calls.items())
        ]
        statuses = {str(status): count for status, count in sorted(self._statuses.items())}
        writes = sum(count for (method, _), count in self._calls.items() if method not in {"GET", "HEAD", "OPTIONS"})
        total = self._calls.total()
        body = {"since": self._since, "total": total, "writes": writes, "statuses": statuses, "calls": rows}
        return _to_response(Answer(200, body), {})

    async def flush_index(self, request: Request) -> Response:
        """Let the search index catch up."""
        try:
            self._authenticate(request)
        except ApiError as error:
            return _to_response(error.answer, {})
        self._state.flush_index()
        return _to_response(Answer(204), {})

    async def show_page(self, request: Request) -> Response:
        """The people as an agent of the desk would see them; the browser asks for the key as user name."""
        is_allowed = self._state.knobs.is_page_open and request.url.hostname in {"127.0.0.1", "localhost", "::1"}
        if not is_allowed:
            try:
                self._authenticate(request)
            except ApiError:
                is_allowed = False
            else:
                is_allowed = True
        response = show_people(self._state, request, is_allowed=is_allowed)
        response.headers.update(EMULATOR_HEADER)
        return response


def _not_logged_in() -> ApiError:
    return refused(401, "invalid_credentials", "You have to be logged in to perform this action.")


def _read_key(request: Request) -> str | None:
    """The user name of HTTP Basic; any non-empty password does."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return key if key and password else None


async def _read_body(request: Request) -> JsonObject:
    accept = request.headers.get("accept", "*/*")
    if not any(kind in accept for kind in ("application/json", "application/*", "*/*")):
        raise refused(406, "not_acceptable", "Answers are application/json only.")
    if request.method not in {"POST", "PUT"}:
        return {}
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > BODY_BYTES_MAX:
            raise refused(413, "request_too_large", f"A body may have {BODY_BYTES_MAX} bytes at most.")
    if not chunks:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise refused(415, "unsupported_content_type", "The body has to be application/json.")
    try:
        body: Any = msgspec.json.decode(bytes(chunks))
    except msgspec.DecodeError:
        body = None
    if not isinstance(body, dict):
        raise refused(400, "invalid_json", "The body has to be a JSON object.")
    return body


def _to_response(answer: Answer, headers: dict[str, str]) -> Response:
    content = b"" if answer.body is None else msgspec.json.encode(answer.body)
    all_headers = {**EMULATOR_HEADER, **headers, **answer.headers, "Cache-Control": "no-store"}
    return Response(content, answer.status, all_headers, media_type="application/json" if content else None)


async def _show_unknown(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _to_response(Answer(status, {"code": "not_found", "message": "This is an emulator; see /api/v2."}), {})
