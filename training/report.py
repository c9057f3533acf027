"""The report of a run: curves, a table of its figures, and a page to read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_report(
    folder: Path,
    title: str,
    history: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    notes: Sequence[str],
) -> None:
    """Writes ``metrics.json``, ``curves.png`` and ``report.md`` into ``folder``.

    Args:
        history: one mapping an epoch, as in the run's ``epoch`` events.
        summary: ``best_epoch``, ``digest``, ``metrics`` (validation) and ``images``.
        notes: sentences that belong beside the figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = {"title": title, **summary, "notes": list(notes), "history": list(history)}
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (folder / "metrics.json").write_text(text + "\n", encoding="utf-8")
    if history:
        _draw_curves(folder / "curves.png", title, history, summary.get("best_epoch"))
    (folder / "report.md").write_text(_page(title, history, summary, notes), encoding="utf-8")


def _draw_curves(path: Path, title: str, history: Sequence[Mapping[str, Any]], best: int | None) -> None:
    # Imported here: it takes a second, and only a report needs it. Figure needs no window system.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    epochs = [entry["epoch"] for entry in history]
    for axes, keys in ((left, ("train_loss", "val_loss")), (right, ("val_dice", "val_grade_accuracy"))):
        for key, colour in zip(keys, ("#0072B2", "#D55E00"), strict=True):
            points = [(epoch, entry.get(key)) for epoch, entry in zip(epochs, history, strict=True)]
            points = [point for point in points if point[1] is not None]
            if points:
                axes.plot(*zip(*points, strict=True), label=key.replace("_", " "), color=colour, marker=".")
        if best and axes.lines:
            axes.axvline(best, color="#888888", linewidth=0.8, linestyle=":", label=f"best: epoch {best}")
        axes.set_xlabel("epoch")
        if axes.lines:
            axes.legend(frameon=False)
    left.set_ylabel("loss")
    right.set_ylim(0, 1)
    figure.suptitle(title)
    figure.savefig(path, dpi=120)


def _page(
    title: str, history: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], notes: Sequence[str]
) -> str:
    metrics = summary.get("metrics") or {}
    lines = [f"# {title}", ""]
    images = summary.get("images", {})
    lines += [
        f"Trained on {images.get('train', 0)} images, chosen on {images.get('val', 0)} validation images."
    ]
    if summary.get("best_epoch"):
        lines += [f"Best epoch: {summary['best_epoch']} of {len(history)}."]
    elif history and summary.get("digest"):
        lines += [f"None of {len(history)} epochs was better than the model it started from, which is kept."]
    if metrics.get("classes"):
        lines += [
            "",
            "| class | images | mean Dice at 0.5 | mean IoU at 0.5 | threshold | pooled Dice there |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {name} | {entry['images']} | {_show(entry['dice'])} | {_show(entry['iou'])} "
            f"| {entry['threshold']} | {_show(entry['dice_at_threshold'])} |"
            for name, entry in metrics["classes"].items()
        ]
        lines += [
            "",
            "On validation images at the network's resolution. In the means over images nothing predicted "
            "where nothing is true counts as 1; the pooled Dice counts all images' pixels together. The "
            "threshold is where it is highest, on these same images; the best epoch is the one in which its "
            "mean over the classes was.",
        ]
    if metrics.get("grades"):
        lines += ["", "| scale | images | accuracy | quadratic kappa |", "|---|---|---|---|"]
        lines += [
            f"| {name} | {entry['images']} | {_show(entry['accuracy'])} | {_show(entry['kappa'])} |"
            for name, entry in metrics["grades"].items()
        ]
    if notes:
        lines += ["", *(f"* {note}" for note in notes)]
    if history:
        lines += ["", "![curves](curves.png)"]
    return "\n".join(lines) + "\n"


def _show(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
