"""How a text file is encoded, as far as spreadsheets and directories write them."""

import codecs
from pathlib import Path

PEEK_BYTES = 4
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect_encoding(path: Path) -> str:
    """By byte order mark, else by the zero bytes that UTF-16 has in Latin text, else UTF-8."""
    with path.open("rb") as file:
        start = file.read(PEEK_BYTES)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding
    if start[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if start[:1] == b"\0" else "utf-8"
