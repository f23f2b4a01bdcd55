"""Notices by mail, over SMTP (RFC 5321) with STARTTLS (RFC 3207) or TLS from the start."""

import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import aiosmtplib

from provisor.connectors.telling.mail_server import MailServer
from provisor.model.errors import Reject, Transient
from provisor.model.notice import Notice
from provisor.ports.notices import Recipients

TIMEOUT_SECONDS = 30.0
PERMANENT_REFUSAL = 500
"""SMTP replies from here on will not change by trying again."""
SIGNATURE = (
    "-- \nSent by Provisor, which provisions people for you. Change who is told with `provisor app set --notify`."
)


class MailCourier:
    """Hands a notice to a mail server, one message to all recipients.

    `server` None means that none is configured, which is told only to whoever wants a mail.
    """

    def __init__(
        self,
        server: MailServer | None,
        sender: str,
        *,
        ca_file: Path | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._server = server
        self._sender = sender
        self._ca_file = ca_file
        self._timeout_seconds = timeout_seconds

    async def deliver(self, notice: Notice, to: Recipients) -> None:
        """See the port."""
        if not to.mails:
            return
        if self._server is None:
            raise Reject(
                f"{notice.app_name} has addresses to notify, but no mail server is configured.",
                remedy="Set PROVISOR_SMTP_URL, such as smtp://user:password@mail.example.com:587.",
            )
        message = write_message(notice, self._sender, to.mails)
        place = f"The mail server {self._server.host}:{self._server.port}"
        try:
            await self._send(self._server, message)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Reject(
                f"{place} refuses the user name or password ({error.code}).",
                remedy="Correct them in PROVISOR_SMTP_URL; special characters are written %-encoded there.",
            ) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise Reject(
                f"{place} accepts none of the recipients.",
                remedy="Check the addresses given with --notify.",
            ) from error
        except aiosmtplib.SMTPResponseException as error:
            kind = Reject if error.code >= PERMANENT_REFUSAL else Transient
            raise kind(
                f"{place} does not take the message ({error.code}).",
                remedy="Look at its log, and at the sender's address (PROVISOR_SMTP_FROM).",
            ) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Transient(
                f"{place} cannot be reached ({_cause(error)}).",
                remedy="Check PROVISOR_SMTP_URL and that the server runs; it is tried again by itself.",
            ) from error

    async def _send(self, server: MailServer, message: EmailMessage) -> None:
        context = ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)
        if self._ca_file:
            context.load_default_certs()
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            use_tls=server.is_tls,
            start_tls=server.wants_starttls,
            tls_context=context if server.is_tls or server.wants_starttls else None,
            username=server.user,
            password=server.password,
            timeout=self._timeout_seconds,
        )


def write_message(notice: Notice, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """The mail: plain text, addressed to everybody, marked as automatic so that nobody's absence note answers it."""
    message = EmailMessage()
    message["Subject"] = " ".join(notice.subject.split())
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = format_datetime(notice.at)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    message["X-Provisor-Notice"] = notice.kind.value
    message.set_content("\n\n".join([*notice.lines, SIGNATURE]) + "\n")
    return message


def _cause(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError):
        return "its certificate is not trusted" if "CERTIFICATE_VERIFY_FAILED" in str(error) else "TLS fails"
    if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return "no answer in time"
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text[:200]
