"""Bulk requests (RFC 7644 §3.7), where the server announces them."""

from typing import Any

from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import (
    Blocked,
    NotApplicable,
    expect,
    expect_refused,
    expect_resource,
    expect_status,
    expect_value,
)
from provisor.connectors.scim.check.needs import BULK, GROUPS, PATCH, writable
from provisor.connectors.scim.check.scene import Resource, Scene, place
from provisor.scim.messages import BULK_REQUEST_SCHEMA, BULK_RESPONSE_SCHEMA
from provisor.scim.patch import PATCH_SCHEMA

CHECKS = CheckGroup("bulk", "Bulk requests")

PATH = "/Bulk"
OPERATIONS_MAX = 2_000
"""More than this are not sent to see them refused."""


@CHECKS.add(
    "create",
    "A bulk request creates several resources",
    asks="POST /Bulk with two POST operations",
    expects="200 and a BulkResponse: for each its method, bulkId, location and status 201",
    remedy="Answer with one result for each operation, in their order, with the client's bulkId.",
    rfc="RFC 7644 §3.7",
    needs=(BULK,),
)
async def create(scene: Scene) -> None:
    operations = [_post_user(scene, name) for name in ("one", "two")]
    answer, results = await _bulk(scene, *operations)
    expect(BULK_RESPONSE_SCHEMA in answer.resource.get("schemas", []), f"No {BULK_RESPONSE_SCHEMA}.", answer)
    for operation, result in zip(operations, results, strict=True):
        expect(result.get("bulkId") == operation["bulkId"], f"`bulkId` is {result.get('bulkId')!r}.", answer)
        expect(str(result.get("method")).upper() == "POST", f"`method` is {result.get('method')!r}.", answer)
        expect(result.get("location"), "A result has no `location`.", answer)
        _expect_result(answer, result, 201)


@CHECKS.add(
    "status-text",
    "Statuses in a bulk answer are texts",
    asks="POST /Bulk with one POST operation",
    expects='`"status": "201"`',
    remedy="Write the status as text, as in errors.",
    rfc="RFC 7644 §3.7",
    points=("common.7",),
    needs=(BULK,),
)
async def status_text(scene: Scene) -> None:
    answer, results = await _bulk(scene, _post_user(scene, "one"))
    found = results[0].get("status")
    expect(isinstance(found, str), f"`status` is {found!r}: it has to be a text.", answer)


@CHECKS.add(
    "forward",
    "A reference may come before what it refers to",
    asks="POST /Bulk: a group whose member is `bulkId:one`, then the user with the bulkId one",
    expects="both created, and the user is a member",
    remedy="Order the operations by their references before carrying them out.",
    rfc="RFC 7644 §3.7.2",
    points=("common.17",),
    needs=(BULK, GROUPS),
)
async def forward(scene: Scene) -> None:
    group, user = _post_group(scene, "desk", "one"), _post_user(scene, "one")
    answer, results = await _bulk(scene, group, user)
    for result in results:
        _expect_result(answer, result, 201)
    wanted = _identifier(results[1])
    members = await _members(scene, results[0])
    expect(members == [wanted], f"The members are {members!r} instead of the new user.", answer)


@CHECKS.add(
    "circular",
    "References may form a circle",
    asks="POST /Bulk: two groups, each a member of the other",
    expects="both created, and each a member of the other; 409 where that cannot be done",
    remedy="Create both without the references, then add them.",
    rfc="RFC 7644 §3.7.1",
    points=("common.17",),
    needs=(BULK, GROUPS),
)
async def circular(scene: Scene) -> None:
    answer, results = await _bulk(scene, _post_group(scene, "one", "two"), _post_group(scene, "two", "one"))
    statuses = [str(each.get("status")) for each in results]
    if "409" in statuses:
        raise NotApplicable("the server says that it cannot resolve circles (409)")
    for result in results:
        _expect_result(answer, result, 201)
    for result, other in (results, results[::-1]):
        members = await _members(scene, result)
        expect(members == [_identifier(other)], f"The members are {members!r}.", answer)


@CHECKS.add(
    "every-method",
    "A bulk request changes and deletes",
    asks="POST /Bulk: PUT and PATCH of a user, DELETE of another",
    expects="200, 200 or 204, and 204; then all three done",
    remedy="Support PUT, PATCH and DELETE in bulk requests.",
    rfc="RFC 7644 §3.7",
    needs=(BULK, PATCH, writable("displayName"), writable("title")),
)
async def every_method(scene: Scene) -> None:
    user, other = await scene.user(), await scene.user("chen")
    body = {**await scene.read(user), "displayName": "Ada King"}
    operation = {"op": "replace", "path": "title", "value": "Engineer"}
    answer, results = await _bulk(
        scene,
        {"method": "PUT", "path": place(user), "data": body},
        {
            "method": "PATCH",
            "path": place(user),
            "data": {"schemas": [PATCH_SCHEMA], "Operations": [operation]},
        },
        {"method": "DELETE", "path": place(other)},
    )
    for result, statuses in zip(results, ((200,), (200, 204), (204,)), strict=True):
        _expect_result(answer, result, *statuses)
    after = await scene.read(user)
    expect_value(after, "displayName", "Ada King")
    expect_value(after, "title", "Engineer")
    expect_status(await scene.get(place(other)), 404)


