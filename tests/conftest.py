"""What every test shares: a stripped environment, and laws that do not fail because the machine is busy."""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

for name in [name for name in os.environ if name.startswith("PROVISOR_")]:
    del os.environ[name]
# Every process that the tests start finds its bytecode ready, whatever the caller's environment says: that halves its
# way to the first line of work.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode"))
# The PostgreSQL package keeps its sockets here and warns when nobody set it.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="provisor-"))
# How fast examples come and how long one takes says something about the machine, not about the law.
settings.register_profile("provisor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("provisor")


@pytest.fixture(autouse=True)
def _log_as_before() -> Generator[None, None, None]:
    """A command that ran in this process has set the log to its own standard error, which is closed afterwards."""
    yield
    structlog.reset_defaults()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """With REQUIRE_ALL=1 a test that is skipped because a system program is missing has failed."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_ALL") == "1" and "install" in str(report.longrepr):
        report.outcome = "failed"
    return report
