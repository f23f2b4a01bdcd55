"""What is tidied up by itself, in an open data folder."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine_world import START, TurnableClock, World, person
from provisor.bootstrap.home import Home
from provisor.bootstrap.housekeeping import LOG_KEPT, RECYCLE_BIN_KEPT, prune_requests, tidy_up
from provisor.config import read_settings
from provisor.model.errors import Reject
from provisor.ports.directory import DirectoryUser
from provisor.ports.records import LogQuery
from provisor.ports.request_log import LoggedRequest, RequestQuery


async def test_the_recycle_bin_is_emptied_after_thirty_days(tmp_path: Path) -> None:
    """A soft-deleted person is kept for 30 days, and then gone for good."""
    home = Home(read_settings(tmp_path, {}))
    home.clock = clock = TurnableClock()
    try:
        user = DirectoryUser("chen", {"userPrincipalName": "chen@contoso.example"}, START, START)
        await home.directory.upsert_user(user)
        await home.directory.soft_delete_user("chen", clock.now())
        clock.time += RECYCLE_BIN_KEPT - timedelta(minutes=1)
        assert await tidy_up(home) == (0, 0)
        clock.time += timedelta(minutes=2)
        assert await tidy_up(home) == (1, 0)
    finally:
        await home.close()


async def test_old_log_entries_are_dropped(database) -> None:
    """Entries older than the retention go, younger ones stay."""
    world = World(database)
    await world.open()
    world.source.put(person("ada"))
    await world.cycle()
    world.clock.time += LOG_KEPT
    world.source.change("ada", department="Sales")
    await world.cycle()
    assert await world.records.prune(world.clock.now() - LOG_KEPT + timedelta(minutes=1)) == 1
    assert [entry.action for entry in await world.records.entries(LogQuery("app"))] == ["update"]


async def test_the_request_log_is_kept_as_long_as_the_settings_say(tmp_path: Path) -> None:
    """30 days unless told otherwise; older rows go, younger ones stay."""
    assert read_settings(tmp_path, {}).request_log_days == 30
    home = Home(read_settings(tmp_path, {"PROVISOR_REQUEST_LOG_DAYS": "2"}))
    home.clock = clock = TurnableClock()
    try:
        for days in (3, 1):
            at = clock.now() - timedelta(days=days)
            asked = ("", "", "GET", "/Users", None, "", None)
            row = LoggedRequest(at, f"r{days}", None, None, *asked, 200, None, "", None, None, 1.0)
            await home.request_log.store(row)
        assert await prune_requests(home) == 1
        assert [row.id for row in await home.request_log.entries(RequestQuery())] == ["r1"]
    finally:
        await home.close()


def test_a_time_that_is_no_number_of_days_is_refused(tmp_path: Path) -> None:
    """With the name of the setting and what it takes."""
    for text in ("0", "-1", "30d", "9999"):
        with pytest.raises(Reject, match="PROVISOR_REQUEST_LOG_DAYS"):
            read_settings(tmp_path, {"PROVISOR_REQUEST_LOG_DAYS": text})
