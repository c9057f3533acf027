"""The table of measures as text for a spreadsheet, and writing a single file whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from desktop.project.measures import ClassMeasures, Spacing

Row = Sequence[str | int | float | None]


def table(
    image: str,
    classes: Mapping[int, str],
    measures: Mapping[int, ClassMeasures],
    spacing: Spacing | None,
    point: str,
) -> list[Row]:
    """A head and a row for each class: counts, pixels, and millimetres where the spacing is known.

    What is not known (no spacing, no point, no lesion) is empty, never 0.
    """
    place = f" to {point}" if point else ""
    head: Row = (
        *("image", "class", "lesions", "area_px", "mean_px", "largest_px", "share_of_image"),
        *(f"nearest{place}_px", "area_mm2", "mean_mm2", "largest_mm2", f"nearest{place}_mm", "mm_per_px_x"),
        "mm_per_px_y",
    )
    rows = [head]
    for class_id, name in classes.items():
        one = measures.get(class_id)
        if one is not None:
            rows.append((image, name, *_figures(one), *_millimetres(one, spacing)))
    return rows


def _figures(one: ClassMeasures) -> Row:
    mean = round(one.mean_px, 3) if one.count else None
    largest = one.largest_px if one.count else None
    nearest = round(one.nearest_px, 3) if one.nearest_px is not None else None
    return one.count, one.area_px, mean, largest, round(one.share, 8), nearest


def _millimetres(one: ClassMeasures, spacing: Spacing | None) -> Row:
    if spacing is None:
        return (None,) * 6
    area = spacing.pixel_area
    sizes = (one.mean_px * area, one.largest_px * area) if one.count else (None, None)
    return (one.area_px * area, *sizes, one.nearest_mm(spacing), spacing.x_mm, spacing.y_mm)


def as_csv(rows: Sequence[Row]) -> str:
    """Comma-separated values (RFC 4180), six significant figures."""
    return _written(rows, ",")


def as_tsv(rows: Sequence[Row]) -> str:
    """The same with tabs, as a spreadsheet pastes it."""
    return _written(rows, "\t")


def _written(rows: Sequence[Row], delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n" if delimiter == "," else "\n")
    for row in rows:
        writer.writerow([_safe(value) for value in row])
    return out.getvalue()


def _safe(value: str | int | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"  # a name must not be run as a formula
    return str(value)


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8) whole or not at all. Raises OSError."""
    write_whole(path, lambda part: part.write_text(text, "utf-8", newline=""))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file beside its place, then put it there. Raises what ``write`` does, OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part{path.suffix}")
    try:
        write(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        if error.filename in (None, str(part), part):
            error.filename = str(path)  # what a person asked for, not what it was called meanwhile
        raise
    finally:
        part.unlink(missing_ok=True)
