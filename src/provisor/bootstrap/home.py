"""One data folder, opened: stores, connections and the engine, made when first asked for."""

import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from functools import cached_property
from uuid import uuid4

from provisor.bootstrap.schema_files import load_resource_types
from provisor.bootstrap.sealing import check_key, open_secret_box
from provisor.config import Settings, prepare_data
from provisor.connectors.clock import SystemClock
from provisor.connectors.directory.source import DirectorySource
from provisor.connectors.http.client import GuardedHttpClient
from provisor.connectors.http.guard import AddressRules, check_url
from provisor.connectors.scim.target import ScimTarget
from provisor.connectors.telling.mail import MailCourier
from provisor.connectors.telling.mail_server import check_mail, read_mail_server
from provisor.connectors.telling.webhook import WebhookCourier
from provisor.console.signing_in import sign_in_url
from provisor.engine.notifying import Notifying
from provisor.engine.running import Engine
from provisor.gallery.synchronization.reading import read_rules
from provisor.gallery.templates import get_template
from provisor.model.credentials import ClientCredentials, Credentials, credentials_text, read_credentials
from provisor.model.job import Application, Profile
from provisor.model.rules import Rules
from provisor.ports.http import HttpClient
from provisor.ports.source import Source
from provisor.ports.target import Target
from provisor.scim.schema import ResourceType
from provisor.store.applications import SqlApplications
from provisor.store.database import Database
from provisor.store.directory import SqlDirectory
from provisor.store.installations import DatabaseInstallations
from provisor.store.migrating import upgrade_if_needed
from provisor.store.notices import SqlNotices
from provisor.store.people_index import DatabasePeopleIndex
from provisor.store.plans import SqlPlans
from provisor.store.records import SqlRecords
from provisor.store.request_log import SqlRequestLog
from provisor.store.sealed_secrets import SEALED_COLUMNS, list_sealed
from provisor.store.secret_box import AesSecretBox
from provisor.store.sessions import DatabaseSessions
from provisor.store.tokens import DatabaseTokenStore
from provisor.store.webhooks import SqlWebhooks
from provisor.store.work import SqlWork

ADMINISTRATOR = "global-administrator"
WEBHOOK_ANSWER_BYTES_MAX = 64 * 1024


def new_id() -> str:
    """A fresh random identifier."""
    return str(uuid4())


