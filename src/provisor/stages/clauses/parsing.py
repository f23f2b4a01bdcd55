"""A clause written on one line: an attribute, an operator, and the rest as its value (`department EQUALS Sales`)."""

from provisor.model.rules import Clause
from provisor.stages.clauses.catalogue import UnknownOperator, find_operator
from provisor.stages.clauses.compiling import ClauseFault
from provisor.stages.clauses.operator import Arity


def parse_clause(text: str) -> Clause:
    """The clause; of several operators that it may begin with, the longest. Raises `ClauseFault`."""
    attribute, _, rest = text.strip().partition(" ")
    words = rest.split()
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        try:
            use = find_operator(name)
        except UnknownOperator:
            continue
        value = " ".join(words[count:])
        if use.operator.arity is Arity.UNARY:
            values: tuple[str, ...] = (value,) if value else ()
        else:
            values = (value.strip("'\""),)
        return Clause(attribute, use.name, values)
    raise ClauseFault(
        f"{text!r} is no condition: it is an attribute, an operator and a value.",
        remedy="Write it as a clause of a scoping filter, such as 'department EQUALS Sales' or 'mail IS NOT NULL'.",
    )
