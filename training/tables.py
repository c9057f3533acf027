"""The comma-separated tables of a dataset; every complaint names the file and the line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file (from 1, the header's line counted) and its values by column name."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns, in order, and its rows."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def error(self, row: Row, text: str) -> DatasetError:
        """The error for one row of this table."""
        return DatasetError(f"{self.path.name}, line {row.line}: {text}", self.path)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def read_table(path: Path, required: Sequence[str]) -> Table | None:
    """The table in ``path``, or None when there is no such file.

    Raises DatasetError for a missing column, a row of another length than the header, an empty value in
    the first column, and a file that is no text.
    """
    if not path.is_file():
        return None
    try:
        # Names of files are bytes on some systems: surrogateescape brings them back unchanged.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            return _read(path, csv.reader(stream, strict=True), required)
    except (OSError, csv.Error) as error:
        raise DatasetError(f"{path.name} cannot be read: {error}.", path) from error


def _read(path: Path, reader: Iterator[list[str]], required: Sequence[str]) -> Table:
    columns = tuple(name.strip() for name in next(reader, []))
    missing = [name for name in required if name not in columns]
    if missing:
        raise DatasetError(f'{path.name}, line 1: the column "{missing[0]}" is missing.', path)
    if len(set(columns)) != len(columns):
        raise DatasetError(f"{path.name}, line 1: a column stands there twice.", path)
    rows = []
    for values in reader:
        line: int = reader.line_num  # type: ignore[attr-defined]
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(columns):
            raise DatasetError(
                f"{path.name}, line {line}: {len(values)} values where the header has {len(columns)}.", path
            )
        row = {name: value.strip() for name, value in zip(columns, values, strict=True)}
        if "image" in row:
            # A file's name may begin or end with a space; who looks it up tries it as it is first.
            row["image"] = values[columns.index("image")]
        if not row[required[0]].strip():
            raise DatasetError(f'{path.name}, line {line}: "{required[0]}" is empty.', path)
        rows.append(Row(line, row))
    return Table(path, columns, tuple(rows))
