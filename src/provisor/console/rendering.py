"""Pages and assets: templates with everything escaped, and the headers that every answer carries.

The policy lets a page load its own style sheet, script and event stream, and nothing from anywhere else; the console
works without internet. Pages are never stored; assets are addressed by their content and may be kept.
"""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from provisor.console import wording
from provisor.model.errors import NotFound
from provisor.ports.clock import Clock

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
ASSETS = ("console.css", "console.js", "icon.svg")
VERSION_LENGTH = 12


class Pages:
    """Renders templates. `notice` is shown on top of every page, where it says something."""

    def __init__(self, clock: Clock, notice: str = "") -> None:
        self._clock = clock
        self._assets = {name: _read(name) for name in ASSETS}
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("provisor.console", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(notice=notice, wording=wording, asset=self._address)
        for word in (wording.moment, wording.distance, wording.span, wording.number, wording.rate):
            self._templates.filters[word.__name__] = word

    def text(self, template: str, **values: Any) -> str:
        """A rendered template or part of one."""
        return self._templates.get_template(template).render(now=self._clock.now(), **values)

    def page(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> Response:
        """A whole page, with the headers of every page."""
        return HTMLResponse(self.text(template, **values), status, headers={**HEADERS, **(headers or {})})

    async def asset(self, request: Request) -> Response:
        """A style sheet, script or image. Open to everybody: the sign-in page needs them too."""
        name = str(request.path_params["name"])
        if name not in self._assets:
            return self.page("problem.html", 404, title="Not found", problem=NotFound("There is no such file."))
        kept = {"cache-control": "public, max-age=31536000, immutable"}
        media_type = MEDIA_TYPES[name.rpartition(".")[2]]
        return Response(self._assets[name], headers={**HEADERS, **kept}, media_type=media_type)

    def _address(self, name: str) -> str:
        version = hashlib.sha256(self._assets[name]).hexdigest()[:VERSION_LENGTH]
        return f"/static/{name}?v={version}"


def _read(name: str) -> bytes:
    return (files("provisor.console") / "static" / name).read_bytes()
