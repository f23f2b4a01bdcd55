"""Telling people: settings and memory on both databases; mail through a real SMTP server; webhooks by real HTTP."""

import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from clocks import START, TurnedClock
from other_side import client_of, web_server

from certificates import make_certificate
from provisor.connectors.telling.mail import MailCourier
from provisor.connectors.telling.mail_server import MailServer, read_mail_server
from provisor.connectors.telling.webhook import WebhookCourier
from provisor.engine.notifying import Notifying
from provisor.model.errors import Reject, Transient
from provisor.model.escrow import Escrow
from provisor.model.job import Application
from provisor.model.notice import Notice, NoticeKind, NoticeSettings
from provisor.ports.notices import Recipients
from provisor.store.notices import SqlNotices

NOTICE = Notice(NoticeKind.QUARANTINE, "r", "app", "Desk", "Provisor: Desk\nis in quarantine", ("Åsa waits.",), START)
TO = Recipients(mails=("frank@contoso.example", "grace@contoso.example"))


async def test_settings_change_one_by_one(database) -> None:
    """What is not given stays; another webhook origin forgets the secret that was given for the old one."""
    store = SqlNotices(database)
    assert await store.settings("app") == NoticeSettings()
    await store.set_settings("app", mails=["frank@contoso.example"])
    await store.set_settings("app", webhook_url="https://a.example/x", sealed_webhook_secret=b"sealed")
    await store.set_settings("app", webhook_url="https://a.example/y", is_enabled=False)
    settings = await store.settings("app")
    assert settings == NoticeSettings(("frank@contoso.example",), False, "https://a.example/y", True)
    assert not settings.reaches_somebody
    await store.set_settings("app", webhook_url="https://b.example/y")
    assert await store.sealed_webhook_secret("app") is None


async def test_what_was_told_is_remembered_until_it_is_over(database) -> None:
    """By application and kind."""
    store = SqlNotices(database)
    await store.remember(NOTICE)
    assert (await store.told("app"))[NoticeKind.QUARANTINE].at == START
    assert not await store.told("other")
    await store.settle("app", [NoticeKind.QUARANTINE])
    assert not await store.told("app")


class Mailbox:
    """What a real SMTP server received."""

    def __init__(self) -> None:
        self.received = []

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.received.append((session.ssl is not None, envelope))
        return "250 kept"


class Refusing:
    """A server that takes nothing."""

    async def handle_DATA(self, _server, _session, _envelope):  # noqa: N802 - aiosmtpd's name
        return "554 not here"


@pytest.fixture
def tls(tmp_path) -> tuple[ssl.SSLContext, object]:
    """A certificate for localhost."""
    return make_certificate(tmp_path, "localhost")


@pytest.fixture
def mailbox(tls) -> Iterator[tuple[Controller, Mailbox]]:
    """An SMTP server on loopback that insists on STARTTLS and on a password."""
    box = Mailbox()

    def check(_server, _session, _envelope, _mechanism, given):
        return AuthResult(success=given.login == b"provisor" and given.password == b"p@ss", handled=False)

    server = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=tls[0],
        require_starttls=True,
        authenticator=check,
        auth_required=True,
    )
    server.start()
    yield server, box
    server.stop()


