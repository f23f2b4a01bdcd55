"""Events on their way to a receiver on a real socket: signed, in order, at least once, with patience and its end."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from clocks import TurnedClock
from other_side import client_of, web_server

from provisor.ports.webhooks import Outcome, Webhook
from provisor.scim.event_tokens import VERIFICATION
from provisor.server.operating.delivering import (
    EVENT_HOURS_MAX,
    REFUSALS_MAX,
    RETRY_SECONDS_MAX,
    Deliverer,
    retry_seconds,
    send_trial,
)
from provisor.store.database import Database, sqlite_url
from provisor.store.encoding import time_text
from provisor.store.request_tables import outbox
from provisor.store.secret_box import AesSecretBox
from provisor.store.webhooks import SqlWebhooks

KEY = "a-key-that-both-ends-know"
BOX = AesSecretBox(bytes(32))


@dataclass
class Receiver:
    """A receiver that answers as it is told, and remembers what it was sent."""

    answer: Callable[[int], web.Response] = lambda _number: web.Response(status=202)
    requests: list[tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    has_heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, request: web.Request) -> web.Response:
        head, claims, mac = (await request.text()).split(".")
        expected = hmac.new(KEY.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        assert hmac.compare_digest(decoded(mac), expected)
        self.requests.append((dict(request.headers), json.loads(decoded(head)), json.loads(decoded(claims))))
        self.has_heard.set()
        return self.answer(len(self.requests))

    @property
    def told(self) -> list[str]:
        """The `jti` of every event, in the order in which they came."""
        return [claims["jti"] for _, _, claims in self.requests]


def decoded(text: str) -> bytes:
    """What an unpadded base64url text stands for."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Delivery:
    """A webhook, its receiver and who delivers."""

    hooks: SqlWebhooks
    database: Database
    clock: TurnedClock
    receiver: Receiver
    deliverer: Deliverer
    webhook: Webhook

    async def write(self, *identifiers: str) -> None:
        """Put events into the outbox, as a change would."""
        moment = time_text(self.clock.now())
        rows = [
            {
                "webhook_id": self.webhook.id,
                "created": moment,
                "claims": json.dumps(
                    {"jti": each, "sub_id": {"uri": f"/Users/{each}"}, "events": {"x:prov:delete": {}}}
                ),
            }
            for each in identifiers
        ]
        await self.database.write(lambda connection: connection.execute(outbox.insert(), rows))

    async def serve(self) -> Webhook:
        """Deliver what is due, and see how the webhook stands."""
        await self.deliverer.start_due()
        await asyncio.gather(*self.deliverer._busy.values())
        return await self.hooks.get(self.webhook.id)

    async def outcomes(self) -> list[tuple[str, str, int | None, int]]:
        """The list of deliveries, oldest first."""
        entries = await self.hooks.deliveries(self.webhook.id, 0)
        return [(each.token_identifier, each.outcome.value, each.status, each.attempt) for each in reversed(entries)]


@pytest.fixture
def database_url(tmp_path: Path, sqlite_filled: Path) -> str:
    """One kind of database is enough here: the store has a suite of its own."""
    return sqlite_url(Path(shutil.copy(sqlite_filled, tmp_path / "scim.db")))


@pytest.fixture
async def delivery(database: Database) -> AsyncIterator[Delivery]:
    receiver, clock, hooks = Receiver(), TurnedClock(), SqlWebhooks(database)
    async with web_server(receiver.hear) as port, client_of() as client:
        webhook = Webhook("w", f"http://127.0.0.1:{port}/hook", None, clock.now(), BOX.seal(KEY))
        await hooks.add(webhook)
        deliverer = Deliverer(hooks, client, BOX, clock, "one", lambda owner: owner != "gone", attempt_seconds=0.5)
        yield Delivery(hooks, database, clock, receiver, deliverer, webhook)


async def test_events_arrive_signed_and_in_order(delivery: Delivery) -> None:
    """As RFC 8935 wants them: one token per request, its media type, an audience and a key id."""
    await delivery.hooks.remove("w")
    authorization = BOX.seal("Bearer for-the-receiver")
    await delivery.hooks.add(replace(delivery.webhook, sealed_authorization=authorization))
    await delivery.write("1", "2", "3")
    assert (await delivery.serve()).failures == 0
    assert delivery.receiver.told == ["1", "2", "3"]
    headers, head, claims = delivery.receiver.requests[0]
    assert headers["Content-Type"] == "application/secevent+jwt"
    assert headers["Authorization"] == "Bearer for-the-receiver"
    assert head == {"typ": "secevent+jwt", "alg": "HS256", "kid": "w"}
    assert claims["aud"] == delivery.webhook.url
    assert await delivery.hooks.waiting_counts() == {}
    assert await delivery.outcomes() == [(each, "delivered", 202, 1) for each in ("1", "2", "3")]


