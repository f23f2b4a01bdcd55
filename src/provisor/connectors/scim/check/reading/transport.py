"""HTTP beneath SCIM: media types, headers and URLs as clients really send them (RFC 7644 §3.1, §3.8)."""

import asyncio

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import expect, expect_list, expect_nothing, expect_status
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER
from provisor.connectors.scim.check.scene import Scene, encode_query, text

CHECKS = CheckGroup("transport", "Transport")

ANY_ACCEPT = (
    "*/*",
    "application/json, text/plain, */*",
    "APPLICATION/SCIM+JSON",
    "application/scim+json; charset=utf-8",
    None,
)
RATE = 25
"""Requests a second that Entra wants answered for each tenant."""


@CHECKS.add(
    "media-type",
    "Answers are application/scim+json",
    asks="GET /Users?count=1",
    expects="Content-Type: application/scim+json, with or without a charset",
    remedy="Set this content type on every answer with a body.",
    rfc="RFC 7644 §3.1",
    points=("entra.media-type",),
    is_reading=True,
)
async def media_type(scene: Scene) -> None:
    await scene.populate()
    answer = expect_status(await scene.get(USERS, count=1), 200)
    found = answer.header("content-type") or "missing"
    expect(answer.media_type == "application/scim+json", f"The content type is {found}.", answer)


@CHECKS.add(
    "accept-json",
    "application/json is accepted as a wish",
    asks="GET /Users?count=1 with `Accept: application/json`",
    expects="200",
    remedy="Take application/json as a wish for SCIM's own form.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.1",
    is_reading=True,
)
async def accept_json(scene: Scene) -> None:
    await scene.populate()
    expect_status(await scene.get(USERS, headers={"Accept": "application/json"}, count=1), 200)


@CHECKS.add(
    "accept-any",
    "Every usual Accept header is understood",
    asks="GET /Users?count=1 with `*/*`, `application/json, text/plain, */*`, capitals, a charset, and none",
    expects="200 each time, never 406",
    remedy="Do not choose by Accept: there is one form of answer.",
    severity=Severity.SHOULD,
    rfc="RFC 9110 §12.5.1",
    is_reading=True,
)
async def accept_any(scene: Scene) -> None:
    await scene.populate()
    for value in ANY_ACCEPT:
        expect_status(await scene.get(USERS, headers={"Accept": value}, count=1), 200)


@CHECKS.add(
    "content-type-json",
    "A body may be application/json",
    asks="POST /Users with `Content-Type: application/json`",
    expects="201",
    remedy="Read application/json like application/scim+json.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.1",
)
async def content_type_json(scene: Scene) -> None:
    body = scene.samples.user(scene.belongings.new_name("ada"))
    headers = {"Content-Type": "application/json"}
    expect_status(await scene.send("POST", USERS, body, headers=headers), 201, 200)


@CHECKS.add(
    "content-type-charset",
    "A content type may name its charset",
    asks="POST /Users with `Content-Type: application/scim+json; charset=utf-8`",
    expects="201",
    remedy="Compare the media type without its parameters.",
    rfc="RFC 7644 §3.1, RFC 9110 §8.3.1",
    points=("entra.create-user",),
)
async def content_type_charset(scene: Scene) -> None:
    body = scene.samples.user(scene.belongings.new_name("ada"))
    headers = {"Content-Type": "application/scim+json; charset=utf-8"}
    expect_status(await scene.send("POST", USERS, body, headers=headers), 201, 200)


@CHECKS.add(
    "content-type-other",
    "A body that is no JSON is refused",
    asks="POST /Users with `Content-Type: text/plain`",
    expects="415, or 400, and no user",
    remedy="Answer 415 to content types that you do not read.",
    severity=Severity.ADVICE,
    rfc="RFC 9110 §15.5.16",
)
async def content_type_other(scene: Scene) -> None:
    body = scene.samples.user(scene.belongings.new_name("ada"))
    expect_status(await scene.send("POST", USERS, body, headers={"Content-Type": "text/plain"}), 415, 400)


