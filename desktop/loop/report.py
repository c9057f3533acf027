"""The record of a simulated loop: a table, a chart of Dice by group, and a JSON file."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BEFORE_COLOUR, AFTER_COLOUR = "#999999", "#0072B2"

Rows = Sequence[tuple[str, str, float, float]]  # (image, group, Dice before, Dice after)


def paired_rows(
    before: Mapping[str, Any], after: Mapping[str, Any], name: str
) -> list[tuple[str, str, float, float]]:
    """(image, group, Dice before, Dice after) of one class, from two evaluations of the same images."""
    old = {row["key"]: row["classes"][name]["dice"] for row in before["per_image"] if name in row["classes"]}
    return [
        (row["key"], row["group"], float(old[row["key"]]), float(row["classes"][name]["dice"]))
        for row in after["per_image"]
        if name in row["classes"] and row["key"] in old
    ]


def write_rows(path: Path, rows: Rows) -> None:
    """One line an image."""
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "group", "dice_before", "dice_after"])
        table.writerows((image, group, f"{a:.4f}", f"{b:.4f}") for image, group, a, b in rows)


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """The whole record as JSON."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def draw_groups(path: Path, rows: Rows, title: str) -> None:
    """A chart: for each group its mean Dice before and after, with a dot for every image."""
    # Imported here: it takes a second, and only a report needs it. This canvas needs no window system.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    groups = _by_group(rows)
    order = sorted(groups, key=lambda g: _mean(groups[g], 1))
    figure = Figure(figsize=(8, 1.2 + 0.34 * len(order)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for place, group in enumerate(order):
        pairs = groups[group]
        before, after = _mean(pairs, 0), _mean(pairs, 1)
        axes.plot([before, after], [place, place], color="#cccccc", linewidth=2, zorder=1)
        for which, colour, offset in ((0, BEFORE_COLOUR, -0.14), (1, AFTER_COLOUR, 0.14)):
            values = [pair[which] for pair in pairs]
            axes.scatter(values, [place + offset] * len(values), s=7, color=colour, alpha=0.35, linewidths=0)
        axes.scatter(
            [before], [place], s=46, color=BEFORE_COLOUR, marker="o", zorder=2, label=_once("before", place)
        )
        axes.scatter(
            [after], [place], s=46, color=AFTER_COLOUR, marker="D", zorder=2, label=_once("after", place)
        )
    axes.set_yticks(range(len(order)), [f"{group}  ({len(groups[group])})" for group in order])
    axes.set_ylabel("group (images)")
    axes.set_xlabel("Dice")
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", color="#eeeeee")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    axes.set_title(title, fontsize=10, loc="left")
    figure.savefig(path, dpi=110)


def _once(text: str, place: int) -> str | None:
    return text if place == 0 else None


def _by_group(rows: Rows) -> dict[str, list[tuple[float, float]]]:
    groups: dict[str, list[tuple[float, float]]] = {}
    for _, group, before, after in rows:
        groups.setdefault(group, []).append((before, after))
    return groups


def _mean(pairs: Sequence[tuple[float, float]], which: int) -> float:
    return sum(pair[which] for pair in pairs) / len(pairs)
