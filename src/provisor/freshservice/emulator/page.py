"""`GET /`: the people of the emulated desk on one plain page, rendered here, every value escaped.

No script and nothing from elsewhere: the policy allows the one style sheet by its hash and the search form.
"""

import base64
import hashlib
from importlib.resources import files

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from provisor.freshservice.emulator.answers import JsonObject
from provisor.freshservice.emulator.records.views import department_names
from provisor.freshservice.emulator.state import PEOPLE, State, emails_of

ROWS_PER_PAGE = 100
SEARCH_LENGTH_MAX = 100

_FOLDER = files("provisor.freshservice.emulator")
_STYLE = _FOLDER.joinpath("page.css").read_text()
_TEMPLATE = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True).from_string(
    _FOLDER.joinpath("page.html").read_text()
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def show_people(state: State, request: Request, *, is_allowed: bool) -> Response:
    """The page of people; for somebody without the key, a page that says how to get in."""
    if not is_allowed:
        body = _TEMPLATE.render(style=_STYLE, is_allowed=False)
        challenge = {"WWW-Authenticate": 'Basic realm="Freshservice emulator: the API key is the user name"'}
        return HTMLResponse(body, 401, {**_HEADERS, **challenge})
    search = request.query_params.get("search", "")[:SEARCH_LENGTH_MAX].strip()
    found = [person for person in state.people() if _matches(person, search.casefold())]
    found.sort(key=lambda person: (_name(person).casefold(), person["id"]))
    pages = max(1, -(-len(found) // ROWS_PER_PAGE))
    asked = request.query_params.get("page", "1")
    page = min(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("1000000") else 1, pages) or 1
    shown = found[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
    body = _TEMPLATE.render(
        style=_STYLE,
        is_allowed=True,
        rows=[_row(state, person) for person in shown],
        search=search,
        page=page,
        pages=pages,
        found=len(found),
        counts=_counts(state),
    )
    return HTMLResponse(body, headers=_HEADERS)


def _name(person: JsonObject) -> str:
    return " ".join(part for part in (person["first_name"], person["last_name"]) if part)


def _matches(person: JsonObject, folded: str) -> bool:
    return not folded or any(folded in text.casefold() for text in (_name(person), *emails_of(person)))


def _row(state: State, person: JsonObject) -> dict[str, str | bool]:
    manager = state.tables[PEOPLE].get(person["reporting_manager_id"])
    kind = "Requester"
    if person["is_agent"]:
        kind = "Occasional agent" if person["occasional"] else "Agent"
    return {
        "name": _name(person),
        "title": person["job_title"] or "",
        "kind": kind,
        "email": person["primary_email"] or "",
        "department": department_names(state, person) or "",
        "manager": "" if manager is None else _name(manager),
        "is_active": person["active"],
    }


def _counts(state: State) -> dict[str, int]:
    everybody = list(state.people())
    agents = sum(1 for person in everybody if person["is_agent"])
    return {
        "requesters": len(everybody) - agents,
        "agents": agents,
        "deactivated": sum(1 for person in everybody if not person["active"]),
    }
