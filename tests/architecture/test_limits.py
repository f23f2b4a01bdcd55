"""The limits of the SCIM endpoint are named, and the page that lists them says what the code does."""

import importlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "provisor"
PAGE = ROOT / "docs" / "reference" / "scim-server.md"
ROW = re.compile(r"^\| .* \| `([\w/]+\.py)` `([A-Z_]+)` \| (\S+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"^([A-Z][A-Z_]*_MAX)\b", re.MULTILINE)

NO_CLIENT_MEETS: dict[str, str] = {
    "ADDRESSES_READ_MAX": "addresses of proxies that are looked at",
    "ATTRIBUTES_MAX": "of an administrator's schema file",
    "BODY_BYTES_KEPT_MAX": "what the log keeps",
    "CHECK_SECONDS_MAX": "patience of /readyz",
    "DETAIL_CHARACTERS_MAX": "length of our own sentences",
    "ELEMENTS_KEPT_MAX": "what the log keeps",
    "EVENT_HOURS_MAX": "deliveries to webhooks",
    "EXCERPT_CHARACTERS_MAX": "length of our own sentences",
    "FLOOD_ROWS_MAX": "what the log keeps",
    "FULL_BYTES_MAX": "larger changes are told as a notice",
    "INTEGER_MAX": "what an integer is",
    "LENGTH_DIGITS_MAX": "a length that is beyond every limit",
    "NAMES_TOLD_MAX": "what the log keeps",
    "NAME_CHARACTERS_MAX": "of an administrator's schema file",
    "PATHS_REMEMBERED_MAX": "memory",
    "QUERY_CHARACTERS_KEPT_MAX": "what the log keeps",
    "REFUSALS_MAX": "deliveries to webhooks",
    "RETRY_SECONDS_MAX": "deliveries to webhooks",
    "START_INDEX_MAX": "beyond it a page is empty",
    "TEXT_CHARACTERS_KEPT_MAX": "what the log keeps",
    "TOKENS_REMEMBERED_MAX": "memory",
}


def test_the_page_says_what_the_code_does() -> None:
    """Every row names a constant by its file, with its value."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(rows) > 15
    for file, name, value, _ in rows:
        module = importlib.import_module(f"provisor.{file.removesuffix('.py').replace('/', '.')}")
        assert float(value) == getattr(module, name), name


def test_no_limit_is_missing_on_the_page() -> None:
    """A constant that bounds what a client may send has its row; the others say why they have none."""
    listed = {name for _, name, _, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    found = set()
    for room in ("server", "scim"):
        for path in (SOURCE / room).rglob("*.py"):
            found |= set(NAMED.findall(path.read_text(encoding="utf-8")))
    assert found - listed == set(NO_CLIENT_MEETS)
    assert listed <= found
