"""Dates in text, custom formats of .NET, and counting."""

import pytest
from expression_contexts import evaluate, fails

READ = [
    ("2020-03-16", "3/16/2020 12:00:00 AM"),
    ("2020-03-16T07:00", "3/16/2020 7:00:00 AM"),
    ("2020-03-16 07:00:05.5", "3/16/2020 7:00:05 AM"),
    ("2020-03-16T07:00:00.1234567+01:00", "3/16/2020 6:00:00 AM"),
    ("2020-03-16 07:00 -0730", "3/16/2020 2:30:00 PM"),
    ("2020-03-16+08", "3/15/2020 4:00:00 PM"),
    ("3/16/2020", "3/16/2020 12:00:00 AM"),
    ("3/16/2020 12:05:00 AM", "3/16/2020 12:05:00 AM"),
    ("3/16/2020 12:05 pm", "3/16/2020 12:05:00 PM"),
    ("03-16-2020", "3/16/2020 12:00:00 AM"),
    ("2020/03/16 23:59", "3/16/2020 11:59:00 PM"),
    ("16 Mar 2020", "3/16/2020 12:00:00 AM"),
    ("Mon, 16 Mar 2020 07:00:00 GMT", "3/16/2020 7:00:00 AM"),
    ("March 16, 2020 1:45 PM", "3/16/2020 1:45:00 PM"),
    (" 2020-03-16 ", "3/16/2020 12:00:00 AM"),
]

UNREADABLE = [
    "junk",
    "2020-02-30",
    "2020-13-01",
    "2020-03-16T25:00:00Z",
    "3/16/2020 13:00 PM",
    "16 Foo 2020",
    "2020-03-16+15:00",
    "2020-03-16+01:75",
    "9999-12-31T23:59:59-08:00",
    "16.03.2020",
    "20200316",
]

FORMATTED = [
    ("2020-12-31+08:00", "yyyy-MM-ddzzz", "yyyy-MM-dd", "2020-12-30"),
    ("2020-12-31", "yyyy-MM-dd", "dddd, ddd d MMMM MMM yy h:mm tt t", "Thursday, Thu 31 December Dec 20 12:00 AM A"),
    ("20150123105347.123Z", "yyyyMMddHHmmss.fffZ", "HH:mm:ss.fff", "10:53:47.123"),
    ("2015-01-23 10:53:47.5", "yyyy-MM-dd HH:mm:ss.FFF", "s.FFF", "47.5"),
    ("2015-01-23 10:53:47", "yyyy-MM-dd HH:mm:ss.FFF", "s.FFF", "47"),
    ("5/6/2020 12:30 pm", "M/d/yyyy hh:mm tt", "HH:mm K zzz zz %z", "12:30 Z +00:00 +00 +0"),
    ("5/6/2020 12:30", "M/d/yyyy h:mm", "%H", "0"),
    ("06-MAY-2020", "dd-MMM-yyyy", "%M", "5"),
    ("6 may 20", "d MMMM yy", "yyyy", "2020"),
    ("6 May 50", "d MMMM yy", "yyyy", "1950"),
    ("Wed 6 May 2020", "ddd d MMM yyyy", "d", "5/6/2020"),
    ("on 6.5.2020", "'on' d.M.yyyy", "yyyy'/'MM\\Mg", "2020/05MA.D."),
    ("2020-05-06T10:00:00.0000000Z", "o", "u", "2020-05-06 10:00:00Z"),
    ("10:30", "HH:mm", "yyyy-MM-dd HH:mm", "2025-07-30 10:30"),
    ("05", "MM", "yyyy-MM-dd", "2025-05-01"),
    ("2020-05-06T10:00:00+02:00", "yyyy-MM-ddTHH:mm:ssK", "s", "2020-05-06T08:00:00"),
    ("2020-05-06 +2", "yyyy-MM-dd z", "HH", "22"),
]

MISMATCHED = [
    ("2020-5-6", "yyyy-MM-dd"),
    ("2020-05-06x", "yyyy-MM-dd"),
    ("2020-02-30", "yyyy-MM-dd"),
    ("Mon 6 May 2020", "ddd d MMM yyyy"),
    ("13:00 PM", "hh:mm tt"),
    ("5 6", "d dd"),
    ("2020-05-06+15:00", "yyyy-MM-ddzzz"),
    ("9999-12-31 20-08:00", "yyyy-MM-dd HHzzz"),
]

