"""`provisor scim log`: what clients asked of the SCIM endpoint, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import typer

from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption
from provisor.cli.logs import read_since
from provisor.cli.printing import Format, print_rows
from provisor.cli.scim import group
from provisor.cli.session import run_in_home
from provisor.cli.shapes import iso
from provisor.cli.tenants import find_tenant, tenant_names
from provisor.model.errors import Reject
from provisor.ports.request_log import SHOWN_DEFAULT, LoggedRequest, RequestQuery
from provisor.server.transport.requests import JSON_DEPTH_MAX, nests_deeper

COLUMNS = ("time", "app", "token", "method", "path", "status", "decision")
CSV_COLUMNS = (
    *(
        "time",
        "id",
        "app",
        "token",
        "address",
        "userAgent",
        "method",
        "path",
        "resource",
        "query",
        "status",
        "scimType",
    ),
    *("decision", "before", "after", "body", "milliseconds"),
)


@group.command("log")
def log(
    context: typer.Context,
    app: Annotated[str | None, typer.Option("--app", help="Only of this application; of all without.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="2h, 7d, or an ISO date.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="As --since: nothing that is younger.")] = None,
    status: Annotated[str | None, typer.Option("--status", help="404, or 4xx for all from 400 to 499.")] = None,
    method: Annotated[str | None, typer.Option("--method", help="GET, POST, PUT, PATCH or DELETE.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", help="The id of a resource.")] = None,
    token: Annotated[str | None, typer.Option("--token", help="The name or id of a token.")] = None,
    request: Annotated[str | None, typer.Option("--request", help="The id of a request; events call it txn.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="What stands in query, body, decision or values.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Requests at most; 0 for all.")] = SHOWN_DEFAULT,
    form: FormatOption = Format.TABLE,
) -> None:
    """The request log of the SCIM endpoint, newest first. Reads are in it within a second."""

    async def work(home: Home) -> tuple[Sequence[LoggedRequest], Mapping[str, str]]:
        now = home.clock.now()
        query = RequestQuery(
            tenant=await find_tenant(home, app) if app is not None else None,
            status=_read_status(status) if status else None,
            method=method.upper() if method else None,
            resource_id=resource,
            token=token,
            request_id=request,
            text=text,
            since=read_since(since, now) if since else None,
            until=read_since(until, now) if until else None,
            limit=limit,
        )
        return await home.request_log.entries(query), await tenant_names(home)

    found, names = run_in_home(context, work)
    columns = CSV_COLUMNS if form is Format.CSV else COLUMNS
    rows = [_row(each, names) for each in found]
    print_rows(rows, columns, form, json=[_shape(each, names) for each in found], empty="No requests.")


def _read_status(text: str) -> int:
    """404, or 4 for `4xx`. Raises `Reject`."""
    folded = text.strip().lower()
    digits = folded.removesuffix("xx")
    if digits.isdecimal() and len(digits) == (1 if folded.endswith("xx") else 3):
        return int(digits)
    raise Reject(f"{text!r} is no status of HTTP.", remedy="Write 404, or 4xx for all of that class.")


def _row(logged: LoggedRequest, names: Mapping[str, str]) -> dict[str, Any]:
    shape = _shape(logged, names)
    return {
        **shape,
        "time": logged.at.strftime("%Y-%m-%d %H:%M:%S"),
        "token": logged.token_name or logged.token_id,
        "path": logged.path.replace("{id}", logged.resource_id or "{id}"),
        "body": logged.body,
        "before": logged.before,
        "after": logged.after,
    }


def _shape(logged: LoggedRequest, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "time": iso(logged.at),
        "id": logged.id,
        "app": names.get(logged.tenant or "", logged.tenant),
        "tenant": logged.tenant,
        "token": None if logged.token_id is None else {"id": logged.token_id, "name": logged.token_name},
        "address": logged.address,
        "userAgent": logged.agent,
        "method": logged.method,
        "path": logged.path,
        "resource": logged.resource_id,
        "query": logged.query,
        "body": _json(logged.body),
        "status": logged.status,
        "scimType": logged.scim_type,
        "decision": logged.detail,
        "before": _json(logged.before),
        "after": _json(logged.after),
        "milliseconds": round(logged.milliseconds, 3),
    }


def _json(text: str | None) -> Any:
    """The value of a JSON text; the text itself where it was cut short, nests too deeply, or never was JSON."""
    if text is None:
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return text if nests_deeper(value, JSON_DEPTH_MAX) else value
