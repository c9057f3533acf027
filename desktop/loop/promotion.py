"""Incumbent and candidate side by side on the held-out images, and the change from one to the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.loop.base import LoopError, run_child, training_command
from inference.bundle import bundle_digest
from training.events import Evaluated, Event

if TYPE_CHECKING:
    from desktop.project.project import Project
    from desktop.project.rows import PromotionRow


NOT_BLIND = (
    "The held-out labels were drawn over the masks of the model in use, which favours it: "
    "a check, not yet a proof."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure of one class, scale or finding for both models; None = this model does not predict it."""

    name: str
    measure: str
    incumbent: float | None
    candidate: float | None
    images: int

    @property
    def difference(self) -> float | None:
        """Candidate less incumbent; None unless both have a figure."""
        if self.incumbent is None or self.candidate is None:
            return None
        return self.candidate - self.incumbent


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both models on the same images.

    Attributes:
        incumbent, candidate: digests; incumbent None when no model was in use.
        images, groups: how many were compared; grouping_known: whether groups are more than one an image.
        figures: Dice per class, accuracy per scale and finding. notes: sentences that belong beside them.
    """

    incumbent: str | None
    candidate: str
    dataset: str
    split: str
    images: int
    groups: int
    grouping_known: bool
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the evidence that a promotion keeps."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Side:
    """One model's evaluation, or the sentence that says why there is none."""

    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def evaluation_command(
    bundle: Path, data: Path, out: Path, *, split: str = "test", device: str = "auto", threads: int = 0
) -> list[str]:
    """The command line that measures one bundle and writes the evaluation to `out`.

    Images that the model learnt from are left out: its figures on them would mean nothing.
    """
    options: list[str | Path] = [
        "evaluate",
        "--model",
        bundle,
        "--data",
        data,
        "--split",
        split,
        "--out",
        out,
    ]
    options += ["--seen", "skip", "--device", device]
    if threads:
        options += ["--threads", str(threads)]
    return training_command(*options)


def evaluate_bundle(
    bundle: Path,
    data: Path,
    out: Path,
    *,
    split: str = "test",
    device: str = "auto",
    threads: int = 0,
    on_event: Callable[[Event], None] | None = None,
) -> dict[str, Any]:
    """Measure one bundle in a child process and return its evaluation. Blocks. Raises LoopError."""
    command = evaluation_command(bundle, data, out, split=split, device=device, threads=threads)
    last = run_child(command, on_event=on_event)
    if not isinstance(last, Evaluated):
        raise LoopError("The evaluation ended without figures; try it again.")
    return dict(last.evaluation)


def compare(
    incumbent: Path | None,
    candidate: Path,
    data: Path,
    folder: Path,
    *,
    split: str = "test",
    device: str = "auto",
    threads: int = 0,
) -> Comparison:
    """Measure both models on the held-out images of a dataset. Blocks; for a worker thread.

    An incumbent that cannot be measured there (it predicts other classes, it has seen every image) is a note,
    not an error. Raises LoopError when the candidate cannot be measured: no held-out image is reviewed, say.
    """
    folder.mkdir(parents=True, exist_ok=True)
    new = evaluate_bundle(
        candidate, data, folder / "candidate.json", split=split, device=device, threads=threads
    )
    old = _Side(problem="No model was in use before.")
    if incumbent is not None:
        try:
            old = _Side(
                evaluate_bundle(
                    incumbent, data, folder / "incumbent.json", split=split, device=device, threads=threads
                )
            )
        except LoopError as error:
            old = _Side(problem=f"The model in use could not be measured on these images: {error}")
    return comparison_of(old.values or None, new, note=old.problem)


def comparison_of(
    incumbent: Mapping[str, Any] | None, candidate: Mapping[str, Any], *, note: str = ""
) -> Comparison:
    """The comparison of two evaluations (`training.evaluate.Evaluation.to_dict`), on the images both have."""
    old, new = incumbent, candidate
    notes = [note] if note else []
    if incumbent is not None:
        notes.append(NOT_BLIND)
    if old is not None:
        common = {row["key"] for row in old["per_image"]} & {row["key"] for row in new["per_image"]}
        if len(common) != len(new["per_image"]) or len(common) != len(old["per_image"]):
            notes.append(f"Compared on the {len(common)} images that neither model learnt from.")
    else:
        common = {row["key"] for row in new["per_image"]}
    rows = [row for row in new["per_image"] if row["key"] in common]
    for side in (old, new):
        notes += [text for text in (side["notes"] if side is not None else ()) if text not in notes]
    return Comparison(
        incumbent=old["model_digest"] if old is not None else None,
        candidate=new["model_digest"],
        dataset=new["dataset_digest"],
        split=new["split"],
        images=len(rows),
        groups=len({row["group"] for row in rows}),
        grouping_known=bool(new["grouping_known"]),
        figures=tuple(_figures(old, new, common)),
        notes=tuple(notes),
    )


def _figures(old: Mapping[str, Any] | None, new: Mapping[str, Any], common: set[str]) -> list[Figure]:
    figures = []
    for name in _names(old, new, "classes"):
        before, after = _dices(old, name, common), _dices(new, name, common)
        figures.append(_figure(name, "Dice", before, after))
    for name in _names(old, new, "grades"):
        before, after = _hits(old, name, common), _hits(new, name, common)
        figures.append(_figure(name, "accuracy", before, after))
    return figures


def _names(old: Mapping[str, Any] | None, new: Mapping[str, Any], kind: str) -> list[str]:
    first = list(new[kind])
    return first + [name for name in (old[kind] if old is not None else ()) if name not in first]


def _dices(side: Mapping[str, Any] | None, name: str, common: set[str]) -> list[float]:
    if side is None:
        return []
    rows = (row for row in side["per_image"] if row["key"] in common and name in row["classes"])
    return [float(row["classes"][name]["dice"]) for row in rows]


def _hits(side: Mapping[str, Any] | None, name: str, common: set[str]) -> list[float]:
    if side is None:
        return []
    rows = (
        row["grades"][name] for row in side["per_image"] if row["key"] in common and name in row["grades"]
    )
    return [float(row["true"] == row["predicted"]) for row in rows]


def _figure(name: str, measure: str, before: list[float], after: list[float]) -> Figure:
    return Figure(
        name=name,
        measure=measure,
        incumbent=sum(before) / len(before) if before else None,
        candidate=sum(after) / len(after) if after else None,
        images=max(len(before), len(after)),
    )


def promote(project: Project, bundle: Path, comparison: Comparison | None = None) -> PromotionRow:
    """Put a registered bundle in use, with the comparison that was looked at. Blocks. Labels stay untouched.

    Raises ProjectError when the bundle is not registered with the project.
    """
    evidence = comparison.to_dict() if comparison is not None else {}
    # Through JSON: what is kept must read back as it was written.
    return project.set_incumbent(bundle_digest(bundle), evidence=json.loads(json.dumps(evidence))).result()


def roll_back(project: Project) -> PromotionRow:
    """Put the model back in use that was so before the last change. Blocks.

    Raises ProjectError when there was none.
    """
    return project.roll_back().result()
