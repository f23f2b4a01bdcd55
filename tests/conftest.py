"""What every test shares: a stripped environment."""

import os
import tempfile
from collections.abc import Generator
from typing import Any

import pytest

for name in [name for name in os.environ if name.startswith("PROVISOR_")]:
    del os.environ[name]
# The PostgreSQL package keeps its sockets here and warns when nobody set it.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="provisor-"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """With REQUIRE_ALL=1 a test that is skipped because a system program is missing has failed."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_ALL") == "1" and "install" in str(report.longrepr):
        report.outcome = "failed"
    return report
