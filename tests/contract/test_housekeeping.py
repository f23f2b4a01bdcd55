"""What is tidied up by itself, in an open data folder."""

from datetime import timedelta
from pathlib import Path

from engine_world import START, TurnableClock, World, person
from provisor.bootstrap.home import Home
from provisor.bootstrap.housekeeping import LOG_KEPT, RECYCLE_BIN_KEPT, tidy_up
from provisor.config import read_settings
from provisor.ports.directory import DirectoryUser
from provisor.ports.records import LogQuery


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
