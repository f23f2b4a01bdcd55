"""Servers that do whole kinds of requests wrong. Each fails many checks: together with the faults, every one."""

import re
from dataclasses import replace

from asgi import Heard
from faulty_scim import SCIM, Asked, Fault, Forward, empty, listed, refused, said, with_resources

CRUDE: dict[str, tuple[Fault, tuple[str, ...]]] = {}
"""The fault, and the groups of checks to run against it."""
PATCHED = ("patch", "patch-lists", "patch-refusals", "entra", "leaving", "groups", "members", "versions", "projection")
SEARCHED = ("searches", "filters", "search", "paging", "sorting", "transport", "errors", "groups", "leaving")
WHOLE = ("users", "values", "projection", "put", "groups", "members", "versions")
DISCOVERED = ("discovery", "schemas", "cursors", "errors")


def crude(*groups: str):
    """Register the function below."""

    def register(function: Fault) -> Fault:
        CRUDE[function.__name__] = (function, groups)
        return function

    return register


@crude(*PATCHED)
async def patch_does_nothing(asked: Asked, forward: Forward) -> Heard:
    return empty() if asked.method == "PATCH" else await forward(asked)


@crude(*PATCHED)
async def patch_breaks(asked: Asked, forward: Forward) -> Heard:
    return refused(500) if asked.method == "PATCH" else await forward(asked)


@crude("put", "groups", "leaving", "projection", "bulk", "users")
async def put_does_nothing(asked: Asked, forward: Forward) -> Heard:
    if asked.method != "PUT":
        return await forward(asked)
    return await forward(replace(asked, method="GET", raw=b"", body=None))


@crude("put", "groups", "leaving", "projection", "errors", "users")
async def put_breaks(asked: Asked, forward: Forward) -> Heard:
    return refused(500) if asked.method == "PUT" else await forward(asked)


@crude(*SEARCHED)
async def filters_are_ignored(asked: Asked, forward: Forward) -> Heard:
    return await forward(asked.with_filter("id pr") if asked.filter else asked)


@crude(*SEARCHED)
async def searches_break(asked: Asked, forward: Forward) -> Heard:
    is_search = asked.path.endswith("/.search") or (asked.method == "GET" and asked.path in {"/Users", "/Groups"})
    is_first = asked.query == {"count": "1"}
    return refused(500) if is_search and not is_first else await forward(asked)


@crude(*WHOLE)
async def reads_show_little(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if asked.method != "GET" or not re.match(r"/(Users|Groups)/", asked.path) or heard.status != 200:
        return heard
    return said(heard, {"id": heard.json["id"], "secret": "x"}, etag=f'"{len(asked.query)}"')


@crude(*WHOLE, "transport", "errors")
async def writes_break(asked: Asked, forward: Forward) -> Heard:
    return refused(500) if asked.method in {"POST", "PUT"} else await forward(asked)


@crude("users", "values", "groups", "put", "patch-refusals", "bulk", "errors", "discovery", "filters", "paging")
async def everything_succeeds(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status < 400 or heard.status == 401:
        return heard
    return Heard(200, {"content-type": SCIM}, b'{"id": "made-up", "Operations": [], "totalResults": 0}')


@crude(*DISCOVERED)
async def discovery_breaks(asked: Asked, forward: Forward) -> Heard:
    is_discovery = asked.path.startswith(("/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Me", "/Nothing"))
    return refused(500) if is_discovery else await forward(asked)


@crude("users", "leaving", "groups", "members", "bulk")
async def nothing_goes(asked: Asked, forward: Forward) -> Heard:
    return empty() if asked.method == "DELETE" else await forward(asked)


@crude("bulk")
async def bulk_breaks(asked: Asked, forward: Forward) -> Heard:
    return refused(500) if asked.path == "/Bulk" else await forward(asked)


@crude("paging", "cursors", "sorting", "groups", "searches")
async def lists_in_disorder(asked: Asked, forward: Forward) -> Heard:
    heard = await forward(asked)
    if heard.status != 200 or not listed(heard):
        return heard
    shuffled = listed(heard)[::-1] if len(listed(heard)) % 2 else listed(heard)[1:] + listed(heard)[:1]
    return with_resources(heard, shuffled * 2)