class Home:
    """One data folder, opened: stores and connections are made when first asked for. Close it."""

    def __init__(self, settings: Settings) -> None:
        prepare_data(settings)
        self.settings = settings
        self.clock = SystemClock()
        self._databases: dict[str, Database] = {}
        self._opened: list[Database] = []
        self._http: HttpClient | None = None
        self._webhook_http: HttpClient | None = None
        self._targets: dict[tuple[str, str, bytes], Target] = {}

    def database(self, service: str) -> Database:
        """The database of a service, with its tables up to date. Raises `Reject`, `Transient` or `Damaged`."""
        if service not in self._databases:
            database = Database(self.settings.service_url(service))
            self._opened.append(database)
            upgrade_if_needed(database.engine, service)
            self._databases[service] = database
        return self._databases[service]

    async def close(self) -> None:
        """Finish every write and close every connection."""
        for client in (self._http, self._webhook_http):
            if client is not None:
                await client.close()
        for database in self._opened:
            await database.close()

    @property
    def address_rules(self) -> AddressRules:
        """What outgoing requests may reach."""
        return AddressRules(allow_private=self.settings.allow_private)

    @property
    def http(self) -> HttpClient:
        """Outgoing HTTP, guarded."""
        if self._http is None:
            rules = self.address_rules
            self._http = GuardedHttpClient(rules=rules, ca_file=self.settings.ca_file, proxy=self.settings.proxy)
        return self._http

    @property
    def webhook_http(self) -> HttpClient:
        """The same for webhooks, whose answers nobody reads."""
        if self._webhook_http is None:
            self._webhook_http = GuardedHttpClient(
                rules=self.address_rules,
                ca_file=self.settings.ca_file,
                proxy=self.settings.proxy,
                answer_bytes_max=WEBHOOK_ANSWER_BYTES_MAX,
            )
        return self._webhook_http

    @cached_property
    def secret_box(self) -> AesSecretBox:
        """Seals secrets with the key of this installation, which is made on first use. Raises `Reject`."""
        return open_secret_box(self.settings.key_file, self._sealed_secrets)

    def check(self, services: Sequence[str]) -> str | None:
        """Try what processes of these services need, before one is started: databases, schema files, the key.

        Returns a warning where the key opens some secrets only. Raises `Reject`, `Transient` or `Damaged`.
        """
        for service in services:
            self.database(service)
        _ = self.resource_types
        return check_key(self.settings.key_file, self.secret_box, self._sealed_secrets())

    def _sealed_secrets(self) -> list[bytes]:
        return [one for service in SEALED_COLUMNS for one in list_sealed(self.database(service), service)]

    @cached_property
    def applications(self) -> SqlApplications:
        """Applications with their jobs."""
        return SqlApplications(self.database("engine"))

    @cached_property
    def work(self) -> SqlWork:
        """The state of the world, per job."""
        return SqlWork(self.database("engine"))

    @cached_property
    def records(self) -> SqlRecords:
        """Cycles and the provisioning log."""
        return SqlRecords(self.database("engine"))

    @cached_property
    def plans(self) -> SqlPlans:
        """What cycles would do, decided before anything is sent."""
        return SqlPlans(self.database("engine"))

    @cached_property
    def directory(self) -> SqlDirectory:
        """The embedded directory."""
        return SqlDirectory(self.database("engine"))

    @cached_property
    def sessions(self) -> DatabaseSessions:
        """Sign-in links and sessions of the console."""
        return DatabaseSessions(self.database("engine"))

    @cached_property
    def tokens(self) -> DatabaseTokenStore:
        """Bearer tokens."""
        return DatabaseTokenStore(self.database("scim"), self.clock)

    @cached_property
    def request_log(self) -> SqlRequestLog:
        """The log of the SCIM endpoint."""
        return SqlRequestLog(self.database("scim"))

    @cached_property
    def webhooks(self) -> SqlWebhooks:
        """Webhooks that hear of changes at the SCIM endpoint."""
        return SqlWebhooks(self.database("scim"))

    @cached_property
    def resource_types(self) -> Mapping[str, ResourceType]:
        """The resource types of the embedded SCIM store by name. Raises `Reject` with every fault of a schema file."""
        return load_resource_types(self.settings.schema_folder)

    @cached_property
    def installations(self) -> DatabaseInstallations:
        """Freshservice accounts that a token speaks for."""
        return DatabaseInstallations(self.database("scim"))

    @cached_property
    def people_index(self) -> DatabasePeopleIndex:
        """What is known of the people in those accounts."""
        return DatabasePeopleIndex(self.database("scim"))

    @cached_property
    def notices(self) -> SqlNotices:
        """Who is told about an application, and what was told."""
        return SqlNotices(self.database("engine"))

    @cached_property
    def notifying(self) -> Notifying:
        """Telling people, by mail and by webhook."""
        settings = self.settings
        server = read_mail_server(settings.smtp_url) if settings.smtp_url else None
        mail = MailCourier(server, settings.smtp_from, ca_file=settings.ca_file)
        couriers = (mail, WebhookCourier(self.http))
        return Notifying(self.notices, self.work, couriers, self.clock, self.secret_box.open)

    async def set_notices(
        self,
        app_id: str,
        *,
        mails: Sequence[str] | None = None,
        is_enabled: bool | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
    ) -> None:
        """Check and store who is told about an application. Raises `Reject` for addresses that cannot be."""
        for mail in mails or ():
            check_mail(mail)
        if webhook_url:
            check_url(webhook_url, self.address_rules)
        sealed = self.secret_box.seal(webhook_secret) if webhook_secret else None
        await self.notices.set_settings(
            app_id, mails=mails, is_enabled=is_enabled, webhook_url=webhook_url, sealed_webhook_secret=sealed
        )

    @cached_property
    def engine(self) -> Engine:
        """Everything that runs cycles."""
        return Engine(
            applications=self.applications,
            work=self.work,
            records=self.records,
            plans=self.plans,
            clock=self.clock,
            connect=self.connect,
            rules_of=self.rules_of,
            new_id=new_id,
            random=secrets.randbelow,
            owner=process_name(),
            is_alive=is_alive,
            notifying=self.notifying,
        )

    async def connect(self, app: Application) -> tuple[Source, Target]:
        """The two ends of a job."""
        sealed = await self.applications.sealed_token(app.id)
        credentials = read_credentials(self.secret_box.open(sealed)) if sealed else None
        return DirectorySource(self.directory, app.id), self.target(app.tenant_url, credentials)

    def target(self, tenant_url: str, credentials: Credentials) -> Target:
        """A SCIM target."""
        return ScimTarget(self.http, tenant_url, credentials, self.clock)

    async def sign_in_link(self, base_url: str, person: str = "administrator") -> str:
        """A one-time link to the console for an administrator."""
        token = await self.sessions.create_link(person=person, role=ADMINISTRATOR, now=self.clock.now())
        return sign_in_url(base_url, token)

    async def rules_of(self, app: Application) -> Rules:
        """The rules of an application, as stored."""
        return read_rules(await self.applications.schema(app.id))

    async def create_application(self, template_id: str, name: str | None) -> Application:
        """A new application from the gallery. Raises `NotFound` or `Conflict`."""
        template = get_template(template_id)
        app_id = new_id()
        app = Application(
            id=app_id,
            job_id=f"{template.id}.{app_id.replace('-', '')}.{new_id()}",
            name=name or template.name,
            template=template.id,
            profile=Profile.DEFAULT,
            created=self.clock.now(),
        )
        await self.applications.add(app, template.schema)
        return app

    async def set_credentials(self, app: Application, tenant_url: str, credentials: Credentials) -> None:
        """Check the form of a Tenant URL and store it with the sealed credentials. Raises `Reject`."""
        self.target(tenant_url, credentials)
        check_url(tenant_url, self.address_rules)
        if isinstance(credentials, ClientCredentials):
            check_url(credentials.token_url, self.address_rules)
        sealed = self.secret_box.seal(credentials_text(credentials)) if credentials is not None else None
        await self.applications.set_credentials(app.id, tenant_url, sealed)


def process_name() -> str:
    """Host, process id and its start, so that a number that is used again is told apart."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Whether the process of a lease may still run; of another host nothing is known."""
    host, pid, started = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """When a process began, in the kernel's own clock; empty where it does not tell."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - not a file of ours
            return file.read().rpartition(")")[2].split()[19]
    except OSError:
        return ""
