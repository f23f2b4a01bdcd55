"""Writes docs/reference/scim-checks.md from the catalogue of the SCIM check; a test holds that it is current."""

import re
import sys
from pathlib import Path

from provisor.connectors.scim.check.catalogue import CHECKS, GROUPS_OF_CHECKS
from provisor.connectors.scim.check.check import Check
from provisor.connectors.scim.check.judges import JUDGES, Judge
from provisor.connectors.scim.check.points.all import POINTS

FILE = Path(__file__).parents[1] / "docs" / "reference" / "scim-checks.md"

HEADER = """# What the SCIM check asks

Made by `tools/make_scim_checks.py` from the catalogue of `provisor scim check`; how to use it is told in
[check a SCIM server](../how-to/check-a-scim-server.md).

The severity is *must* (somebody's MUST: it makes the command fail), *should*, or *advice*. A check marked *reads* is
run with `--read-only` too. What a check needs is taken from the server's own discovery; where it is missing, the check
is skipped and says so, unless a client whose complaint it is cannot do without.
"""
POINTS_HEADER = """
# What each judge looks at

For every point the checks that meet it; a point that nothing from outside can meet says why.
"""


def render() -> str:
    """The whole page."""
    parts = [HEADER]
    for group in GROUPS_OF_CHECKS:
        parts.append(f"\n## {group.title}\n\n`--only {group.id}`\n")
        parts += [_check(each) for each in group.checks]
    parts.append(POINTS_HEADER)
    parts += [_judge(judge) for judge in JUDGES if judge.id != "rfc"]
    return "".join(parts)


def _check(check: Check) -> str:
    about = [f"*{check.severity.value}*"]
    about += ["*reads*"] if check.is_reading else []
    about += [check.rfc] if check.rfc else []
    about += [judge.title for judge in check.judges if judge.id != "rfc"]
    lines = [
        f"\n### `{check.id}`\n",
        f"\n{_plain(check.title)}. {' · '.join(about)}\n",
        f"\n* asks: {_plain(check.asks)}\n",
        f"* expects: {_plain(check.expects)}\n",
        f"* remedy: {_plain(check.remedy)}\n",
    ]
    if check.needs:
        lines.append(f"* needs: {'; '.join(need.text for need in check.needs)}\n")
    return "".join(lines)


def _judge(judge: Judge) -> str:
    rows = []
    for point in POINTS.values():
        if point.judge is judge:
            met = ", ".join(f"`{check.id}`" for check in CHECKS if point.id in check.points)
            rows.append(f"| {_plain(point.text)} | {met or point.beyond} |\n")
    return f"\n## {judge.title}\n\n| point | checks |\n|---|---|\n" + "".join(rows)


def _plain(text: str) -> str:
    """The text with its own signs kept as they are, outside code."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([*<\[\]])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name} written\n")
