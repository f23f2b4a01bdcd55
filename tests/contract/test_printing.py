"""What the commands print for programs."""

import csv
import io
import json

import pytest

from provisor.cli.printing import Format, print_rows

ROWS = [{"name": "=HYPERLINK(1)", "tags": ["+1", "b"], "on": True}, {"name": 'Ada, "A"', "tags": None, "on": False}]
COLUMNS = ("name", "tags", "on")


def test_no_cell_of_a_listing_is_run_as_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    """A listing in CSV can be opened in a spreadsheet: what would be a formula there is text."""
    print_rows(ROWS, COLUMNS, Format.CSV)
    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header == list(COLUMNS)
    assert rows == [["'=HYPERLINK(1)", "'+1, b", "yes"], ['Ada, "A"', "", "no"]]


def test_json_is_the_rows_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON is for programs: nothing is changed, and an empty listing is an empty list."""
    print_rows(ROWS, COLUMNS, Format.JSON)
    assert json.loads(capsys.readouterr().out) == ROWS
    print_rows([], COLUMNS, Format.JSON, empty="Nobody.")
    assert json.loads(capsys.readouterr().out) == []