async def test_a_receiver_that_fails_is_tried_again_later_and_nothing_overtakes(delivery: Delivery) -> None:
    """500 and then well: the same event comes first, after a wait that doubles."""
    delivery.receiver.answer = lambda number: web.Response(status=500 if number <= 2 else 202)
    await delivery.write("1", "2")
    held = await delivery.serve()
    assert (held.failures, held.last_error) == (1, "The receiver answered 500.")
    assert held.next_attempt == delivery.clock.now() + timedelta(seconds=1)
    await delivery.serve()
    assert delivery.receiver.told == ["1"]
    delivery.clock.turn(1)
    assert (await delivery.serve()).next_attempt == delivery.clock.now() + timedelta(seconds=2)
    delivery.clock.turn(2)
    assert (await delivery.serve()).failures == 0
    assert delivery.receiver.told == ["1", "1", "1", "2"]
    assert await delivery.outcomes() == [
        ("1", "failed", 500, 1),
        ("1", "failed", 500, 2),
        ("1", "delivered", 202, 3),
        ("2", "delivered", 202, 1),
    ]


async def test_a_receiver_that_asks_for_time_gets_it(delivery: Delivery) -> None:
    """`Retry-After` is waited for, within reason."""
    for asked, granted in (("120", 120.0), ("999999", RETRY_SECONDS_MAX), ("soon", 4.0)):
        delivery.receiver.answer = lambda _, asked=asked: web.Response(status=429, headers={"Retry-After": asked})
        await delivery.write("1")
        held = await delivery.serve()
        assert held.next_attempt == delivery.clock.now() + timedelta(seconds=granted)
        delivery.clock.turn(granted)


