"""All benchmarks: one table of ratios, each taken in one run, and `bench/results.json`.

Machines are noisy, so single figures mean little: what counts is the ratio to a floor or a peer measured in turn.
Names on the command line choose benchmarks: `python bench/run.py scim_speed`.
"""

import json
import os
import platform
import sqlite3
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.table import Table

import initial_cycle
import mappings
import planning
import scim_million
import scim_speed
from rows import Beside, Row

RESULTS = Path(__file__).parent / "results.json"
BENCHMARKS: tuple[ModuleType, ...] = (initial_cycle, mappings, planning, scim_speed, scim_million)
WIDTH = 200
TIMES_FROM = 3.0
"""Ratios from here on are shown as "12x", below as percent."""


def main() -> None:
    """Run what is named on the command line, or everything; each row is shown as soon as it is there."""
    known = {module.__name__: module for module in BENCHMARKS}
    unknown = set(sys.argv[1:]) - set(known)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    results = {}
    table = Table("work", "ours", "beside", "", box=None, header_style="bold", pad_edge=False)
    for name in sys.argv[1:] or known:
        rows = []
        table.add_row(f"[bold]{known[name].TITLE}[/bold]", "", "", "")
        for row in known[name].measure():
            print(f"{row.work}: {_figure(row.ours, row.unit)}", file=sys.stderr, flush=True)
            table.add_row(row.work, _ours(row), "\n".join(map(_beside, row.beside)), row.note)
            rows.append(asdict(row))
        results[name] = rows
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    RESULTS.write_text(json.dumps({"machine": machine, "benchmarks": results}, indent=1) + "\n")
    Console(width=WIDTH).print(table)


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}".replace(" /", "/") if value >= 100 else f"{value:,.1f} {unit}".replace(" /", "/")


def _ours(row: Row) -> str:
    bound = ""
    if row.most is not None:
        bound = f" [dim](at most {row.most:g}){_mark(row.ours <= row.most)}[/dim]"
    if row.least is not None:
        bound += f" [dim](at least {row.least:,g}){_mark(row.ours >= row.least)}[/dim]"
    return _figure(row.ours, row.unit) + bound


def _beside(beside: Beside) -> str:
    text = f"{_ratio(beside.ratio)} of {_figure(beside.figure, beside.name)}"
    if beside.wanted is None:
        return text
    return f"{text} [dim](wanted {_ratio(beside.wanted)}){_mark(beside.ratio >= beside.wanted)}[/dim]"


def _ratio(value: float) -> str:
    return f"{value:.1f}x" if value >= TIMES_FROM else f"{value:.1%}"


def _mark(is_met: bool) -> str:
    return " ✓" if is_met else " ✗"


if __name__ == "__main__":
    main()
