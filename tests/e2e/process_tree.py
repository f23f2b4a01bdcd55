"""What the kernel knows of running processes: children, and whether they live. Linux only."""

import subprocess
from pathlib import Path

import pytest

PROC = Path("/proc")
NAMES = ("emulate", "serve-web", "serve-engine")


def needs_proc() -> None:
    """Skip where the kernel tells nothing of this; there is nothing to add on such a machine."""
    if not (PROC / "self" / "stat").exists():
        pytest.skip("the kernel does not list processes under /proc")


def children(pid: int) -> dict[str, int]:
    """The child processes of ours by their command: `emulate`, `serve-web`, `serve-engine`."""
    found: dict[str, int] = {}
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().decode().split("\0")
        except (OSError, IndexError):
            continue  # it ended while we looked
        if parent == pid:
            found |= {name: int(folder.name) for name in NAMES if name in command}
    return found


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent to notice does not."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Its exit code and all it said, once it has ended by itself; never a traceback."""
    said, _ = process.communicate(timeout=60)
    assert "Traceback" not in said, said
    return process.returncode, said
