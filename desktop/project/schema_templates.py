"""Schemas to start from: one JSON file each in ``resources/schemas``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from inference.errors import SchemaError
from inference.records import check_keys
from inference.schema import Schema

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "schemas"


@dataclass(frozen=True, slots=True)
class Template:
    """A schema with what a person reads of it before choosing it."""

    name: str
    title: str
    about: str
    schema: Schema
    order: int = 0


def read_template(path: Path) -> Template:
    """Read one template strictly. Raises SchemaError."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SchemaError(f"The template {path.name} cannot be read; install Overread again.") from error
    keys = check_keys(
        record,
        allowed=("title", "about", "order", "schema"),
        required=("title", "about", "schema"),
        where=path.name,
        error=SchemaError,
    )
    schema = Schema.from_dict(keys["schema"], path.name)
    return Template(path.stem, str(keys["title"]), str(keys["about"]), schema, int(keys.get("order", 0)))


def templates() -> tuple[Template, ...]:
    """Return all templates in their order. Raises SchemaError when one is damaged."""
    found = [read_template(path) for path in FOLDER.glob("*.json")]
    return tuple(sorted(found, key=lambda one: (one.order, one.title)))
