"""Vendors' names stay where their quirks are (DESIGN §3)."""

import io
import tokenize
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "provisor"
VENDORS = ("freshservice", "entra", "okta", "microsoft", "azure")
ALLOWED = ("freshservice", "gallery", "server/dialects", "connectors", "cli", "bootstrap")
PROFILE = "strict_entra"  # a profile's name may carry one


def test_vendor_names_stay_in_their_rooms() -> None:
    """No identifier outside the vendors' rooms names a vendor; prose and data may."""
    found = []
    for path in SOURCE.rglob("*.py"):
        place = str(path.relative_to(SOURCE))
        if place.startswith(ALLOWED) or "migrations" in place:
            continue
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            name = token.string.lower()
            if token.type == tokenize.NAME and PROFILE not in name and any(vendor in name for vendor in VENDORS):
                found.append(f"{place}:{token.start[0]} {token.string}")
    assert not found
