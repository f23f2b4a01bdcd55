"""Builders that the tests of the mapping language share: a context with a fixed clock, and evaluation in one step."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from provisor.expressions.compiler import Context, EvaluationFault, compile_expression
from provisor.expressions.values import as_printed

NOW = datetime(2025, 7, 30, tzinfo=UTC)


def context(source: Mapping[str, Any] | None = None, **changes: Any) -> Context:
    """A context with a fixed clock and seeded chance."""
    known = {
        "source": source or {},
        "now": NOW,
        "random": random.Random(7).randrange,
        "new_guid": lambda: "0A000000-0000-4000-8000-000000000000",
        "default_domain": "example.com",
    }
    return Context(**(known | changes))


def evaluate(expression: str, source: Mapping[str, Any] | None = None, **changes: Any) -> Any:
    """The result in the form of the vectors."""
    return as_printed(compile_expression(expression).evaluate(context(source, **changes)))


def fails(expression: str, source: Mapping[str, Any] | None = None, **changes: Any) -> EvaluationFault:
    """The failure that the evaluation ends in."""
    compiled = compile_expression(expression)
    with pytest.raises(EvaluationFault) as caught:
        compiled.evaluate(context(source, **changes))
    return caught.value
