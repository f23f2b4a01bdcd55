"""Runs the corpus of expressions: text, source and clock in, canonical result out."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisor.expressions.compiler import Context, EvaluationFault, compile_expression
from provisor.expressions.parser import parse
from provisor.expressions.printing import print_expression
from provisor.expressions.values import as_printed

CORPUS = Path(__file__).parents[2] / "corpus" / "expressions.json"
VECTORS = json.loads(CORPUS.read_text(encoding="utf-8"))
DEFAULT_NOW = "2025-07-30T00:00:00Z"


def context_of(vector: dict) -> Context:
    """The context that a vector describes; chance is seeded."""
    taken = set(vector.get("taken", ()))
    return Context(
        source=vector["source"],
        now=datetime.fromisoformat(vector.get("now", DEFAULT_NOW)).astimezone(UTC),
        random=random.Random(7).randrange,
        new_guid=lambda: "00000000-0000-4000-8000-000000000000",
        is_taken=taken.__contains__,
        default_domain="contoso.com",
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["expression"][:60])
def test_vector_gives_its_result(vector: dict) -> None:
    """The published result, whether the expression comes as text or as a tree."""
    for compiled in (compile_expression(vector["expression"]), compile_expression(parse(vector["expression"]))):
        try:
            result = as_printed(compiled.evaluate(context_of(vector)))
        except EvaluationFault as fault:
            result = {"$error": fault.message}
        assert result == vector["result"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["expression"][:60])
def test_vector_survives_printing(vector: dict) -> None:
    """Canonical text parses to the same tree and prints as itself."""
    tree = parse(vector["expression"])
    text = print_expression(tree)
    assert parse(text) == tree
    assert print_expression(parse(text)) == text


def test_corpus_is_complete() -> None:
    """All published vectors are in the corpus."""
    assert len(VECTORS) >= 181
