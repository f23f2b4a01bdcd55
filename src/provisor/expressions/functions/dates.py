"""Functions that read and count dates (mapping spec §3.1, §3.6): CDate, DateAdd, DateDiff, Now and FILETIME numbers."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from provisor.expressions.calls.arguments import Arguments
from provisor.expressions.calls.coercion import to_moment, to_single
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.calls.signature import Example, Function, Parameter, ValueType, constant, place
from provisor.expressions.dotnet.dates import count_ticks, from_ticks, parse_ticks
from provisor.expressions.faults import EvaluationFault, Fault, fail, quote_value, suggest
from provisor.expressions.nodes import Call
from provisor.expressions.values import as_utc, canonical_text

_SECONDS = {"ww": 604_800, "d": 86_400, "h": 3_600, "n": 60, "s": 1}
_MONTHS = {"yyyy": 12, "m": 1}
INTERVALS = (*_MONTHS, *_SECONDS)
_WEEK_DAYS = 7


def _check_interval(call: Call) -> Iterator[Fault]:
    interval = constant(call, 0)
    if interval is not None and interval not in INTERVALS:
        meant = suggest(str(interval), INTERVALS)
        hint = f" Did you mean `{meant}`?" if meant else ""
        message = f"`{interval}` is no interval of `{call.name}`; they are {', '.join(INTERVALS)}.{hint}"
        yield Fault(place(call, 0), message)


def _no_interval(function: str, interval: str) -> EvaluationFault:
    return EvaluationFault(f"{function}: {quote_value(interval)} is no interval; they are {', '.join(INTERVALS)}.")


def _build_date_add(arguments: Arguments) -> Evaluate:
    read_interval, read_count, read_moment = arguments.text(0), arguments.integer(1), arguments.moment(2)

    def evaluate(context: Context) -> datetime:
        interval, count, moment = read_interval(context) or "", read_count(context), read_moment(context)
        if count is None:
            fail("DateAdd: value is empty.")
        if interval not in INTERVALS:
            raise _no_interval("DateAdd", interval)
        try:
            return add_interval(moment, interval, count)
        except (OverflowError, ValueError):
            fail(f"DateAdd: the result is beyond the years 1 to 9999 ({count} {interval}).")

    return evaluate


def add_interval(moment: datetime, interval: str, count: int) -> datetime:
    """A moment so many intervals later. Raises `OverflowError` or `ValueError` beyond the years 1 to 9999."""
    if interval in _MONTHS:
        return _add_months(moment, count * _MONTHS[interval])
    return moment + timedelta(seconds=count * _SECONDS[interval])


def _add_months(moment: datetime, months: int) -> datetime:
    """Calendar arithmetic: 31 January and a month is the last day of February."""
    total = moment.year * 12 + moment.month - 1 + months
    year, month = total // 12, total % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def _build_date_diff(arguments: Arguments) -> Evaluate:
    read_interval, read_first, read_second = arguments.text(0), arguments.moment(1), arguments.moment(2)

    def evaluate(context: Context) -> int:
        interval = read_interval(context) or ""
        first, second = read_first(context), read_second(context)
        if interval == "yyyy":
            return second.year - first.year
        if interval == "m":
            return 12 * (second.year - first.year) + second.month - first.month
        if interval == "ww":
            days = _truncate(second - first, _SECONDS["d"], _weekday(first) - _weekday(second))
            return int(days / _WEEK_DAYS)
        if interval in _SECONDS:
            return _truncate(second - first, _SECONDS[interval])
        raise _no_interval("DateDiff", interval)

    return evaluate


def _weekday(moment: datetime) -> int:
    """Days since Sunday: how far a date is moved back to the beginning of its week."""
    return moment.isoweekday() % _WEEK_DAYS


def _truncate(difference: timedelta, unit_seconds: int, extra_units: int = 0) -> int:
    """A difference in whole units, the rest dropped toward zero."""
    unit = timedelta(seconds=unit_seconds)
    total = difference + extra_units * unit
    return total // unit if total >= timedelta(0) else -(-total // unit)


def _build_cdate(arguments: Arguments) -> Evaluate:
    return arguments.moment(0)


def _build_now(_arguments: Arguments) -> Evaluate:
    return lambda context: as_utc(context.now)


def _build_date_from_num(arguments: Arguments) -> Evaluate:
    read = arguments.integer(0)

    def evaluate(context: Context) -> datetime:
        ticks = read(context)
        if ticks is None:
            fail("DateFromNum: value is empty.", "Guard it with IIF or Switch where it may be.")
        moment = from_ticks(ticks)
        if moment is None:
            fail(f"DateFromNum: {quote_value(ticks)} is beyond the years 1601 to 9999.")
        return moment

    return evaluate


def _build_num_from_date(arguments: Arguments) -> Evaluate:
    read, where = arguments.value(0), arguments.where(0)

    def evaluate(context: Context) -> int:
        value = to_single(read(context))
        # Text is read by itself: it may hold a digit more than a moment keeps.
        ticks = parse_ticks(value) if isinstance(value, str) else None
        if ticks is None:
            ticks = count_ticks(to_moment(value, where))
        if ticks < 0:
            fail(f"NumFromDate: {quote_value(canonical_text(value))} is before 1601.")
        return ticks

    return evaluate


def _date_function(
    name: str,
    description: str,
    parameters: tuple[Parameter, ...],
    example: Example,
    build: Callable[[Arguments], Evaluate],
    *,
    returns: ValueType = ValueType.DATETIME,
    is_pure: bool = True,
) -> Function:
    check = _check_interval if parameters and parameters[0].name == "interval" else None
    return Function(name, description, parameters, example, build, returns, check, is_pure)


_INTERVAL = Parameter("interval")
_DAY = {"employeeHireDate": "2025-08-01"}

FUNCTIONS = (
    _date_function(
        "CDate",
        "A date read from text, in UTC. Null and empty text are errors.",
        (Parameter("expression"),),
        Example('CDate("2025-08-01+02:00")', "7/31/2025 10:00:00 PM"),
        _build_cdate,
    ),
    _date_function(
        "Now",
        "The present moment, in UTC; the same one for a whole cycle.",
        (),
        Example('DateDiff("d", Now(), Now())', "0"),
        _build_now,
        is_pure=False,
    ),
    _date_function(
        "DateAdd",
        "A date so many intervals later, or earlier for a negative number.",
        (_INTERVAL, Parameter("value", ValueType.INTEGER), Parameter("dateTime", ValueType.DATETIME)),
        Example('DateAdd("m", 1, CDate("2025-01-31"))', "2/28/2025 12:00:00 AM"),
        _build_date_add,
    ),
    _date_function(
        "DateDiff",
        "How many intervals the second date is later than the first; negative when it is earlier.",
        (_INTERVAL, Parameter("date1", ValueType.DATETIME), Parameter("date2", ValueType.DATETIME)),
        Example('DateDiff("d", CDate("2025-07-25"), CDate([employeeHireDate]))', "7", _DAY),
        _build_date_diff,
        returns=ValueType.INTEGER,
    ),
    _date_function(
        "DateFromNum",
        "The date of a Windows FILETIME number, which counts 100 nanoseconds since 1601.",
        (Parameter("value", ValueType.INTEGER),),
        Example("DateFromNum(133984800000000000)", "8/1/2025 12:00:00 AM"),
        _build_date_from_num,
    ),
    _date_function(
        "NumFromDate",
        "The Windows FILETIME number of a date in ISO 8601 form; its offset is honoured.",
        (Parameter("value", ValueType.DATETIME),),
        Example('NumFromDate("2025-08-01T00:00:00Z")', "133984800000000000"),
        _build_num_from_date,
        returns=ValueType.INTEGER,
    ),
)