@CHECKS.add(
    "content-type-on-get",
    "A GET may carry a Content-Type",
    asks="GET /Users?count=1 with `Content-Type: application/scim+json; charset=utf-8`",
    expects="200",
    remedy="Ignore Content-Type where there is no body.",
    rfc="RFC 9110 §8.3",
    points=("okta.headers",),
    is_reading=True,
)
async def content_type_on_get(scene: Scene) -> None:
    await scene.populate()
    headers = {"Content-Type": "application/scim+json; charset=utf-8", "Accept-Charset": "utf-8"}
    expect_status(await scene.get(USERS, headers=headers, count=1), 200)


@CHECKS.add(
    "user-agents",
    "Clients are not told apart by User-Agent",
    asks="GET /Users?count=1 without User-Agent, and with Okta's",
    expects="200 each time",
    remedy="Exempt the SCIM path from rules against robots: Entra may send no User-Agent at all.",
    points=("entra.no-user-agent", "okta.headers"),
    is_reading=True,
)
async def user_agents(scene: Scene) -> None:
    await scene.populate()
    expect_status(await scene.send("GET", USERS, query="count=1", with_user_agent=False), 200)
    for agent in ("Okta SCIM Client 1.0.0", "OKTA SCIM Integration"):
        expect_status(await scene.get(USERS, headers={"User-Agent": agent}, count=1), 200)


@CHECKS.add(
    "unknown-parameters",
    "Unknown query parameters are ignored",
    asks="GET /Users?count=1&aadOptscim062020&nonsense=1",
    expects="200",
    remedy="Ignore parameters that you do not know: Entra's flag may travel with every request.",
    rfc="RFC 7644 §3.4.2",
    points=("entra.flag-ignored",),
    is_reading=True,
)
async def unknown_parameters(scene: Scene) -> None:
    await scene.populate()
    expect_status(await scene.send("GET", USERS, query="count=1&aadOptscim062020&nonsense=1"), 200)


@CHECKS.add(
    "spaces",
    "A space in a query is + or %20",
    asks="GET /Users?filter=userName+eq+%22…%22, and with %20",
    expects="200 and the same user each time",
    remedy="Decode the query as a form does.",
    rfc="RFC 7644 §3.4.2",
    points=("entra.match-username",),
    needs=(FILTER,),
    is_reading=True,
)
async def spaces(scene: Scene) -> None:
    somebody = await scene.somebody()
    for blank in ("%20", "+"):
        name = text(somebody["userName"]).replace('"', "%22").replace("+", "%2B").replace("&", "%26")
        answer = await scene.send("GET", USERS, query=f"filter=userName{blank}eq{blank}{name}")
        found = expect_list(answer)
        expect(somebody["id"] in {each.get("id") for each in found}, f"With {blank} nobody is found.", answer)


@CHECKS.add(
    "trailing-slash",
    "A slash at the end does no harm",
    asks="GET /Users/?count=1",
    expects="200, as without the slash",
    remedy="Treat /Users/ as /Users; do not redirect.",
    severity=Severity.ADVICE,
    rfc="RFC 7644 §3.2",
    is_reading=True,
)
async def trailing_slash(scene: Scene) -> None:
    await scene.populate()
    expect_status(await scene.get(f"{USERS}/", count=1), 200)


@CHECKS.add(
    "rate",
    "25 requests at once are answered",
    asks='25 times GET /Users?filter=userName eq "…", a few in flight at a time',
    expects="200 each time, never 429",
    remedy="Allow each tenant at least 25 requests a second: Entra slows down a job whose requests are refused.",
    severity=Severity.SHOULD,
    points=("entra.rate",),
    needs=(FILTER,),
    is_reading=True,
)
async def rate(scene: Scene) -> None:
    names = [scene.belongings.new_name("nobody") for _ in range(RATE)]
    queries = [encode_query({"filter": f"userName eq {text(name)}"}) for name in names]
    searches = (scene.send("GET", USERS, query=query, is_patient=False) for query in queries)
    for answer in await asyncio.gather(*searches):
        expect_nothing(answer)