COUNTED = [
    ("d", "2024-01-01T00:00:01Z", "2024-01-03", "1"),
    ("d", "2024-01-03", "2024-01-01T00:00:01Z", "-1"),
    ("h", "2024-01-01", "2024-01-01T01:59:59Z", "1"),
    ("n", "2024-01-01T01:59:30Z", "2024-01-01", "-119"),
    ("m", "2024-01-31", "2024-02-01", "1"),
    ("yyyy", "2023-12-31", "2024-01-01", "1"),
    ("ww", "2024-01-06", "2024-01-07", "1"),
    ("ww", "2024-01-07", "2024-01-06", "-1"),
    ("ww", "2024-01-07", "2024-01-13", "0"),
]

ADDED = [
    ("m", 1, "2024-01-31", "2/29/2024 12:00:00 AM"),
    ("m", -13, "2024-03-31", "2/28/2023 12:00:00 AM"),
    ("yyyy", 1, "2024-02-29", "2/28/2025 12:00:00 AM"),
    ("s", '"-1"', "2024-01-01", "12/31/2023 11:59:59 PM"),
    ("n", 61, "2024-01-01", "1/1/2024 1:01:00 AM"),
]


@pytest.mark.parametrize(("text", "result"), READ)
def test_date_is_read(text: str, result: str) -> None:
    """CDate reads the usual forms and gives UTC."""
    assert evaluate("CDate([d])", {"d": text}) == result


@pytest.mark.parametrize("text", UNREADABLE)
def test_no_date_is_refused(text: str) -> None:
    """What is no date, or beyond the calendar, fails with the text."""
    assert "cannot read" in fails("CDate([d])", {"d": text}).message


@pytest.mark.parametrize(("text", "form", "output", "result"), FORMATTED)
def test_date_is_reformatted(text: str, form: str, output: str, result: str) -> None:
    """Each letter of a custom format reads and writes as in .NET."""
    source = {"d": text, "in": form, "out": output}
    assert evaluate("FormatDateTime([d], , [in], [out])", source) == result


@pytest.mark.parametrize(("text", "form"), MISMATCHED)
def test_mismatch_is_refused(text: str, form: str) -> None:
    """A value that does not have the form of its format is an error, not a guess."""
    assert "does not have the form" in fails('FormatDateTime([d], , [in], "yyyy")', {"d": text, "in": form}).message


@pytest.mark.parametrize(("interval", "first", "second", "result"), COUNTED)
def test_difference_is_counted(interval: str, first: str, second: str, result: str) -> None:
    """DateDiff counts as Visual Basic does: calendar units by their fields, others truncated toward zero."""
    assert evaluate(f'DateDiff("{interval}", CDate([a]), CDate([b]))', {"a": first, "b": second}) == result


@pytest.mark.parametrize(("interval", "count", "date", "result"), ADDED)
def test_interval_is_added(interval: str, count: object, date: str, result: str) -> None:
    """DateAdd goes by the calendar and clips the day to the month."""
    assert evaluate(f'DateAdd("{interval}", {count}, CDate([d]))', {"d": date}) == result


def test_filetime_keeps_its_last_digit() -> None:
    """NumFromDate counts in 100 nanoseconds, one digit more than a microsecond."""
    assert evaluate('NumFromDate("2012-01-01 23:00:00.1234567Z")') == "129699324001234567"
    assert evaluate("NumFromDate(DateFromNum(129699324000000000))") == "129699324000000000"


def test_computed_date_needs_no_matching_format() -> None:
    """A nested date function goes into FormatDateTime as it is."""
    assert evaluate('FormatDateTime(DateAdd("d", 1, Now()), , "junk yyyy", "yyyy-MM-dd")') == "2025-07-31"


def test_older_form_of_format_date_time() -> None:
    """Three arguments are source, inputFormat and outputFormat."""
    assert evaluate('FormatDateTime([d], "yyyyMMdd", "yyyy-MM-dd")', {"d": "20250801"}) == "2025-08-01"


@pytest.mark.parametrize(
    ("styles", "text", "result"),
    [
        ("AllowWhiteSpaces", " 2025 - 08 - 01 ", "2025-08-01"),
        ("AllowInnerWhite, AssumeUniversal", "2025 -08-01", "2025-08-01"),
        ("AllowLeadingWhite", " 2025-08-01", "2025-08-01"),
        ("", " 2025-08-01 ", "2025-08-01"),
    ],
)
def test_styles_allow_white_space(styles: str, text: str, result: str) -> None:
    """The style decides where white space may be."""
    expression = f'FormatDateTime([d], "{styles}", "yyyy-MM-dd", "yyyy-MM-dd")'
    assert evaluate(expression, {"d": text}) == result


def test_strict_style_takes_no_white_space() -> None:
    """The style None takes a value only as its format says."""
    assert "does not have the form" in fails('FormatDateTime([d], "None", "yyyy", "yyyy")', {"d": " 2025"}).message
