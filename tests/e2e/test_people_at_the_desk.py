"""Every person of the sample as they stand at the desk, against the directory's file and the documented translation.

What is expected is written here by hand from the value lists (Freshservice spec §5), not taken from the product.
"""

import csv
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from main_job import Done, look_at_desk, rows_of

pytestmark = pytest.mark.e2e

LANGUAGES = {
    "ar": "ar",
    "cs": "cs",
    "da": "da",
    "de": "de",
    "en": "en",
    "en-AU": "en",
    "en-GB": "en",
    "en-IE": "en",
    "en-IN": "en",
    "en-US": "en",
    "es-ES": "es",
    "fr-FR": "fr",
    "he": "he",
    "ja": "ja-JP",
    "ko": "ko",
    "pl": "pl",
    "pt-BR": "pt-BR",
    "sv-SE": "sv-SE",
    "th": "th",
    "tr": "tr",
    "uk": "UK",
    "vi": "vi",
    "zh-CN": "zh-CN",
    "zh-TW": "zh-TW",
    "bg": "en",  # the desk has no Bulgarian: nothing is sent, and the account's default stays
    "el": "en",  # nor Greek
}
TIME_ZONES = {
    "Africa/Nairobi": {"Nairobi"},
    "America/Chicago": {"Central Time (US & Canada)"},
    "America/Denver": {"Mountain Time (US & Canada)"},
    "America/Los_Angeles": {"Pacific Time (US & Canada)"},
    "America/New_York": {"Eastern Time (US & Canada)"},
    "America/Sao_Paulo": {"Brasilia"},
    "Asia/Bangkok": {"Bangkok"},
    "Asia/Dubai": {"Abu Dhabi", "Muscat"},
    "Asia/Ho_Chi_Minh": {"Hanoi", "Bangkok"},
    "Asia/Jerusalem": {"Jerusalem"},
    "Asia/Kolkata": {"Chennai", "Kolkata", "Mumbai", "New Delhi"},
    "Asia/Seoul": {"Seoul"},
    "Asia/Shanghai": {"Beijing"},
    "Asia/Taipei": {"Taipei"},
    "Asia/Tokyo": {"Tokyo", "Osaka", "Sapporo"},
    "Australia/Adelaide": {"Adelaide"},
    "Australia/Sydney": {"Sydney"},
    "Europe/Athens": {"Athens"},
    "Europe/Berlin": {"Berlin"},
    "Europe/Copenhagen": {"Copenhagen"},
    "Europe/Dublin": {"Dublin"},
    "Europe/Istanbul": {"Istanbul"},
    "Europe/Kyiv": {"Kyiv"},
    "Europe/London": {"London", "Edinburgh"},
    "Europe/Madrid": {"Madrid"},
    "Europe/Paris": {"Paris"},
    "Europe/Prague": {"Prague"},
    "Europe/Sofia": {"Sofia"},
    "Europe/Stockholm": {"Stockholm"},
    "Europe/Warsaw": {"Warsaw"},
}
"""Several names have the same clock all year; which one stands there is the bridge's choice."""


def members(group: str) -> set[str]:
    """Who is in a group of the sample."""
    groups = json.loads((files("provisor.gallery") / "contoso" / "groups.json").read_bytes())
    return {name.lower() for one in groups if one["displayName"] == group for name in one["members"]}


def address_of(row: dict[str, str]) -> str:
    """The address by which the desk knows somebody: their mail, or their user name where they have none."""
    return (row["mail"] or row["userPrincipalName"]).lower()


def expected(rows: dict[str, dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Who is to stand at the desk, and how, by address; time zones apart."""
    assigned, agents = members("All Employees") | members("Service Desk"), members("Service Desk")
    present = {
        name.lower(): row
        for name, row in rows.items()
        if name.lower() in assigned and row["accountEnabled"].lower() == "true"
    }
    return {
        address_of(row): {
            "first_name": row["givenName"],
            "last_name": row["surname"],
            "is_agent": name in agents,
            "active": True,
            "department": row["department"],
            "manager": address_of(present[row["manager"].lower()]) if row["manager"].lower() in present else None,
            "work_phone_number": row["telephoneNumber"] or None,
            "mobile_phone_number": row["mobilePhone"] or None,
            "job_title": row["jobTitle"],
            "address": row["officeLocation"],
            "language": LANGUAGES[row["preferredLanguage"]],
        }
        for name, row in present.items()
    }


@pytest.fixture(scope="module")
def rows(first_run: tuple[Path, Done]) -> dict[str, dict[str, str]]:
    """The directory's file, by user name."""
    return rows_of(first_run[0])


async def test_everybody_stands_there_as_the_directory_says(
    first_run: tuple[Path, Done], rows: dict[str, dict[str, str]]
) -> None:
    """Names, kind, department, manager, phones, title, office, language and time zone of every assigned person."""
    people = await look_at_desk(first_run[0])
    wanted = expected(rows)
    found = {
        address: {name: person[name] for name in next(iter(wanted.values()))} for address, person in people.items()
    }
    assert found == wanted
    zones = {address_of(row): row["extensionAttribute1"] for row in rows.values()}
    wrong = {
        a: (zones[a], one["time_zone"]) for a, one in people.items() if one["time_zone"] not in TIME_ZONES[zones[a]]
    }
    assert not wrong


async def test_the_cast_stands_as_their_parts_ask(
    first_run: tuple[Path, Done], rows: dict[str, dict[str, str]]
) -> None:
    """Ada reports to Frank, Grace is the one agent among them, Eve and the disabled are nowhere."""
    people = await look_at_desk(first_run[0])
    cast = {name: people.get(f"{name}@contoso.example") for name in ("ada", "boris", "chen", "dana", "frank", "grace")}
    assert all(cast.values())
    assert {name for name, person in cast.items() if person and person["is_agent"]} == {"grace"}
    assert {name: person["department"] for name, person in cast.items() if person} == {
        "ada": "Engineering",
        "boris": "Sales",
        "chen": "Finance",
        "dana": "Marketing",
        "frank": "Engineering",
        "grace": "IT",
    }
    assert cast["ada"]
    assert cast["ada"]["manager"] == "frank@contoso.example"
    disabled = {address_of(row) for row in rows.values() if row["accountEnabled"].lower() != "true"}
    assert len(disabled) == 7
    assert not (disabled | {"eve@contoso.example"}) & set(people)


def test_the_file_to_edit_is_the_whole_company(first_run: tuple[Path, Done]) -> None:
    """What the summary names for editing has everybody, in the columns of the admin center's download."""
    data, done = first_run
    file = data / "contoso.csv"
    assert f"directory import {file}" in done.out
    with file.open(newline="", encoding="utf-8-sig") as text:
        reader = csv.DictReader(text)
        assert len(list(reader)) == 300
        assert {"userPrincipalName", "accountEnabled", "manager", "extensionAttribute1"} <= set(reader.fieldnames or ())
