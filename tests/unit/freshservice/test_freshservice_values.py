"""Languages and time zones: every way in, and the way back."""

import pytest

from provisor.freshservice.emulator.records.accepted import LANGUAGES, TIME_ZONES
from provisor.freshservice.values import _table, to_iana, to_language, to_locale, to_time_zone


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ja", "ja-JP"),
        ("en-US", "en"),
        ("nb", "nb-NO"),
        ("no", "nb-NO"),
        ("ru", "ru-RU"),
        ("sv-FI", "sv-SE"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh_TW", "zh-TW"),
        ("es-419", "es-LA"),
        ("es-MX", "es-LA"),
        ("es-ES", "es"),
        ("uk-UA", "UK"),
        ("lv", "LV"),
        ("cy", "cy-GB"),
        ("PT-br", "pt-BR"),
        ("pt-AO", "pt"),
        ("tlh", None),
        ("", None),
    ],
)
def test_a_tag_finds_its_language(tag: str, language: str | None) -> None:
    """What clients send as a locale becomes a code of Freshservice's list, or nothing."""
    assert to_language(tag) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_survives_the_way_out_and_back(language: str) -> None:
    """A locale read from us means the same language when it is sent back."""
    assert to_language(to_locale(language)) == language


@pytest.mark.parametrize(
    ("name", "rails"),
    [
        ("Europe/Berlin", "Berlin"),
        ("europe/berlin", "Berlin"),
        ("Europe/Kyiv", "Kyiv"),
        ("Europe/Kiev", "Kyiv"),
        ("America/Nuuk", "Greenland"),
        ("America/Toronto", "Eastern Time (US & Canada)"),
        ("US/Pacific", "Pacific Time (US & Canada)"),
        ("Asia/Calcutta", "Kolkata"),
        ("W. Europe Standard Time", "Berlin"),
        ("Eastern Standard Time", "Eastern Time (US & Canada)"),
        ("GMT Standard Time", "London"),
        ("India Standard Time", "Kolkata"),
        ("Edinburgh", "Edinburgh"),
        ("Nuku'alofa", "Nuku'alofa"),
        ("Mars/Olympus Mons", None),
    ],
)
def test_a_zone_name_of_any_kind_finds_its_rails_name(name: str, rails: str | None) -> None:
    """IANA zones with their aliases, Windows names and Rails names all arrive; the rest is left out."""
    assert to_time_zone(name) == rails


def test_the_way_back_prefers_the_known_city() -> None:
    """Where several Rails names share a zone, the zone comes back as its favourite and shows the same time."""
    assert to_time_zone(to_iana("Edinburgh")) == "London"
    assert to_time_zone(to_iana("Chennai")) == "Kolkata"
    assert to_iana("Somewhere Else") == "Somewhere Else"


def test_every_translation_is_accepted_by_the_service_desk() -> None:
    """No table entry leads to a name that the desk would refuse."""
    zones = _table("time_zones")
    accepted = set(TIME_ZONES)
    assert set(zones["rails"]) == accepted
    assert {*zones["iana"].values(), *zones["windows"].values()} <= accepted
    assert {to_time_zone(to_iana(name)) for name in accepted} <= accepted
    assert set(_table("languages")["tags"].values()) <= set(LANGUAGES)