@CHECKS.add(
    "one-fails",
    "One that fails does not stop the others",
    asks="POST /Bulk: a user without userName, then a good one",
    expects="400 with a SCIM error in `response` for the first, 201 for the second",
    remedy="Go on after an error, and put the error into `response`.",
    rfc="RFC 7644 §3.7.3",
    needs=(BULK,),
)
async def one_fails(scene: Scene) -> None:
    bad = _post_user(scene, "bad", userName=None)
    answer, results = await _bulk(scene, bad, _post_user(scene, "good"))
    _expect_result(answer, results[0], 400)
    response = results[0].get("response")
    is_error = isinstance(response, dict) and response.get("status") in {"400", 400}
    expect(is_error, "The result that failed has no error in `response`.", answer)
    _expect_result(answer, results[1], 201)


@CHECKS.add(
    "fail-on-errors",
    "failOnErrors ends a request",
    asks='POST /Bulk with `"failOnErrors": 1`: a user without userName, then a good one',
    expects="one result, and no second user",
    remedy="Stop once that many operations have failed, and leave the rest out of the answer.",
    rfc="RFC 7644 §3.7",
    needs=(BULK,),
)
async def fail_on_errors(scene: Scene) -> None:
    bad, good = _post_user(scene, "bad", userName=None), _post_user(scene, "good")
    answer = await _send(scene, [bad, good], failOnErrors=1)
    results = answer.resource.get("Operations")
    expect(isinstance(results, list) and len(results) == 1, "There is more than the one result that failed.", answer)
    expect(not scene.made, "The second user was created all the same.", answer)


@CHECKS.add(
    "too-many",
    "Too many operations are refused",
    asks="POST /Bulk with one operation more than bulk.maxOperations",
    expects="413, and nothing is done",
    remedy="Answer 413, and name the limit in `detail`.",
    rfc="RFC 7644 §3.7.4",
    needs=(BULK,),
)
async def too_many(scene: Scene) -> None:
    limit = scene.announced.limit("bulk", "maxOperations")
    if not limit or limit > OPERATIONS_MAX:
        raise NotApplicable(f"maxOperations is {limit}")
    operation = {"method": "DELETE", "path": place(scene.invented())}
    expect_status(await _send(scene, [operation] * (limit + 1)), 413)


@CHECKS.add(
    "unknown-reference",
    "A reference to nothing fails",
    asks="POST /Bulk: a group whose member is `bulkId:nobody`",
    expects="4xx in the result, and no group",
    remedy="Fail the operation whose reference leads nowhere; 409 or 400.",
    rfc="RFC 7644 §3.7.2",
    needs=(BULK, GROUPS),
)
async def unknown_reference(scene: Scene) -> None:
    answer, results = await _bulk(scene, _post_group(scene, "desk", "nobody"))
    status = str(results[0].get("status"))
    expect(status.startswith("4"), f"The result's status is {status} instead of 4xx.", answer)


@CHECKS.add(
    "empty",
    "A bulk request without operations is refused",
    asks='POST /Bulk with `"Operations": []`, and without',
    expects="400",
    remedy="Answer 400 invalidSyntax.",
    rfc="RFC 7644 §3.7, §3.12",
    needs=(BULK,),
)
async def empty(scene: Scene) -> None:
    expect_refused(await _send(scene, []), 400)
    expect_refused(await scene.post(PATH, {"schemas": [BULK_REQUEST_SCHEMA]}), 400)


async def _send(scene: Scene, operations: list[Resource], **members: Any) -> Exchange:
    return await scene.post(PATH, {"schemas": [BULK_REQUEST_SCHEMA], **members, "Operations": operations})


async def _bulk(scene: Scene, *operations: Resource) -> tuple[Exchange, list[Resource]]:
    """A bulk request that is carried out, and a result for each operation."""
    answer = expect_status(await _send(scene, list(operations)), 200)
    results = answer.resource.get("Operations")
    expect(isinstance(results, list), "The answer has no `Operations`.", answer)
    assert isinstance(results, list)
    is_whole = len(results) == len(operations) and all(isinstance(each, dict) for each in results)
    expect(is_whole, f"{len(operations)} operations have {len(results)} results.", answer)
    return answer, results


def _expect_result(answer: Exchange, result: Resource, *statuses: int) -> None:
    found = str(result.get("status"))
    wanted = " or ".join(map(str, statuses))
    expect(found in {str(each) for each in statuses}, f"A result's status is {found} instead of {wanted}.", answer)


def _post_user(scene: Scene, name: str, **attributes: Any) -> Resource:
    data = scene.samples.user(scene.belongings.new_name(name), **attributes)
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": data}


def _post_group(scene: Scene, name: str, member: str) -> Resource:
    members = [{"value": f"bulkId:{member}"}]
    data = scene.samples.group(scene.belongings.new_name(name), members=members)
    return {"method": "POST", "path": "/Groups", "bulkId": name, "data": data}


def _identifier(result: Resource) -> str:
    return str(result.get("location", "")).rstrip("/").rpartition("/")[2]


async def _members(scene: Scene, result: Resource) -> list[Any]:
    identifier = _identifier(result)
    if not identifier:
        raise Blocked("the bulk answer does not say where the group is")
    group = await scene.get(place({"id": identifier, "meta": {"resourceType": "Group"}}))
    return [each.get("value") for each in expect_resource(group).get("members") or [] if isinstance(each, dict)]
