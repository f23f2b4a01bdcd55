"""Who may ask: without a token, with a wrong one, and how that is said (RFC 7644 §2, RFC 6750)."""

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import (
    NotApplicable,
    expect,
    expect_error,
    expect_status,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.scene import Scene

CHECKS = CheckGroup("authentication", "Authentication")

NO_TOKEN: dict[str, str | None] = {"Authorization": None}
NOT_A_SCHEME = {"Authorization": "non-token"}
"""What Okta's SPEC test sends."""


@CHECKS.add(
    "none",
    "Nobody is let in without a token",
    asks="GET /Users without Authorization",
    expects="401, or 403",
    remedy="Ask for a token at every endpoint that shows or changes people.",
    rfc="RFC 7644 §2",
    points=("okta.wrong-credentials",),
    is_reading=True,
)
async def none(scene: Scene) -> None:
    expect_status(await _without_token(scene), 401, 403)


@CHECKS.add(
    "challenge",
    "A 401 says how to sign in",
    asks="GET /Users without Authorization",
    expects="a WWW-Authenticate header",
    remedy='Add `WWW-Authenticate: Bearer realm="…"` to every 401.',
    rfc="RFC 9110 §11.6.1, RFC 6750 §3",
    is_reading=True,
)
async def challenge(scene: Scene) -> None:
    answer = await _without_token(scene)
    if answer.status != 401:
        raise NotApplicable(f"it answers {answer.status} and not 401")
    expect(answer.header("www-authenticate"), "The 401 has no WWW-Authenticate header.", answer)


@CHECKS.add(
    "error-form",
    "A refusal to sign in is a SCIM error",
    asks="GET /Users without Authorization",
    expects="the error of RFC 7644 §3.12, as application/scim+json, with its status as text",
    remedy="Let the SCIM layer write the 401 too: a page in HTML tells a client nothing.",
    rfc="RFC 7644 §3.12",
    points=("common.6", "entra.media-type"),
    is_reading=True,
)
async def error_form(scene: Scene) -> None:
    answer = await _without_token(scene)
    if answer.status not in {401, 403}:
        raise NotApplicable(f"it answers {answer.status}")
    expect_error(answer, answer.status)
    expect(answer.media_type == "application/scim+json", f"The error is {answer.media_type or 'untyped'}.", answer)


@CHECKS.add(
    "bad-header",
    "A header that holds no token is 401 with a SCIM error",
    asks="GET /Users with `Authorization: non-token`",
    expects='401, a SCIM error with detail and the status "401"',
    remedy="Answer 401 to every Authorization header that you cannot use, in SCIM's form, with a detail.",
    points=("okta-spec.bad-authorization", "okta.wrong-credentials"),
    is_reading=True,
)
async def bad_header(scene: Scene) -> None:
    _need_token(scene)
    answer = expect_status(await scene.get(USERS, headers=NOT_A_SCHEME, count=1), 401)
    expect_error(answer, 401)
    expect(answer.resource.get("detail"), "The error has no `detail`.", answer)


@CHECKS.add(
    "wrong-token",
    "An unknown token is 401",
    asks="GET /Users with a bearer token that nobody issued",
    expects="401",
    remedy="Compare the whole token with those that you issued.",
    rfc="RFC 6750 §3.1",
    points=("okta.wrong-credentials", "okta.bearer"),
    is_reading=True,
)
async def wrong_token(scene: Scene) -> None:
    _need_token(scene)
    expect_status(await scene.get(USERS, headers={"Authorization": "Bearer no-such-token"}, count=1), 401)


@CHECKS.add(
    "scheme-case",
    "The word Bearer may be written in any case",
    asks="GET /Users with `Authorization: bearer TOKEN`",
    expects="200",
    remedy="Compare the scheme without regard to case.",
    severity=Severity.SHOULD,
    rfc="RFC 9110 §11.1",
    is_reading=True,
)
async def scheme_case(scene: Scene) -> None:
    await scene.populate()
    token = _need_token(scene)
    expect_status(await scene.get(USERS, headers={"Authorization": f"bearer {token}"}, count=1), 200)


@CHECKS.add(
    "write",
    "Nobody writes without a token",
    asks="POST /Users without Authorization",
    expects="401, or 403, and no user",
    remedy="Ask for a token before reading the body.",
    rfc="RFC 7644 §2",
)
async def write(scene: Scene) -> None:
    _need_token(scene)
    body = scene.samples.user(scene.belongings.new_name("eve"))
    expect_status(await scene.send("POST", USERS, body, headers=NO_TOKEN), 401, 403)


def _need_token(scene: Scene) -> str:
    token = scene.token
    if token is None:
        raise NotApplicable("the check was given no token")
    return token


async def _without_token(scene: Scene) -> Exchange:
    _need_token(scene)
    return await scene.get(USERS, headers=NO_TOKEN, count=1)
