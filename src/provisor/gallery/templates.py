"""The gallery: application templates as data files, one JSON file each under `templates/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from provisor.model.errors import NotFound


@dataclass(frozen=True, slots=True)
class Template:
    """One template: what an application made from it starts with."""

    id: str
    name: str
    description: str
    app_roles: tuple[str, ...]
    schema: Mapping[str, Any]


@cache
def load_templates() -> Mapping[str, Template]:
    """All templates, by id."""
    found = {}
    for file in files("provisor.gallery").joinpath("templates").iterdir():
        if file.name.endswith(".json"):
            data = msgspec.json.decode(file.read_bytes())
            roles = tuple(role["value"] for role in data["appRoles"])
            found[data["id"]] = Template(data["id"], data["displayName"], data["description"], roles, data["schema"])
    return found


def get_template(template_id: str) -> Template:
    """One template. Raises `NotFound` with the names of those there are."""
    templates = load_templates()
    if template_id not in templates:
        raise NotFound(
            f"The gallery has no template {template_id!r}.", remedy=f"Use one of: {', '.join(sorted(templates))}."
        )
    return templates[template_id]