async def test_a_receiver_that_is_down_or_slow_is_an_error_with_a_cause(delivery: Delivery) -> None:
    """Nobody listens, or nobody answers in time: the event stays, and the list says why."""

    async def sleep(_request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    await delivery.write("1")
    async with web_server(sleep) as port:
        await delivery.hooks.remove("w")
        await delivery.write("1")
        await delivery.hooks.add(replace(delivery.webhook, url=f"http://127.0.0.1:{port}/"))
        assert "did not answer" in (await delivery.serve()).last_error
    delivery.clock.turn(60)
    assert "Nothing answers" in (await delivery.serve()).last_error
    assert [outcome[1:3] for outcome in await delivery.outcomes()] == [("failed", None)] * 2
    assert await delivery.hooks.waiting_counts() == {"w": 1}


async def test_a_receiver_that_is_gone_hears_nothing_more(delivery: Delivery) -> None:
    """410 disables the webhook at once, and what waits is dropped."""
    delivery.receiver.answer = lambda _number: web.Response(status=410)
    await delivery.write("1", "2")
    held = await delivery.serve()
    assert held.disabled_at == delivery.clock.now()
    assert await delivery.hooks.waiting_counts() == {}
    delivery.clock.turn(3600)
    await delivery.serve()
    assert delivery.receiver.told == ["1"]
    assert await delivery.outcomes() == [("1", "given up", 410, 1)]


async def test_an_event_that_is_refused_again_and_again_lets_others_past(delivery: Delivery) -> None:
    """A receiver that cannot read one event gets the next after some attempts; the list names the one it lacks."""
    delivery.receiver.answer = lambda _: web.Response(
        status=400 if delivery.receiver.told[-1] == "1" else 202, text='{"err": "invalid_request"}'
    )
    await delivery.write("1", "2")
    for _ in range(REFUSALS_MAX):
        await delivery.serve()
        delivery.clock.turn(100)
    assert delivery.receiver.told == ["1"] * REFUSALS_MAX + ["2"]
    assert (await delivery.outcomes())[-2:] == [("1", "given up", 400, REFUSALS_MAX), ("2", "delivered", 202, 1)]


async def test_an_event_that_is_too_old_is_given_up(delivery: Delivery) -> None:
    """After days of a receiver that is down, what is old is dropped attempt by attempt, and said so."""
    delivery.receiver.answer = lambda _number: web.Response(status=503)
    await delivery.write("1")
    delivery.clock.turn(EVENT_HOURS_MAX * 3600 - 1)
    await delivery.write("2")
    await delivery.serve()
    delivery.clock.turn(1)
    await delivery.serve()
    assert await delivery.outcomes() == [
        ("1", "failed", 503, 1),
        ("1", "given up", 503, 2),
        ("2", "failed", 503, 1),
    ]


async def test_an_event_whose_delivery_was_not_noted_is_sent_again(delivery: Delivery) -> None:
    """A crash between the receiver's answer and our note: the same event, by its `jti`, comes twice."""
    await delivery.write("1")
    settle = delivery.hooks.settle

    async def crash(number: int, delivered: Any) -> None:
        raise asyncio.CancelledError

    delivery.hooks.settle = crash  # type: ignore[method-assign]
    with contextlib.suppress(asyncio.CancelledError):
        await delivery.serve()
    delivery.hooks.settle = settle  # type: ignore[method-assign]
    await delivery.serve()
    assert delivery.receiver.told == ["1", "1"]


async def test_two_processes_do_not_deliver_to_one_webhook_at_once(delivery: Delivery) -> None:
    """The second stays away while the first has its claim, and takes over when that has ended."""
    other = replace(delivery.deliverer, owner="two", _busy={})
    await delivery.write("1")
    now = delivery.clock.now()
    assert await delivery.hooks.claim("w", "two", now=now, until=now + timedelta(seconds=60))
    await delivery.serve()
    assert delivery.receiver.told == []
    delivery.clock.turn(60)
    await delivery.serve()
    assert delivery.receiver.told == ["1"]
    await delivery.write("2")
    await other.start_due()
    await asyncio.gather(*other._busy.values())
    assert delivery.receiver.told == ["1"]


async def test_the_claim_of_a_process_that_is_gone_is_worth_nothing(delivery: Delivery) -> None:
    """After a crash nobody waits for its claim to end."""
    await delivery.write("1")
    now = delivery.clock.now()
    assert await delivery.hooks.claim("w", "gone", now=now, until=now + timedelta(seconds=60))
    await delivery.serve()
    assert delivery.receiver.told == ["1"]
    assert (await delivery.hooks.get("w")).owner == "one"


async def test_one_receiver_that_is_slow_holds_up_nobody_else(delivery: Delivery) -> None:
    """Each webhook is served by itself, and woken by a change."""
    release, begun = asyncio.Event(), asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        begun.set()
        await release.wait()
        return web.Response()

    async with web_server(wait) as port:
        slow = Webhook("slow", f"http://127.0.0.1:{port}/", None, delivery.clock.now(), BOX.seal(KEY))
        await delivery.hooks.add(slow)
        delivery.deliverer.attempt_seconds = 60
        running = asyncio.create_task(delivery.deliverer.run())
        webhook, delivery.webhook = delivery.webhook, slow
        await delivery.write("slow")
        delivery.deliverer.wake()
        await begun.wait()
        delivery.webhook = webhook
        await delivery.write("1")
        delivery.deliverer.wake()
        await delivery.receiver.has_heard.wait()
        release.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [each.outcome for each in await delivery.hooks.deliveries("slow", 0)] == [Outcome.DELIVERED]


async def test_a_trial_says_whether_events_arrive(delivery: Delivery) -> None:
    """It is signed as events are, and leaves nothing in the outbox."""
    client, clock = delivery.deliverer.http, delivery.clock
    attempt = await send_trial(client, BOX, clock, delivery.webhook, "https://us.example")
    assert attempt.is_delivered
    ((_, _, claims),) = delivery.receiver.requests
    assert list(claims["events"]) == [VERIFICATION]
    assert (claims["iss"], claims["aud"]) == ("https://us.example", delivery.webhook.url)
    delivery.receiver.answer = lambda _number: web.Response(status=302, headers={"Location": "/elsewhere"})
    assert (await send_trial(client, BOX, clock, delivery.webhook, "x")).error == "The receiver answered 302."
    refused = replace(delivery.webhook, url="http://169.254.169.254/")
    assert "169.254" in (await send_trial(client, BOX, clock, refused, "x")).error


def test_waits_double_up_to_an_hour() -> None:
    """A second at first, never more than the bound, however long it takes."""
    assert [retry_seconds(number) for number in range(4)] == [1, 2, 4, 8]
    assert retry_seconds(12) == RETRY_SECONDS_MAX == retry_seconds(10_000)
