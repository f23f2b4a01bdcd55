"""What the kernel knows of running processes: children, whether they live, and where they listen. Linux only."""

import socket
import subprocess
from pathlib import Path

import pytest

PROC = Path("/proc")
TCP_LISTEN = "0A"


def needs_proc() -> None:
    """Skip where the kernel tells nothing of this; there is nothing to add on such a machine."""
    if not (PROC / "net" / "tcp").exists():
        pytest.skip("the kernel does not list processes and sockets under /proc")


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
            found |= {name: int(folder.name) for name in ("emulate", "serve-web", "serve-engine") if name in command}
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


def listening_sockets(pid: int) -> set[tuple[str, int]]:
    """Addresses and ports on which a process listens."""
    inodes = set()
    for descriptor in (PROC / str(pid) / "fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found: set[tuple[str, int]] = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        file = PROC / "net" / table
        for line in file.read_text().splitlines()[1:] if file.exists() else ():
            fields = line.split()
            if fields[3] == TCP_LISTEN and fields[9] in inodes:
                address, port = fields[1].split(":")
                found.add((_text(address, family), int(port, 16)))
    return found


def _text(address: str, family: socket.AddressFamily) -> str:
    """The kernel writes each 32-bit word with the lowest byte first, as hexadecimal digits."""
    words = [bytes.fromhex(address[start : start + 8])[::-1] for start in range(0, len(address), 8)]
    return socket.inet_ntop(family, b"".join(words))
