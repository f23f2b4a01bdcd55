"""All benchmarks: one table of ratios, each taken in one run, and `bench/results.json`.

Machines are noisy, so single figures mean little: what counts is the ratio to a floor or a peer measured in turn.
"""

import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

import initial_cycle
import scim_get

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Run what is named on the command line, or everything."""
    benchmarks = {"initial cycle": initial_cycle.measure, "SCIM GET by id": scim_get.measure}
    chosen = [name for name in benchmarks if not sys.argv[1:] or name in sys.argv[1:]]
    results = {name: asyncio.run(benchmarks[name]()) for name in chosen}
    table = Table("benchmark", "ours", "floor", "ratio", "", box=None, header_style="bold")
    for name, found in results.items():
        if name == "initial cycle":
            table.add_row(
                f"{name}, {found['people']:.0f} people",
                f"{found['people_per_second']:,.0f} people/s",
                f"{found['floor_per_second']:,.0f} bare POSTs/s",
                f"{found['ratio']:.0%}",
                f"{found['requests_per_person']:.3f} requests per person",
            )
        else:
            table.add_row(
                name,
                f"{found['get_per_second']:,.0f}/s",
                f"{found['bare_per_second']:,.0f} bare answers/s",
                f"{found['ratio']:.0%}",
                "",
            )
    Console(width=140).print(table)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
