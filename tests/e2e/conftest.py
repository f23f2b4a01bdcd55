"""The sample company, provisioned once per test process."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from main_job import Done, demo, free_ports


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A data folder after the first run, and what that printed."""
    data = tmp_path_factory.mktemp("first") / "data"
    return data, demo(data, free_ports())


@pytest.fixture
def provisioned(first_run: tuple[Path, Done], tmp_path: Path) -> Path:
    """A copy of that data folder, to be worked on."""
    data = tmp_path / "data"
    shutil.copytree(first_run[0], data)
    return data


Edit = Callable[[list[dict[str, str]]], list[dict[str, str]]]
