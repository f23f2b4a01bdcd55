"""What is to be tidied up by itself: the recycle bin after 30 days, the provisioning log after 90, plans after 7.

The request log is tidied up by the process that writes it, after as many days as the settings say.
"""

from datetime import timedelta

import structlog

from provisor.bootstrap.home import Home
from provisor.model.errors import ProvisorError

RECYCLE_BIN_KEPT = timedelta(days=30)
"""Then a soft-deleted person is deleted for good, as in the hosted directory (engine spec §0)."""
LOG_KEPT = timedelta(days=90)
PLANS_KEPT = timedelta(days=7)
EVERY_SECONDS = 3600.0

_log = structlog.get_logger()


async def keep_house(home: Home) -> None:
    """Tidy up now and every hour, until cancelled."""
    while True:
        try:
            await tidy_up(home)
        except ProvisorError as fault:
            _log.error("housekeeping_failed", reason=str(fault))
        await home.clock.sleep(EVERY_SECONDS)


async def tidy_up(home: Home) -> tuple[int, int]:
    """Once: how many people and how many log entries are gone for good."""
    now = home.clock.now()
    people = await home.directory.purge_expired(now - RECYCLE_BIN_KEPT, now)
    entries = await home.records.prune(now - LOG_KEPT)
    await home.plans.prune(now - PLANS_KEPT)
    return people, entries


async def prune_requests(home: Home) -> int:
    """Once: drop rows of the request log, and deliveries to webhooks, that are past their time; how many went."""
    before = home.clock.now() - timedelta(days=home.settings.request_log_days)
    dropped = 0
    for prune in (home.request_log.prune, home.webhooks.prune):
        while count := await prune(before):
            dropped += count
    return dropped
