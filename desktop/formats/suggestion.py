"""What a folder itself says of its schema and its groups, for a project that is made from it."""

from __future__ import annotations

import json
from pathlib import Path

from desktop.formats.base import FormatError
from inference.schema import Schema, read_schema
from training.grouping import UNKNOWN, Grouping, by_folder, by_pattern, by_table
from training.tables import read_table

SCHEMA_FILE = "schema.json"
GROUPS_FILE = "groups.csv"
NO_CLASSES = frozenset({"fov", "field_of_view"})


def suggest_schema(folder: Path) -> Schema:
    """The schema in `schema.json` or `dataset.json`, else a class for each folder of `masks`, else none.

    Raises SchemaError when a schema is there and cannot be used.
    """
    if (folder / SCHEMA_FILE).is_file():
        return read_schema(folder / SCHEMA_FILE)
    record = folder / "dataset.json"
    if record.is_file():
        try:
            values = json.loads(record.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FormatError(f"{record} cannot be read as a dataset's record: {error}.") from error
        if isinstance(values, dict) and "schema" in values:
            return Schema.from_dict(values["schema"], "dataset.json")
    return _from_masks(folder / "masks")


def suggest_grouping(folder: Path) -> Grouping:
    """The groups in `groups.csv`, else unknown."""
    table = folder / GROUPS_FILE
    return grouping_of_table(table) if table.is_file() else UNKNOWN


def grouping_from(text: str) -> Grouping:
    """The grouping that a person gave: "folder", a table's file, or a regular expression on paths.

    Raises GroupingError or DatasetError for what is none of these.
    """
    if text == "folder":
        return by_folder()
    path = Path(text)
    if path.is_file():
        return grouping_of_table(path)
    if path.suffix.lower() == ".csv":
        raise FormatError(f"The table of groups {path} does not exist.")
    return by_pattern(text)


def grouping_of_table(path: Path) -> Grouping:
    """The grouping in a table with the columns image and group."""
    table = read_table(path, ("image", "group"))
    rows = table.rows if table is not None else ()
    return by_table((row.values["image"].strip(), row.values["group"]) for row in rows if row.values["group"])


def _from_masks(masks: Path) -> Schema:
    if not masks.is_dir():
        return Schema()
    entries = sorted(p for p in masks.iterdir() if not p.name.startswith("."))
    folders = [p.name for p in entries if p.is_dir() and p.name.lower() not in NO_CLASSES]
    images = masks.parent / "images"
    beside = {p.name for p in images.iterdir() if p.is_dir()} if images.is_dir() else set()
    if folders and not set(folders) <= beside:
        return _classes(folders)
    return _classes(["object"]) if entries else Schema()


def _classes(names: list[str]) -> Schema:
    schema = Schema()
    for name in names:
        schema = schema.add_class(name)
    return schema
