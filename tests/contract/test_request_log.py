"""The request log: kept, searched, bound to a tenant, and gone when its time is over; on both databases."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from clocks import START, TurnedClock

from provisor.ports.request_log import LoggedRequest, RequestQuery
from provisor.store.database import Database
from provisor.store.request_log import FLUSH_ROWS_MAX, PRUNE_ROWS_MAX, WAITING_MAX, SqlRequestLog
from provisor.store.tokens import DatabaseTokenStore


@pytest.fixture
def log(database: Database) -> SqlRequestLog:
    return SqlRequestLog(database)


def request(identifier: str, **other: Any) -> LoggedRequest:
    """A read of Ada by the tenant `contoso`, but for what is said otherwise."""
    made = LoggedRequest(
        at=START,
        id=identifier,
        tenant="contoso",
        token_id="t1",
        address="192.0.2.7",
        agent="Okta SCIM Client 1.0.0",
        method="GET",
        path="/Users/{id}",
        resource_id="ada",
        query="",
        body=None,
        status=200,
        scim_type=None,
        detail="shown",
        before=None,
        after=None,
        milliseconds=1.5,
    )
    return made._replace(**other)


async def found(log: SqlRequestLog, **query: Any) -> list[str]:
    """The ids of what a search finds."""
    return [each.id for each in await log.entries(RequestQuery(**query))]


async def test_a_row_is_read_back_whole_with_the_name_of_its_token(log: SqlRequestLog, database: Database) -> None:
    """Nothing is lost or changed, and the token is named."""
    grant, _ = await DatabaseTokenStore(database, TurnedClock()).create(
        tenant="contoso", backend="embedded", name="Entra"
    )
    row = request(
        "r1", token_id=grant.id, method="PATCH", body='{"a":"ä"}', scim_type="noTarget", before="{}", after='{"x":1}'
    )
    await log.store(row)
    assert await log.entries(RequestQuery()) == [row._replace(token_name="Entra")]
    assert await found(log, token="Entra") == await found(log, token=grant.id) == ["r1"]
    assert await found(log, token="Okta") == []


async def test_searches_find_what_they_name_and_nothing_else(log: SqlRequestLog) -> None:
    """By status and class of status, method, resource, time, id and text; newest first, a limited number."""
    rows = [
        request("r1"),
        request("r2", method="POST", status=201, resource_id="boris", body='{"userName":"Boris@contoso.com"}'),
        request("r3", status=404, resource_id="chen", detail="There is no User chen.", at=START + timedelta(hours=1)),
        request("r4", status=409, scim_type="uniqueness", at=START + timedelta(hours=2), query="filter=100%25_"),
    ]
    for row in rows:
        await log.store(row)
    assert await found(log) == ["r4", "r3", "r2", "r1"]
    assert await found(log, limit=2) == ["r4", "r3"]
    assert await found(log, limit=0) == ["r4", "r3", "r2", "r1"]
    assert await found(log, status=404) == ["r3"]
    assert await found(log, status=4) == ["r4", "r3"]
    assert await found(log, method="POST") == ["r2"]
    assert await found(log, resource_id="chen") == ["r3"]
    assert await found(log, request_id="r2") == ["r2"]
    assert await found(log, since=START + timedelta(hours=1)) == ["r4", "r3"]
    assert await found(log, until=START + timedelta(hours=1)) == ["r2", "r1"]
    assert await found(log, text="BORIS@") == ["r2"]
    assert await found(log, text="no user") == ["r3"]
    assert await found(log, text="100%25_") == ["r4"]
    assert await found(log, text="1%2") == []
    assert await found(log, text="okta", status=2) == ["r2", "r1"]


async def test_a_search_that_is_bound_to_a_tenant_sees_no_other(log: SqlRequestLog) -> None:
    """Whatever else is asked for; and rows of strangers, who have no tenant, belong to nobody."""
    await log.store(request("ours"))
    await log.store(request("theirs", tenant="fabrikam"))
    await log.store(request("stranger", tenant=None, token_id=None, status=401))
    assert await found(log) == ["stranger", "theirs", "ours"]
    for narrower in ({}, {"resource_id": "ada"}, {"token": "t1"}, {"text": "okta"}, {"status": 2}, {"limit": 0}):
        assert await found(log, tenant="contoso", **narrower) == ["ours"]
    assert await found(log, tenant="contoso", request_id="theirs") == []
    assert await found(log, tenant="") == []


async def test_rows_that_wait_are_stored_by_the_next_flush_in_order(log: SqlRequestLog) -> None:
    """Nothing is stored before, nothing is rendered twice, and many are stored in several pieces of work."""
    count = FLUSH_ROWS_MAX + 3
    rendered: list[int] = []

    def render(number: int) -> LoggedRequest:
        rendered.append(number)
        return request(f"r{number}")

    for number in range(count):
        log.append(lambda number=number: render(number))
    assert (rendered, log.waiting) == ([], count)
    assert await found(log) == []
    await log.flush()
    assert (rendered, log.waiting) == (list(range(count)), 0)
    assert await found(log, limit=0) == [f"r{number}" for number in reversed(range(count))]
    await log.flush()
    assert len(rendered) == count


async def test_what_cannot_be_stored_is_tried_again(log: SqlRequestLog) -> None:
    """A flush that fails loses nothing."""
    fails = [True]

    def render() -> LoggedRequest:
        if fails:
            fails.pop()
            raise OSError("disk")
        return request("r1")

    log.append(render)
    with pytest.raises(OSError, match="disk"):
        await log.flush()
    assert log.waiting == 1
    await log.flush()
    assert await found(log) == ["r1"]


async def test_a_row_that_no_database_keeps_holds_up_no_other(log: SqlRequestLog) -> None:
    """Half a character slipped in somewhere: that row is counted as lost, those around it are stored."""
    for row in (request("r1"), request("bad", agent="\ud800"), request("r2")):
        log.append(lambda row=row: row)
    await log.flush()
    assert (await found(log), log.waiting, log.lost) == (["r2", "r1"], 0, 1)


async def test_rows_are_stored_once_when_whoever_flushes_is_stopped(log: SqlRequestLog, database: Database) -> None:
    """What the writer was given is stored, and not again by the next flush."""
    log.append(lambda: request("r1"))
    flushing = asyncio.create_task(log.flush())
    await asyncio.sleep(0)
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)
    await log.flush()
    await database.write(lambda _connection: None)
    assert await found(log) == ["r1"]


async def test_a_database_that_does_not_keep_up_costs_rows_and_not_memory(log: SqlRequestLog) -> None:
    """Beyond a bound rows are counted instead of kept."""
    for _ in range(WAITING_MAX + 5):
        log.append(lambda: request("r"))
    assert (log.waiting, log.lost) == (WAITING_MAX, 5)


async def test_old_rows_are_pruned_a_bounded_number_at_once(log: SqlRequestLog) -> None:
    """What is older than the retention goes, oldest first; the rest stays."""
    for number in range(PRUNE_ROWS_MAX + 2):
        log.append(lambda number=number: request(f"old{number}", at=START - timedelta(days=31)))
    log.append(lambda: request("young", at=START - timedelta(days=29)))
    await log.flush()
    keep = START - timedelta(days=30)
    assert [await log.prune(keep), await log.prune(keep), await log.prune(keep)] == [PRUNE_ROWS_MAX, 2, 0]
    assert await found(log) == ["young"]


async def test_a_person_can_be_erased_from_the_log(log: SqlRequestLog) -> None:
    """Rows that name them, and all others of the same resource, keep ids and status and lose the rest."""
    ada = {"resource_id": "1", "tenant": "contoso"}
    for row in (
        request("named", **ada, body='{"userName":"Ada@Contoso.com"}', after='{"userName":"Ada@Contoso.com"}'),
        request("same", **ada, before='{"title":"Engineer"}', detail="updated 1 attribute: title"),
        request("search", resource_id=None, query='filter=userName eq "ada@contoso.com"'),
        request("elsewhere", resource_id="1", tenant="fabrikam", body='{"title":"Boss"}'),
        request("boris", resource_id="2", body='{"userName":"boris@contoso.com"}'),
    ):
        await log.store(row)
    assert await log.erase({"ada@contoso.com", "0a1b"}) == 3
    rows = {row.id: row for row in await log.entries(RequestQuery())}
    for erased in ("named", "same", "search"):
        row = rows[erased]
        assert (row.query, row.body, row.before, row.after, row.detail) == ("", None, None, None, "Erased on request.")
        assert (row.status, row.token_id) == (200, "t1")
    assert rows["named"].resource_id == "1"
    assert rows["elsewhere"].body == '{"title":"Boss"}'
    assert rows["boris"].body == '{"userName":"boris@contoso.com"}'
    assert await log.erase(set()) == 0
