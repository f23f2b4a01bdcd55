"""The page about mappings says what there is."""

from pathlib import Path

from provisor.model.rules import FlowType

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "attribute-mappings.md"


def test_every_flow_type_has_its_row() -> None:
    """When a mapping applies."""
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{flow}` |" in page for flow in FlowType)