def free_port() -> int:
    """A port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server_at(port: int, password: str = "p@ss") -> MailServer:
    """The mail server as configured for a host that is not this machine: STARTTLS first."""
    return MailServer("localhost", port, is_tls=False, wants_starttls=True, user="provisor", password=password)


async def test_a_mail_arrives_encrypted_and_whole(mailbox, tls) -> None:
    """STARTTLS and the password before anything is said; one message to all; automatic; one line of subject."""
    server, box = mailbox
    await MailCourier(server_at(server.port), "provisor@contoso.example", ca_file=tls[1]).deliver(NOTICE, TO)
    ((was_tls, envelope),) = box.received
    mail = message_from_bytes(envelope.content)
    assert was_tls
    assert envelope.rcpt_tos == list(TO.mails)
    assert mail["Subject"] == "Provisor: Desk is in quarantine"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Åsa waits." in mail.get_payload(decode=True).decode()


async def test_a_wrong_password_and_an_unknown_authority_say_what_to_do(mailbox, tls) -> None:
    """And the password is in no message."""
    server, box = mailbox
    with pytest.raises(Reject, match="refuses the user name or password") as refused:
        await MailCourier(server_at(server.port, "wr0ng"), "a@b.example", ca_file=tls[1]).deliver(NOTICE, TO)
    with pytest.raises(Transient, match="certificate"):
        await MailCourier(server_at(server.port), "a@b.example").deliver(NOTICE, TO)
    assert "wr0ng" not in str(refused.value)
    assert not box.received


async def test_a_server_that_is_down_or_refuses_is_told_apart() -> None:
    """Down: tried again; refused: mend it; none configured: said only to whoever wants a mail."""
    server = Controller(Refusing(), hostname="127.0.0.1", port=free_port())
    server.start()
    plain = MailServer("127.0.0.1", server.port, is_tls=False, wants_starttls=False)
    with pytest.raises(Reject, match="554"):
        await MailCourier(plain, "a@b.example").deliver(NOTICE, TO)
    server.stop()
    with pytest.raises(Transient, match="cannot be reached"):
        await MailCourier(plain, "a@b.example").deliver(NOTICE, TO)
    with pytest.raises(Reject, match="PROVISOR_SMTP_URL"):
        await MailCourier(None, "a@b.example").deliver(NOTICE, TO)
    await MailCourier(None, "a@b.example").deliver(NOTICE, Recipients())


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, False, True)),
        ("smtp://127.0.0.1:25", MailServer("127.0.0.1", 25, False, False)),
        ("smtps://u:p%40ss@mail.example", MailServer("mail.example", 465, True, False, "u", "p@ss")),
    ],
)
def test_a_mail_server_is_one_url(url, server) -> None:
    """STARTTLS is insisted on everywhere but on this machine."""
    assert read_mail_server(url) == server


@pytest.mark.parametrize("url", ["mail.example", "http://u:secret@mail.example", "smtp://", "smtp://mail:port"])
def test_a_malformed_mail_server_is_refused_without_its_password(url) -> None:
    """The sentence says how to write it."""
    with pytest.raises(Reject, match="malformed") as error:
        read_mail_server(url)
    assert "secret" not in str(error.value)


async def test_a_webhook_is_signed_and_its_refusals_are_told_apart() -> None:
    """The signature covers the time and the body; 5xx and 429 are tried again, the rest is to be mended."""
    seen, statuses = [], iter([204, 503, 404])

    async def receive(request: web.Request) -> web.Response:
        seen.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response(status=next(statuses))

    async with web_server(receive) as port, client_of() as client:
        courier = WebhookCourier(client)
        to = Recipients(webhook_url=f"http://127.0.0.1:{port}/hook", webhook_secret="key")
        await courier.deliver(NOTICE, to)
        with pytest.raises(Transient, match="503"):
            await courier.deliver(NOTICE, to)
        with pytest.raises(Reject, match="404"):
            await courier.deliver(NOTICE, to)
    headers, body = seen[0]
    signed = headers["x-provisor-timestamp"].encode() + b"." + body
    assert headers["x-provisor-signature"] == "sha256=" + hmac.new(b"key", signed, hashlib.sha256).hexdigest()
    assert json.loads(body)["kind"] == "quarantine"
    assert json.loads(body)["text"] == "Åsa waits."


class Failing:
    """A courier whose way is blocked as long as `fault` is set."""

    def __init__(self) -> None:
        self.fault = Transient("The mail server cannot be reached.")
        self.carried = []

    async def deliver(self, notice: Notice, _to: Recipients) -> None:
        if self.fault:
            raise self.fault
        self.carried.append(notice)


class Work:
    """One failing person and nothing held."""

    async def staged_removals(self, _app_id, *, decision=None):
        return []

    async def escrows(self, _app_id):
        return [Escrow("e", "ada", "ada@contoso.example", "create", "Conflict", "Taken.", 1, START, START)]


async def test_a_way_that_fails_loses_nothing(database) -> None:
    """The reason stands in the settings; the next look tells what was not told, once."""
    store, courier = SqlNotices(database), Failing()
    await store.set_settings("app", mails=["frank@contoso.example"])
    notifying = Notifying(store, Work(), [courier], TurnedClock(), bytes.decode)
    app = Application("app", "job", "Desk", "freshservice")
    assert await notifying.notify(app) == 0
    assert "cannot be reached" in (await store.settings("app")).problem
    courier.fault = None
    assert await notifying.notify(app) == 1
    assert await notifying.notify(app) == 0
    assert (await store.settings("app")).problem == ""
    assert "Conflict" in courier.carried[0].lines[0]
