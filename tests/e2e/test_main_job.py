"""The main job with real processes: what stands at the desk, and what a change of the directory does to it."""

from pathlib import Path

import pytest
from main_job import Done, demo, edit, free_ports, look_at_desk, numbers, provisor, rows_of

pytestmark = pytest.mark.e2e

IGNORED = ("created_at", "updated_at")


def same(one: dict, other: dict) -> bool:
    """Whether two people are equal but for times."""
    return {k: v for k, v in one.items() if k not in IGNORED} == {k: v for k, v in other.items() if k not in IGNORED}


async def test_the_first_run_puts_everybody_assigned_at_the_desk(first_run: tuple[Path, Done]) -> None:
    """Nobody is asked; the summary equals what the desk holds; kind, department, manager, phones, zone are right."""
    data, done = first_run
    assert done.code == 0, done.err
    said = numbers(done.out)
    people = await look_at_desk(data)
    rows = rows_of(data)
    assert said["created"] == len(people) == 292
    assert said["requesters"] == sum(not one["is_agent"] for one in people.values())
    assert said["agents"] == sum(one["is_agent"] for one in people.values()) == 12
    assert (said["failed"], said["deactivated"]) == (0, 0)
    assert "eve@contoso.example" not in people
    for address, person in people.items():
        row = rows.get(address) or next(one for one in rows.values() if one["mail"].lower() == address)
        assert (person["department"] or "") == row["department"], address
        assert (person["work_phone_number"] or "") == row["telephoneNumber"], address
        assert (person["mobile_phone_number"] or "") == row["mobilePhone"], address
        assert (person["job_title"] or "") == row["jobTitle"], address
        assert person["active"] is True
    assert people["ada@contoso.example"]["manager"] == "frank@contoso.example"
    assert people["grace@contoso.example"]["is_agent"]
    helena = people["helena@contoso.example"]
    assert (helena["language"], helena["time_zone"]) == ("es", "Madrid")


def test_a_second_run_exports_nothing(provisioned: Path) -> None:
    """Not a request, not a call."""
    done = demo(provisioned, free_ports())
    assert done.code == 0
    assert "Nothing to export: 0 SCIM requests, 0 Freshservice calls" in done.out


async def test_one_cell_is_one_write(provisioned: Path) -> None:
    """Changing one cell changes one attribute of one person, in one request and one call."""
    port = free_ports()
    retitle(provisioned, "ada@", "Settler")
    demo(provisioned, port)  # the desk has a new address, which costs reading it once
    before = await look_at_desk(provisioned)
    retitle(provisioned, "boris@", "Head of Moving")
    done = demo(provisioned, port)
    assert numbers(done.out)["updated"] == 1
    assert "(1 in all)\nFreshservice calls per person    1.00  (1 in all)" in done.out
    after = await look_at_desk(provisioned)
    assert [name for name in after if not same(after[name], before[name])] == ["boris@contoso.example"]
    assert after["boris@contoso.example"]["job_title"] == "Head of Moving"


def retitle(data: Path, name: str, title: str) -> None:
    """Change one cell of the people file and import it."""

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in rows:
            if row["userPrincipalName"].startswith(name):
                row["jobTitle"] = title
        return rows

    assert provisor(data, "directory", "import", str(edit(data, change))).code == 0


async def test_a_missing_row_deactivates_that_person_and_nobody_else(provisioned: Path) -> None:
    """With --full absence is leaving; the row's return is coming back."""
    before = await look_at_desk(provisioned)
    original = (provisioned / "contoso.csv").read_bytes()
    file = edit(provisioned, lambda rows: [row for row in rows if not row["userPrincipalName"].startswith("chen@")])
    assert provisor(provisioned, "directory", "import", str(file), "--full").code == 0
    assert numbers(demo(provisioned, free_ports()).out)["disabled"] == 1
    after = await look_at_desk(provisioned)
    assert [name for name in after if not same(after[name], before[name])] == ["chen@contoso.example"]
    assert after["chen@contoso.example"]["active"] is False
    file.write_bytes(original)
    assert provisor(provisioned, "directory", "import", str(file), "--full").code == 0
    assert numbers(demo(provisioned, free_ports()).out)["updated"] == 1
    again = await look_at_desk(provisioned)
    assert again["chen@contoso.example"]["active"] is True
    assert len(again) == len(before)


@pytest.mark.parametrize("keep", [0, 150], ids=["empty", "halved"])
def test_a_doubtful_file_removes_nobody(provisioned: Path, keep: int) -> None:
    """An empty or halved file with --full says so, with the counts and examples, and lets nobody go."""
    file = edit(provisioned, lambda rows: rows[:keep])
    done = provisor(provisioned, "directory", "import", str(file), "--full")
    assert done.code == 3
    assert f"{300 - keep} of 300 people are missing" in done.err
    assert f"--accept-removals {300 - keep}" in done.err
    done = demo(provisioned, free_ports())
    assert "Nothing to export" in done.out
