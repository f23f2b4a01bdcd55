"""Errors (RFC 7644 §3.12): their form, and the status that each mistake of a client deserves."""

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import (
    NotApplicable,
    Wrong,
    expect,
    expect_error,
    expect_refused,
    expect_status,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER
from provisor.connectors.scim.check.scene import Scene, place

CHECKS = CheckGroup("errors", "Errors")

DEPTH = 2_000
TRACES = ("Traceback (most recent call last)", "at java.", "at System.", "<html", "<!doctype", "Exception in thread")


@CHECKS.add(
    "form",
    "An error has SCIM's form, with its status as text",
    asks="GET /Users/{an id that nobody has}",
    expects='404 with the schema of errors and `"status": "404"`',
    remedy='Write `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404", "detail": …}`.',
    rfc="RFC 7644 §3.12",
    points=("common.6", "okta-spec.error-status", "okta-spec.get-missing"),
    is_reading=True,
)
async def form(scene: Scene) -> None:
    expect_error(await scene.get(place(scene.invented())), 404)


@CHECKS.add(
    "media-type",
    "Errors are application/scim+json",
    asks="GET /Users/{an id that nobody has}",
    expects="Content-Type: application/scim+json",
    remedy="Set the content type of errors as of everything else.",
    rfc="RFC 7644 §3.1",
    points=("common.6", "entra.media-type"),
    is_reading=True,
)
async def media_type(scene: Scene) -> None:
    answer = await scene.get(place(scene.invented()))
    expect(answer.media_type == "application/scim+json", f"The error is {answer.media_type or 'untyped'}.", answer)


@CHECKS.add(
    "detail",
    "An error says what is wrong",
    asks="GET /Users/{an id that nobody has}",
    expects="a `detail` that people can read",
    remedy="Say in `detail` what was asked and why it fails.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.12",
    points=("okta-spec.get-missing",),
    is_reading=True,
)
async def detail(scene: Scene) -> None:
    answer = await scene.get(place(scene.invented()))
    expect(isinstance(answer.resource.get("detail"), str), "The error has no `detail`.", answer)


@CHECKS.add(
    "unknown-path",
    "An address that leads nowhere is 404 in SCIM's form",
    asks="GET /Nothing",
    expects="404 with a SCIM error, not the web server's page",
    remedy="Let the SCIM layer answer for every path below its root.",
    rfc="RFC 7644 §3.12",
    points=("common.6",),
    is_reading=True,
)
async def unknown_path(scene: Scene) -> None:
    expect_error(await scene.get("/Nothing"), 404)


@CHECKS.add(
    "method",
    "A method that makes no sense is refused",
    asks="PUT /Users",
    expects="405 (404 and 501 are understood), never a success",
    remedy="Answer 405 with an Allow header.",
    severity=Severity.SHOULD,
    rfc="RFC 9110 §15.5.6",
)
async def method(scene: Scene) -> None:
    expect_status(await scene.send("PUT", USERS, {}), 405, 404, 501)


@CHECKS.add(
    "no-json",
    "A body that cannot be read is 400 invalidSyntax",
    asks='POST /Users with `{"userName": `',
    expects="400, scimType invalidSyntax",
    remedy="Answer 400 invalidSyntax when the JSON breaks off; never 500.",
    rfc="RFC 7644 §3.12",
)
async def no_json(scene: Scene) -> None:
    expect_refused(await scene.send("POST", USERS, b'{"userName": '), 400, scim_type="invalidSyntax")


@CHECKS.add(
    "not-an-object",
    "A body that is no object is 400",
    asks="POST /Users with `[]`, with a text, and with nothing",
    expects="400 each time",
    remedy="Check that the body is an object before looking into it.",
    rfc="RFC 7644 §3.12",
)
async def not_an_object(scene: Scene) -> None:
    for body in (b"[]", b'"ada"', b""):
        expect_status(await scene.send("POST", USERS, body), 400)


@CHECKS.add(
    "too-deep",
    "JSON that is nested too deeply is refused",
    asks=f"POST /Users with {DEPTH:,} brackets within each other",
    expects="4xx, never 500",
    remedy="Bound the depth of JSON that you read.",
    rfc="RFC 7644 §3.12",
)
async def too_deep(scene: Scene) -> None:
    body = b'{"userName":' + b"[" * DEPTH + b"]" * DEPTH + b"}"
    answer = await scene.send("POST", USERS, body)
    expect(400 <= answer.status < 500, f"The status is {answer.status} instead of 4xx.", answer)


@CHECKS.add(
    "long-filter",
    "A filter that is very long does no harm",
    asks="GET /Users?filter=… with 300 conditions joined by `or`",
    expects="200, or 4xx, never 500",
    remedy="Bound the length of filters and the number of their terms.",
    rfc="RFC 7644 §3.12",
    needs=(FILTER,),
    is_reading=True,
)
async def long_filter(scene: Scene) -> None:
    terms = " or ".join(f'userName eq "nobody-{number}"' for number in range(300))
    answer = await scene.get(USERS, filter=terms)
    expect(answer.status < 500, f"The status is {answer.status}.", answer)


@CHECKS.add(
    "no-traces",
    "Errors do not show the server's inside",
    asks="requests with faulty ids, bodies and filters",
    expects="no stack trace and no page in HTML",
    remedy="Log details under a number, and show the number.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §7.5",
    is_reading=True,
)
async def no_traces(scene: Scene) -> None:
    for path, query in ((f"{USERS}/%00", ""), (f"{USERS}/..%2f..%2fetc", ""), (USERS, "filter=((((((")):
        answer = await scene.send("GET", path, query=query)
        body = answer.answer_body[:20_000].decode(errors="replace").lower()
        for trace in TRACES:
            if trace.lower() in body:
                raise Wrong(f"The answer to {path} holds {trace!r}.", answer)


@CHECKS.add(
    "me",
    "/Me is there, or says that it is not",
    asks="GET /Me",
    expects="200, a redirect (308), or 501, or 404",
    remedy="Answer 501 where a token stands for no person.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.11",
    is_reading=True,
)
async def me(scene: Scene) -> None:
    answer = await scene.get("/Me")
    if answer.status in {301, 302, 303, 307}:
        raise Wrong(f"The redirect is {answer.status}; the RFC wants 308.", answer)
    expect_status(answer, 200, 308, 501, 404, 403)


@CHECKS.add(
    "health-probe",
    "GET /Users/0 is a plain 404",
    asks="GET /Users/0",
    expects="404",
    remedy="Answer 404 to ids that nobody has, whatever they look like.",
    rfc="RFC 7644 §3.4.1",
    points=("others.ping-health",),
    is_reading=True,
)
async def health_probe(scene: Scene) -> None:
    answer = await scene.get(f"{USERS}/0")
    if answer.is_success:
        raise NotApplicable("there is a user with the id 0")
    expect_status(answer, 404)
