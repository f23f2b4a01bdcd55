"""The command line in this process: what it prints, and the exit code that a shell would see."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from provisor.cli.main import main


@dataclass(frozen=True)
class Printed:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


def provisor(*words: str, data: Path | None = None, typed: str = "") -> Printed:
    """Run `provisor WORDS…` with `typed` on standard input."""
    out, err = io.StringIO(), io.StringIO()
    arguments = ["provisor", *(["--data", str(data)] if data else []), *words]
    with (
        patch.object(sys, "argv", arguments),
        patch.object(sys, "stdin", io.StringIO(typed)),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as left,
    ):
        main()
    code = left.value.code
    return Printed(0 if code is None else int(code), out.getvalue(), err.getvalue())
