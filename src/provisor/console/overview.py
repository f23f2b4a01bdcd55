"""The page `/`: every application with its current cycle, and the provisioning log; and `/log/{id}`, one entry."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from shlex import quote

from starlette.requests import Request
from starlette.responses import Response

from provisor.console.guarding import Visitor
from provisor.console.log_filter import PAGE_SIZE, LogFilter, read_filter
from provisor.console.rendering import Pages
from provisor.console.watching import Standing, Watch
from provisor.model.errors import NotFound
from provisor.model.job import Application, JobStatus
from provisor.model.log import LogEntry
from provisor.policy.access import Action, is_allowed, reaches_every_application
from provisor.ports.clock import Clock
from provisor.ports.records import RecordStore


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do now, and the command that does it."""

    text: str
    command: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of the log, as filtered."""

    filter: LogFilter
    entries: Sequence[LogEntry]
    has_more: bool


class Overview:
    """Endpoints for those who are signed in."""

    def __init__(self, watch: Watch, records: RecordStore, clock: Clock, pages: Pages) -> None:
        self._watch = watch
        self._records = records
        self._clock = clock
        self._pages = pages

    async def show(self, request: Request, visitor: Visitor) -> Response:
        """`GET /`."""
        standings = await self.standings(visitor)
        log = await self._log(read_filter(request.query_params), standings, visitor)
        apps = {standing.app.id: standing.app.name for standing in standings}
        return self._pages.page(
            "overview.html",
            title="Provisioning",
            visitor=visitor,
            status_html=self.status(standings, visitor),
            log=log,
            apps=apps,
        )

    async def show_entry(self, request: Request, visitor: Visitor) -> Response:
        """`GET /log/{id}`."""
        entry = await self._records.entry(request.path_params["entry_id"])
        names = {standing.app.id: standing.app.name for standing in await self.standings(visitor)}
        if entry.app_id not in names:
            raise NotFound("There is no such log entry.")
        return self._pages.page(
            "entry.html",
            title=f"{entry.person}: log entry",
            visitor=visitor,
            entry=entry,
            app_name=names[entry.app_id],
        )

    async def standings(self, visitor: Visitor) -> Sequence[Standing]:
        """The applications that concern this person. Owners are not recorded yet, so an owner sees none."""
        if not reaches_every_application(visitor.session.role):
            return ()
        return (await self._watch.look()).standings

    def status(self, standings: Sequence[Standing], visitor: Visitor) -> str:
        """The part of the page that follows what happens, as HTML."""
        may_act = is_allowed(visitor.session.role, Action.CONFIGURE_PROVISIONING)
        shown = [(standing, next_step(standing.app) if may_act else None) for standing in standings]
        return self._pages.text("status.html", standings=shown, may_act=may_act, quoted=quote)

    async def _log(self, wanted: LogFilter, standings: Sequence[Standing], visitor: Visitor) -> LogPage:
        known = {standing.app.id for standing in standings}
        if wanted.app_id not in known:
            wanted = replace(wanted, app_id="")
        if not known or not is_allowed(visitor.session.role, Action.VIEW_LOG):
            return LogPage(wanted, (), has_more=False)
        found = await self._records.entries(wanted.query(self._clock.now()))
        return LogPage(wanted, found[:PAGE_SIZE], has_more=len(found) > PAGE_SIZE)


def next_step(app: Application) -> NextStep | None:
    """What an application waits for, if for anything."""
    name = quote(app.name)
    match app.status:
        case JobStatus.NOT_CONFIGURED:
            return NextStep(
                "It needs Admin Credentials: the Tenant URL of its SCIM endpoint and the Secret Token.",
                f"provisor credentials set {name} --url TENANT_URL --token-env VARIABLE",
            )
        case JobStatus.NOT_RUN:
            return NextStep("No cycle has run yet. Start the first one by hand:", f"provisor run {name}")
        case JobStatus.PAUSED:
            return NextStep(
                "Cycles run only when somebody starts them. To run them by themselves:", f"provisor start {name}"
            )
        case JobStatus.QUARANTINE:
            return NextStep("Once the cause is mended, do not wait for the next retry:", f"provisor run {name}")
        case JobStatus.ACTIVE:
            return None
