"""`python -m tests.benchmarks.desk_review FOLDER`: a scripted reviewer corrects predictions to true masks.

FOLDER holds photographs and `masks/<class>/<name>_<class>.*` (the layout of IDRiD). The images are copied;
the masks are read by the script alone, the project never sees them. Printed: gestures by tool, how busy the
window was with each event, and Dice with the truth before and after.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from inference.images import read_mask
from inference.schema import MaskClass, Schema, write_schema
from inference.waiting import wait_politely
from tests.benchmarks.reviewer import Bits, Corrected, Reviewer
from tests.benchmarks.window import open_window

STATISTICS = (("p50", "median"), ("p95", "p95"), ("p99", "p99"))
COLORS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")


def true_mask(folder: Path, class_name: str, stem: str, shape: tuple[int, int]) -> Bits:
    """The mask of a class; no file is an empty one."""
    for path in sorted((folder / "masks" / class_name).glob(f"{stem}_{class_name}.*")):
        return read_mask(path)
    return np.zeros(shape, np.bool_)


def prepare(source: Path, folder: Path, count: int) -> Schema:
    """Copy the first photographs, and write the schema that the mask folders ask for."""
    photographs = sorted(p for p in source.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    images = source / "images"
    if images.is_dir():
        photographs = sorted(p for p in images.iterdir() if p.is_file())
    for path in photographs[:count]:
        shutil.copy(path, folder / path.name)
    order = {name: at for at, name in enumerate(("MA", "HE", "EX", "SE"))}
    names = sorted((p.name for p in (source / "masks").iterdir()), key=lambda n: (order.get(n, 9), n))
    schema = Schema(tuple(MaskClass(i, name, color=COLORS[i]) for i, name in enumerate(names)))
    write_schema(folder / "schema.json", schema)
    return schema


def review(source: Path, count: int, pictures: Path | None) -> dict[str, object]:
    """Correct `count` images; the report as plain values."""
    corrected: list[tuple[str, Corrected]] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        schema = prepare(source, folder, count)
        with open_window(folder) as hand:
            reviewer, session, start = Reviewer(hand), hand.session, time.perf_counter()
            for done in range(count):
                at = session.position
                hand.wait(
                    lambda: session.label is not None and session.prediction is not None, "a prediction"
                )
                hand.wait(lambda: hand.canvas.image is session.image_pyramid, "the image on the canvas")
                planes, entry = session.label.planes, session.entry  # type: ignore[union-attr]
                stem, shape = Path(entry.path).stem, (planes.height, planes.width)  # type: ignore[union-attr]
                for number, one in enumerate(schema.active_classes, 1):
                    truth = true_mask(source, one.name, stem, shape)
                    corrected.append((stem, reviewer.correct(one, number, truth)))
                if pictures is not None and done < 2:
                    hand.canvas.fit()
                    hand.rest(50)
                    hand.window.grab().save(str(pictures / f"corrected-{done + 1}.png"))
                hand.press("Return")
                reviewer.tally.gestures["finish"] += 1
                if done + 1 < count:
                    hand.wait(lambda at=at: session.position != at, "the next image")
                sys.stderr.write(f"{done + 1}/{count} {stem}\n")
            hand.wait(lambda: session.pending == 0, "everything to be saved")
            seconds = time.perf_counter() - start
    events = np.asarray(reviewer.tally.events)
    return {
        "images": count,
        "gestures": dict(reviewer.tally.gestures.most_common()),
        "events": len(events),
        "event_ms": {
            "p50": float(np.percentile(events, 50)),
            "p95": float(np.percentile(events, 95)),
            "p99": float(np.percentile(events, 99)),
            "max": reviewer.tally.slowest,
        },
        "seconds": seconds,
        "classes": [{"image": stem, **asdict(one)} for stem, one in corrected],
    }


def table(report: dict[str, object]) -> str:
    """The report as Markdown."""
    rows: list[dict[str, object]] = report["classes"]  # type: ignore[assignment]
    gestures: dict[str, int] = report["gestures"]  # type: ignore[assignment]
    times: dict[str, object] = report["event_ms"]  # type: ignore[assignment]
    lines = ["| tool | gestures |", "|---|---|"]
    lines += [f"| {name} | {count:,} |" for name, count in gestures.items()]
    lines += [
        "",
        "| class | masks | Dice before | after | exactly the truth | gestures |",
        "|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(str(row["class_name"]) for row in rows):
        of = [row for row in rows if row["class_name"] == name]
        before, after = (np.mean([float(row[key]) for row in of]) for key in ("before", "after"))  # type: ignore[arg-type]
        exact, made = sum(bool(row["exact"]) for row in of), sum(int(row["gestures"]) for row in of)  # type: ignore[call-overload]
        lines.append(f"| {name} | {len(of)} | {before:.3f} | {after:.3f} | {exact} of {len(of)} | {made:,} |")
    slowest: tuple[float, str] = times["max"]  # type: ignore[assignment]
    busy = ", ".join(f"{times[name]:.2f} ms ({said})" for name, said in STATISTICS)
    lines += [
        "",
        f"{report['images']} images, {report['events']:,} events in {report['seconds']:.0f} s; "
        f"an event kept the window busy for {busy}, {slowest[0]:.1f} ms at most ({slowest[1]}).",
    ]
    return "\n".join(lines)


def main() -> int:
    """Review and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.desk_review", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--pictures", type=Path, help="save pictures of the window there")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    wait_politely()
    report = review(arguments.folder, arguments.images, arguments.pictures)
    print(json.dumps(report, indent=1) if arguments.json else table(report))
    rows: list[dict[str, object]] = report["classes"]  # type: ignore[assignment]
    return 0 if all(row["exact"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
