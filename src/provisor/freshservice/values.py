"""Value lists of Freshservice: languages and time zones, in both directions (Freshservice spec §5).

Freshservice stores its own language codes and Ruby on Rails zone names; SCIM clients send BCP 47 tags and
IANA zones, Windows zone names or Rails names. What cannot be translated is None and is left out of the
payload: nobody fails for a language. The tables are data files beside this module, read once.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


@cache
def _table(name: str) -> dict[str, Any]:
    content = (files("provisor.freshservice") / "data" / f"{name}.json").read_bytes()
    table: dict[str, Any] = msgspec.json.decode(content)
    return table


@cache
def _language_ways() -> dict[str, str]:
    table = _table("languages")
    return {**table["tags"], **{code.lower(): code for code in table["codes"]}}


@cache
def _zone_ways() -> dict[str, str]:
    table = _table("time_zones")
    ways: dict[str, str] = {}
    for names in (table["windows"], table["iana"], {name: name for name in table["rails"]}):
        ways.update({name.lower(): rails for name, rails in names.items()})
    return ways


@cache
def _zone_ways_back() -> dict[str, str]:
    table = _table("time_zones")
    rails: dict[str, str] = table["rails"]
    return {name.lower(): zone for name, zone in rails.items()}


def to_language(tag: str) -> str | None:
    """The Freshservice language code for a BCP 47 tag or a code in any case; None when there is none.

    `ja` gives `ja-JP`, `en-US` gives `en`, `es-MX` gives `es-LA`, `zh-Hant-HK` gives `zh-TW`.
    """
    parts = tag.strip().lower().replace("_", "-").split("-")
    ways = _language_ways()
    for length in range(len(parts), 0, -1):
        if found := ways.get("-".join(parts[:length])):
            return found
    return None


def to_locale(language: str) -> str:
    """The BCP 47 tag for a Freshservice language code."""
    table: dict[str, str] = _table("languages")["bcp47"]
    return table.get(language, language)


def to_time_zone(name: str) -> str | None:
    """The Rails zone name for an IANA zone or alias, a Windows name or a Rails name; None when unknown.

    An IANA zone without a Rails name of its own gets one whose clock shows the same time all year.
    """
    return _zone_ways().get(name.strip().lower())


def to_iana(rails_name: str) -> str:
    """The IANA zone of a Rails zone name; an unknown name is given back as it is."""
    return _zone_ways_back().get(rails_name.strip().lower(), rails_name)
