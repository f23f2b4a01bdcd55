"""What two plans foresee differently, printed: whom an edit changes, and who loses access by it."""

from typing import Any

from rich.text import Text

from provisor.bootstrap.home import Home
from provisor.cli.plan_shapes import change_text, operations_json
from provisor.cli.printing import Format, out, print_json, print_rows
from provisor.engine.planning.comparing import Comparison, Difference, differences
from provisor.model.plan import Plan, PlannedOperation

COLUMNS = ("person", "sourceId", "before", "after", "losesAccess", "keepsAccess")


async def print_comparison(home: Home, found: Comparison, form: Format, limit: int) -> None:
    """The numbers in a sentence, then the people, each with what both plans foresee."""
    rows: list[dict[str, Any]] = []
    is_cut = False
    async for one in differences(home.plans, found.before, found.after):
        if form is Format.TABLE and limit and len(rows) == limit:
            is_cut = True
            break
        rows.append(await _row(home, found, one))
    head = {
        "before": found.before.id,
        "after": found.after.id,
        "changed": found.changed,
        "losesAccess": found.loses_access,
        "keepsAccess": found.keeps_access,
    }
    if form is Format.JSON:
        print_json({**head, "people": rows})
    elif form is Format.CSV:
        print_rows(
            [{**row, "before": _text(row["before"]), "after": _text(row["after"])} for row in rows], COLUMNS, form
        )
    else:
        out.print(Text(_sentence(found), style="bold"))
        for row in rows:
            _print_row(row)
        if is_cut:
            out.print("… and more; --limit 0 shows all.", style="dim")
        out.print(f"Nothing was written. `provisor apply {found.after.id}` does what the second one shows.")


def _sentence(found: Comparison) -> str:
    people = "1 person" if found.changed == 1 else f"{found.changed:,} people"
    losing = f"{found.loses_access:,} lose{'s' if found.loses_access == 1 else ''} access"
    keeping = f", {found.keeps_access:,} who would lose access keep it" if found.keeps_access else ""
    return f"This edit changes {people}; {losing if found.loses_access else 'nobody loses access'}{keeping}."


async def _row(home: Home, found: Comparison, one: Difference) -> dict[str, Any]:
    return {
        "person": one.person,
        "sourceId": one.source_id,
        "before": await _shape(home, found.before, one.before),
        "after": await _shape(home, found.after, one.after),
        "losesAccess": one.loses_access,
        "keepsAccess": one.keeps_access,
    }


async def _shape(home: Home, plan: Plan, row: PlannedOperation | None) -> dict[str, Any] | None:
    return (await operations_json(home.plans, plan, [row]))[0] if row else None


def _print_row(row: dict[str, Any]) -> None:
    loses = " (loses access)" if row["losesAccess"] else " (keeps access)" if row["keepsAccess"] else ""
    style = "bold red" if row["losesAccess"] else ""
    out.print(Text(f"{row['person']}{loses}: {_action(row['before'])} → {_action(row['after'])}", style=style))
    before = {change_text(change) for change in (row["before"] or {}).get("changes", ())}
    after = [change_text(change) for change in (row["after"] or {}).get("changes", ())]
    for text in after:
        if text not in before:
            out.print(Text(f"         {text}", style="dim"))


def _action(shape: dict[str, Any] | None) -> str:
    return str(shape["action"]) if shape else "nothing"


def _text(shape: dict[str, Any] | None) -> str:
    return f"{_action(shape)}: {'; '.join(map(change_text, shape['changes']))}" if shape else ""
