"""SCIM filters as SQL conditions, as far as columns can answer them (RFC 7644 §3.4.2.2).

A condition never loses a match: what it lets through is either exactly what the filter means, or more, and then the
filter itself is evaluated in memory over what came through. Every condition is true or false, never null, so that
`not` means in SQL what it means in memory. Text is compared by code point, folded as the columns are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import ge, gt, le, lt

import sqlalchemy as sa
from sqlalchemy.sql.elements import Grouping

from provisor.scim.checking.comparing import comparable_literal
from provisor.scim.filter import And, Comparison, Filter, Not, Operator, Or, Present, ValuePath
from provisor.scim.filter_eval import comparable_place
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA
from provisor.scim.schema import AttributeType, Place, ResourceType
from provisor.store.encoding import time_text
from provisor.store.scim_tables import GROUP, USER, members, resources, values

Condition = sa.ColumnElement[bool]
TextColumn = sa.ColumnElement[str | None]

JOINED_AT_ONCE = 16
NANOSECONDS_PER_MILLISECOND = 1_000_000
_FIRST_DAY = datetime(1, 1, 1, tzinfo=UTC)
_DAY_MILLISECONDS = 86_400_000
"""What `read_instant` counts for the first of January of the year 1."""
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_ORDER: dict[Operator, Callable[[TextColumn, str], Condition]] = {
    Operator.GT: gt,
    Operator.GE: ge,
    Operator.LT: lt,
    Operator.LE: le,
}
_COLUMNS: dict[tuple[str | None, str], TextColumn] = {
    (None, "id"): resources.c.id,
    (None, "userName"): resources.c.user_name,
    (None, "externalId"): resources.c.external_id,
    (None, "displayName"): resources.c.display_name,
    (None, "meta.created"): resources.c.created,
    (None, "meta.lastModified"): resources.c.last_modified,
    (ENTERPRISE_SCHEMA, "manager.value"): resources.c.manager_id,
}
_LISTED: dict[tuple[str | None, str], bool] = {
    (None, "emails.value"): False,
    (ENTERPRISE_SCHEMA, "employeeNumber"): False,
}
"""What the table of values holds, and whether exactly: those that are not are folded there."""
_IS_CASE_EXACT = {"id": True, "externalId": True, "manager.value": True, "userName": False, "displayName": False}


@dataclass(frozen=True, slots=True)
class SqlFilter:
    """`condition` None lets everything through; `is_exact` says that nothing is left to evaluate."""

    condition: Condition | None
    is_exact: bool


NOTHING_KNOWN = SqlFilter(None, is_exact=False)


def column_of(place: Place | None, type_: ResourceType) -> TextColumn | None:
    """The column that holds what a place holds, in comparable form; None where there is none."""
    if place is None or place.attribute.is_multivalued:
        return None
    name = _path_of(place)
    if place.leaf.type not in {AttributeType.STRING, AttributeType.DATE_TIME}:  # a schema file may declare others
        return None
    if place.leaf.type is not AttributeType.DATE_TIME and _IS_CASE_EXACT.get(name) != place.leaf.is_case_exact:
        return None
    if name == "userName" and type_.name != USER:  # other types keep no such column
        return None
    return _COLUMNS.get((place.container, name))


def translate_filter(filter_: Filter, type_: ResourceType, *, is_postgres: bool) -> SqlFilter:
    """What SQL can do for a filter on resources of a type."""
    match filter_:
        case And(terms):
            parts = [translate_filter(term, type_, is_postgres=is_postgres) for term in terms]
            conditions = [part.condition for part in parts if part.condition is not None]
            joined = _join(sa.and_, conditions) if conditions else None
            return SqlFilter(joined, is_exact=all(part.is_exact for part in parts))
        case Or(terms):
            parts = [translate_filter(term, type_, is_postgres=is_postgres) for term in terms]
            some = [part.condition for part in parts if part.condition is not None]
            if len(some) < len(parts):
                return NOTHING_KNOWN
            return SqlFilter(_join(sa.or_, some), is_exact=all(part.is_exact for part in parts))
        case Not(term):
            part = translate_filter(term, type_, is_postgres=is_postgres)
            if part.condition is None or not part.is_exact:
                return NOTHING_KNOWN
            return SqlFilter(sa.not_(part.condition), is_exact=True)
        case ValuePath(path, And(terms)):
            # One element must satisfy all terms; somebody must at least have the value that one of them names.
            named = [_translate_leaf(ValuePath(path, term), type_, is_postgres) for term in terms]
            return SqlFilter(next((each for each in named if each is not None), None), is_exact=False)
        case _:
            condition = _translate_leaf(filter_, type_, is_postgres)
            return SqlFilter(condition, is_exact=condition is not None)


class _Bracketed(Grouping[bool]):
    """A condition in brackets that stay, also where they change no meaning."""

    inherit_cache = True
    operator = None


def _join(join: Callable[..., Condition], conditions: Sequence[Condition]) -> Condition:
    """Conditions joined in brackets of some: SQLite bounds how deep an expression is, and a chain is one as long."""
    if len(conditions) <= JOINED_AT_ONCE:
        return join(*conditions)
    starts = range(0, len(conditions), JOINED_AT_ONCE)
    return join(*(_Bracketed(join(*conditions[start : start + JOINED_AT_ONCE])) for start in starts))


def _translate_leaf(filter_: Filter, type_: ResourceType, is_postgres: bool) -> Condition | None:
    match filter_:
        case Comparison(path, operator, value):
            found = type_.find(path)
            place = comparable_place(found) if found is not None else None
            if place is None:
                return None
            if operator is Operator.EQ and isinstance(value, str):
                listed = _has_listed(place, type_, value)
                if listed is not None:
                    return listed
            column = column_of(place, type_)
            return None if column is None else _compare(column, place, filter_, is_postgres)
        case Present(path):
            found = type_.find(path)
            if found is None or found.leaf.is_complex:
                return None
            column = column_of(found, type_)
            return None if column is None else column.is_not(None) & (column != "")
        case ValuePath(path, Comparison(inner_path, Operator.EQ, str() as value)):
            found = type_.find(path)
            sub = found.attribute.sub(inner_path.attribute) if found is not None else None
            if found is None or sub is None or inner_path.sub_attribute is not None or inner_path.schema is not None:
                return None
            return _has_listed(Place(found.container, found.attribute, sub), type_, value)
        case _:
            return None


def _is_member_id(place: Place, type_: ResourceType) -> bool:
    return (
        type_.name == GROUP
        and place.container is None
        and place.attribute.name == "members"
        and place.sub_attribute is not None
        and place.sub_attribute.name == "value"
    )


def _has_listed(place: Place, type_: ResourceType, value: str) -> Condition | None:
    """Whether one of the values at a place equals the given one, where a table of its own tells."""
    if _is_member_id(place, type_):
        return _has_member(value)
    path = _path_of(place)
    if type_.name != USER or _LISTED.get((place.container, path)) != place.leaf.is_case_exact:
        return None
    wanted = comparable_literal(place.leaf, value)
    if not isinstance(wanted, str) or "\0" in wanted:
        return sa.false()
    name = path if place.container is None else place.leaf.name
    found = sa.select(values.c.resource_number).where(values.c.path == name, values.c.value == wanted)
    return resources.c.number.in_(found)


def _path_of(place: Place) -> str:
    sub = place.sub_attribute
    return place.attribute.name if sub is None else f"{place.attribute.name}.{sub.name}"


def _has_member(member_id: str) -> Condition:
    if "\0" in member_id:
        return sa.false()
    return (
        sa.exists()
        .where(members.c.group_number == resources.c.number)
        .where(members.c.tenant == resources.c.tenant, members.c.member_id == member_id)
    )


def _compare(column: TextColumn, place: Place, comparison: Comparison, is_postgres: bool) -> Condition:
    operator, literal = comparison.operator, comparison.value
    if literal is None:
        present = column.is_not(None) & (column != "")
        if operator is Operator.EQ:
            return sa.not_(present)
        return present if operator is Operator.NE else sa.false()
    if operator is Operator.NE:
        equal = Comparison(comparison.path, Operator.EQ, literal)
        return sa.not_(_compare(column, place, equal, is_postgres))
    wanted = comparable_literal(place.leaf, literal)
    if isinstance(wanted, int):
        return _compare_instant(column, operator, wanted)
    if not isinstance(wanted, str) or "\0" in wanted:  # no column can hold a zero character
        return _compare_with_zero(column, operator, wanted)
    return column.is_not(None) & _compare_text(column, operator, wanted, is_postgres)


def _compare_with_zero(column: TextColumn, operator: Operator, wanted: object) -> Condition:
    """Beside a text with a zero character: equality and parts cannot be; order is decided by what precedes it."""
    if not isinstance(wanted, str) or operator not in _ORDER:
        return sa.false()
    prefix = wanted.partition("\0")[0]
    is_above = operator in {Operator.GT, Operator.GE}
    return column.is_not(None) & ((column > prefix) if is_above else (column <= prefix))


def _compare_text(column: TextColumn, operator: Operator, wanted: str, is_postgres: bool) -> Condition:
    if operator is Operator.EQ:
        return column == wanted
    if operator in _ORDER:
        return _ORDER[operator](column, wanted)
    if not wanted:
        return sa.true()
    if operator is Operator.SW:
        return _starts_with(column, wanted)
    if operator is Operator.EW:
        end = sa.func.right(column, len(wanted)) if is_postgres else sa.func.substr(column, -len(wanted))
        return end == wanted
    position = sa.func.strpos(column, wanted) if is_postgres else sa.func.instr(column, wanted)
    return position > 0


def _starts_with(column: TextColumn, wanted: str) -> Condition:
    """A range that the index can walk, and the test itself."""
    condition = (column >= wanted) & (sa.func.substr(column, 1, len(wanted)) == wanted)
    following = ord(wanted[-1]) + 1
    if following in _SURROGATES:
        following = _SURROGATES.stop
    if following <= _LAST_CODE_POINT:
        condition &= column < wanted[:-1] + chr(following)
    return condition


def _compare_instant(column: TextColumn, operator: Operator, nanoseconds: int) -> Condition:
    """Columns hold whole milliseconds: a finer literal lies between two of them."""
    if operator not in _ORDER and operator is not Operator.EQ:
        return sa.false()
    milliseconds, rest = divmod(nanoseconds, NANOSECONDS_PER_MILLISECOND)
    try:
        moment = _FIRST_DAY + timedelta(milliseconds=milliseconds - _DAY_MILLISECONDS)
    except OverflowError:  # an offset moved it out of the calendar, at one end or the other
        is_late = nanoseconds > _DAY_MILLISECONDS * NANOSECONDS_PER_MILLISECOND
        is_below = operator in {Operator.LT, Operator.LE}
        return sa.true() if is_below == is_late and operator is not Operator.EQ else sa.false()
    text = time_text(moment)
    if operator is Operator.EQ:
        return (column == text) if rest == 0 else sa.false()
    if rest and operator in {Operator.GE, Operator.LT}:
        return column > text if operator is Operator.GE else column <= text
    return _ORDER[operator](column, text)
