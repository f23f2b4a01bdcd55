"""Events on their way from the outbox to webhooks: in order, at least once, until they arrive or are given up.

Each webhook is served by itself, so that one that is slow or down holds up nobody else; and by one process at a time.
An event leaves the outbox in the transaction that notes its delivery: a crash in between sends it a second time, with
the same `jti`, and never loses it.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from provisor.model.errors import NotFound, ProvisorError
from provisor.ports.clock import Clock
from provisor.ports.http import HttpAnswer, HttpClient
from provisor.ports.secrets import SecretBox
from provisor.ports.webhooks import Delivery, Outcome, WaitingEvent, Webhook, WebhookStore
from provisor.scim.event_tokens import MEDIA_TYPE, sign_claims, verification_claims

LOOK_EVERY_SECONDS = 1.0
"""How soon a webhook or a retry that is due is seen; a change in this process is seen at once."""
ATTEMPT_SECONDS = 10.0
"""How long a receiver may take."""
RETRY_SECONDS_FIRST = 1.0
RETRY_SECONDS_MAX = 3600.0
EVENT_HOURS_MAX = 72
"""An event that could not be delivered for so long is given up."""
REFUSALS_MAX = 5
"""An event that the receiver refuses as faulty is given up after so many attempts, so that others get past it."""
EVENTS_AT_ONCE = 50
CLAIM_SECONDS = 60.0
FINISH_SECONDS = 1.0
"""How long a delivery under way is waited for when the process stops."""

REFUSED = frozenset({400, 413, 415, 422})
GONE = 410

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one request: `status` None where nobody answered."""

    status: int | None
    error: str
    milliseconds: float
    retry_after_seconds: float = 0.0

    @property
    def is_delivered(self) -> bool:
        """RFC 8935 answers 202; any success will do."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Deliverer:
    """Delivers what waits. `owner` names this process, `is_alive` says whether one may still run.

    `note` is told of every outcome.
    """

    store: WebhookStore
    http: HttpClient
    secret_box: SecretBox
    clock: Clock
    owner: str
    is_alive: Callable[[str], bool]
    note: Callable[[Outcome], None] = lambda _outcome: None
    attempt_seconds: float = ATTEMPT_SECONDS
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _is_stopping: bool = False

    def wake(self) -> None:
        """Look now: a change has been written."""
        self._news.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is finished."""
        self._is_stopping = False
        try:
            while True:
                await self.start_due()
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), LOOK_EVERY_SECONDS)
        finally:
            await self._finish()

    async def start_due(self) -> None:
        """Serve each webhook whose time has come, unless it is being served."""
        now = self.clock.now()
        for webhook in await self.store.refresh():
            is_due = webhook.next_attempt is None or webhook.next_attempt <= now
            if webhook.disabled_at is None and is_due and webhook.id not in self._busy:
                task = asyncio.create_task(self._serve(webhook))
                self._busy[webhook.id] = task
                task.add_done_callback(partial(self._forget, webhook.id))

    def _forget(self, webhook_id: str, _task: "asyncio.Task[None]") -> None:
        self._busy.pop(webhook_id, None)

    async def serve(self, webhook: Webhook) -> None:
        """Send what waits for one webhook, until nothing does or an attempt fails."""
        claimed_until = now = self.clock.now()
        while events := await self.store.waiting(webhook.id, EVENTS_AT_ONCE):
            for event in events:
                if self._is_stopping:
                    return
                now = self.clock.now()
                if (claimed_until - now).total_seconds() < CLAIM_SECONDS / 2:
                    claimed_until = now + timedelta(seconds=CLAIM_SECONDS)
                    if not await self._claim(webhook, now, claimed_until):
                        return
                if not await self._deliver(webhook, event):
                    return
                webhook = await self.store.get(webhook.id)

    async def _claim(self, webhook: Webhook, now: datetime, until: datetime) -> bool:
        """Whether nobody else delivers; a process that is gone has no claim."""
        is_left = webhook.owner is not None and webhook.owner != self.owner and not self.is_alive(webhook.owner)
        gone = webhook.owner if is_left else None
        return await self.store.claim(webhook.id, self.owner, now=now, until=until, taking_over=gone)

    async def _serve(self, webhook: Webhook) -> None:
        try:
            await self.serve(webhook)
        except NotFound:  # removed meanwhile
            return
        except Exception:  # noqa: BLE001 - nobody waits for this task, and the next round tries again
            _log.exception("webhook_failed", webhook=webhook.id)

    async def _deliver(self, webhook: Webhook, event: WaitingEvent) -> bool:
        """Try one event and store what came of it; whether the next may follow."""
        claims = {**event.claims, "aud": webhook.url}
        attempt = await send(
            self.http, self.secret_box, self.clock, webhook, claims, timeout_seconds=self.attempt_seconds
        )
        outcome = judge(attempt, webhook, event, self.clock.now())
        self.note(outcome)
        delivery = describe(webhook, event, attempt, outcome, self.clock.now())
        if attempt.status == GONE:
            await self.store.disable(self.clock.now(), delivery)
            return False
        if outcome is Outcome.FAILED:
            wait = max(retry_seconds(webhook.failures), attempt.retry_after_seconds)
            until = self.clock.now() + timedelta(seconds=min(wait, RETRY_SECONDS_MAX))
            await self.store.postpone(until, webhook.failures + 1, delivery)
            return False
        await self.store.settle(event.number, delivery)
        return True

    async def _finish(self) -> None:
        self._is_stopping = True
        tasks = list(self._busy.values())
        if tasks:
            await asyncio.wait(tasks, timeout=FINISH_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def send(
    http: HttpClient,
    secret_box: SecretBox,
    clock: Clock,
    webhook: Webhook,
    claims: Any,
    *,
    timeout_seconds: float = ATTEMPT_SECONDS,
) -> Attempt:
    """Send one token to a webhook. Whatever goes wrong is part of the answer."""
    began = clock.monotonic()
    headers = {"content-type": MEDIA_TYPE, "accept": "application/json"}
    try:
        if webhook.sealed_authorization is not None:
            headers["authorization"] = secret_box.open(webhook.sealed_authorization)
        token = sign_claims(claims, secret_box.open(webhook.sealed_key), webhook.id)
        answer = await http.request(
            "POST", webhook.url, headers=headers, body=token.encode(), timeout_seconds=timeout_seconds
        )
    except ProvisorError as fault:
        return Attempt(None, str(fault), (clock.monotonic() - began) * 1000)
    milliseconds = (clock.monotonic() - began) * 1000
    error = "" if 200 <= answer.status < 300 else f"The receiver answered {answer.status}."
    return Attempt(answer.status, error, milliseconds, _retry_after(answer))


async def send_trial(http: HttpClient, secret_box: SecretBox, clock: Clock, webhook: Webhook, issuer: str) -> Attempt:
    """Send an event that says nothing, to see whether events arrive."""
    claims = verification_claims(
        issuer=issuer,
        audience=webhook.url,
        identifier=secrets.token_hex(16),
        subject=webhook.id,
        issued_at=int(clock.now().timestamp()),
    )
    return await send(http, secret_box, clock, webhook, claims)


def judge(attempt: Attempt, webhook: Webhook, event: WaitingEvent, now: datetime) -> Outcome:
    """Whether an event has arrived, is tried again, or is given up."""
    if attempt.is_delivered:
        return Outcome.DELIVERED
    is_refused = attempt.status in REFUSED and webhook.failures + 1 >= REFUSALS_MAX
    is_old = now - event.created >= timedelta(hours=EVENT_HOURS_MAX)
    return Outcome.GIVEN_UP if is_refused or is_old or attempt.status == GONE else Outcome.FAILED


def retry_seconds(failures: int) -> float:
    """How long to wait after one more failure on top of so many."""
    return min(RETRY_SECONDS_FIRST * 2.0 ** min(failures, 30), RETRY_SECONDS_MAX)


def describe(webhook: Webhook, event: WaitingEvent, attempt: Attempt, outcome: Outcome, now: datetime) -> Delivery:
    """The entry in the list of deliveries."""
    claims = event.claims
    return Delivery(
        webhook_id=webhook.id,
        at=now,
        token_identifier=str(claims["jti"]),
        events=", ".join(name.rpartition("prov:")[2] for name in claims["events"]),
        subject=str(claims["sub_id"].get("uri", "")),
        outcome=outcome,
        status=attempt.status,
        error=attempt.error,
        attempt=webhook.failures + 1,
        milliseconds=attempt.milliseconds,
    )


def _retry_after(answer: HttpAnswer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), RETRY_SECONDS_MAX) if text.isdecimal() else 0.0
