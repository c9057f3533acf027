"""A session without project, threads or disk: what panels and the window show is set by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QImage

from desktop.canvas.pyramid import ImagePyramid, OverlayPyramid
from desktop.canvas.styles import LayerStyle
from desktop.jobs.fine_tune import FineTune
from desktop.jobs.saving import Saving
from desktop.project.edit import Edit, ValueChange
from desktop.project.label import Label, LabelKey
from desktop.project.provenance import Cut
from desktop.session import Session
from desktop.state.assessments import Assessments
from desktop.state.bulk import Bulk
from desktop.state.components import Components
from desktop.state.consistency import Consistency
from desktop.state.entries import EntryList
from desktop.state.filtering import Filtering
from desktop.state.layer_counts import LayerCounts
from desktop.state.layers import LayerState
from desktop.state.limits import Limits
from desktop.state.looking import Looking
from desktop.state.measuring import Measuring
from desktop.state.notes import Notes
from desktop.state.offers import Offers
from desktop.state.second_view import SecondView
from desktop.state.thresholds import Thresholds
from desktop.state.timeline import Timeline
from desktop.state.viewing import Viewing
from inference.prediction import Geometry, Prediction, quantise
from inference.schema import Finding, GradeScale, MaskClass, Schema

SCHEMA = Schema(
    (
        MaskClass(0, "MA", "Microaneurysms", "#E69F00"),
        MaskClass(1, "HE", "Haemorrhages", "#56B4E9"),
        MaskClass(2, "EX", "Hard exudates", "#009E73"),
        MaskClass(3, "SE", "Soft exudates", "#F0E442"),
    ),
    (GradeScale("severity", ("0", "1", "2", "3", "4"), title="Severity"),),
    (Finding("DME", "Macular oedema"), Finding("ungradable", "Not gradable")),
)


@dataclass(frozen=True)
class Found:
    path: str
    size: int = 1
    mtime_ns: int = 0


@dataclass(frozen=True)
class Row:
    id: str
    path: str
    frame: int = 0
    status_for_reader: str = "unseen"
    problem: str | None = None


@dataclass
class Model:
    name: str = "fundus-demo"
    bundle: Path = Path("/models/fundus-demo")
    digest: str = "d" * 64
    domain: str = "synthetic"
    thresholds: dict[str, float] = field(default_factory=dict)
    schema: Schema = SCHEMA


class FakeFineTune(FineTune):
    """A fine-tune whose stages a test tells by hand."""

    def __init__(self, session: QObject) -> None:
        QObject.__init__(self, session)
        self.stage = ""
        self.candidate = None
        self.calls: list[Any] = []

    def start(self, request) -> None:
        self.calls.append(request)

    def stop(self) -> None:
        self.calls.append("stop")

    def promote(self) -> None:
        self.calls.append("promote")

    def roll_back(self) -> None:
        self.calls.append("roll back")


class FakeMeasuring(Measuring):
    """Marks and spacing in memory only: there is no store."""

    def _follow(self) -> None:
        self._image_id = None


class FakeViewing(Viewing):
    """Sees what the canvas shows; keeps nothing."""

    def _follow(self) -> None:
        self._image_id = None


class FakeOffers(Offers):
    """Nothing is made behind."""

    def follow(self) -> None:
        self.changed.emit()


class FakeTimeline(Timeline):
    """Remembers where it was sent."""

    def go_to(self, done: int) -> None:
        self._session.calls.append(("go_to", done))


class FakeThresholds(Thresholds):
    """Cuts are what was set last; nothing is computed."""

    def __init__(self, session: FakeSession) -> None:
        super().__init__(session)
        self.given: dict[str, Cut] = {}

    def cut(self, class_name: str) -> Cut:
        return self.given.get(class_name, Cut())

    def move(self, class_name: str, cut: Cut) -> None:
        if cut != self.cut(class_name):
            self.given[class_name] = cut
            self._session.calls.append(("move", class_name, cut))
            self.changed.emit()

    def release(self) -> None:
        self._session.calls.append(("release",))


class FakeShowing(QObject):
    """Says that the image is about to be left, nothing else."""

    leaving = Signal()


class FakeSession(Session):
    """Every property is a plain value; commands change them and emit what the real one emits."""

    turning = False

    def __init__(self, schema: Schema = SCHEMA) -> None:
        QObject.__init__(self)
        self.fine_tune = FakeFineTune(self)
        self.predicting = SimpleNamespace(allowed_domain="")
        self.calls: list[tuple[Any, ...]] = []
        self.looking = Looking(self)
        self.measuring = FakeMeasuring(self)
        self.viewing = FakeViewing(self)
        self.second_view = SecondView(self)
        self.choices = SimpleNamespace(restyle=self._restyle)
        self.saving = SimpleNamespace(follow=lambda *_: None)
        self.layers = LayerState(self)
        self.layer_counts = LayerCounts(self)
        self.offers = FakeOffers(self)
        self.timeline = FakeTimeline(self)
        self.thresholds = FakeThresholds(self)
        self.components = Components(self)
        self.limits = Limits(lambda: self.label, self)
        self.showing = FakeShowing(self)
        self.values: dict[str, Any] = {
            "folder": None, "folder_problem": None, "project": None, "schema": Schema(), "position": -1,
            "image_pyramid": None, "overlay": None, "image_problem": None, "label": None, "prediction": None,
            "class_id": None, "brush_radius": 20.0, "styles": {}, "model": None, "model_allowed": True,
            "prediction_state": "idle", "status_counts": {}, "pending": 0, "refused": 0,
        }  # fmt: skip
        self.wanted: list[int] = []
        self._schema = schema
        self._list = EntryList()
        self._thumbs: dict[int, QImage] = {}
        self.filtering = Filtering(self)
        self.bulk = Bulk(self)
        self.saving = Saving(self)
        self.consistency = Consistency(self)
        self.notes = Notes(self)
        self.assessments = Assessments(self)

    def fill(self, names: list[str]) -> None:
        self.values |= {"folder": Path("/photographs/retina"), "project": object(), "schema": self._schema}
        classes = self._schema.active_classes
        self.values["styles"] = {c.id: LayerStyle(color=c.color) for c in classes}
        self.values["class_id"] = classes[0].id if classes else None
        first, count = self._list.append([Found(name) for name in names])
        self.project_changed.emit()
        self.entries_appended.emit(first, count)
        self.opened.emit()

    def mark(self, position: int, status: str, problem: str | None = None) -> None:
        entry = self._list[position]
        entry.row = Row(f"id{position}", entry.path, 0, status)
        entry.problem = problem
        self.entries_changed.emit(position, position)

    def show(self, rgb: np.ndarray, planes_of: Callable[[Label], None] | None = None) -> None:
        label = Label(LabelKey("x", "me"), self.schema)
        planes = label.ensure_planes(*rgb.shape[:2])
        if planes_of is not None:
            planes_of(label)
        self.values |= {"label": label, "image_pyramid": ImagePyramid.build(rgb)}
        self.values["overlay"] = OverlayPyramid(planes.mask)
        self.values["image_problem"] = None
        self.display_changed.emit()
        self.values_changed.emit()
        self.history_changed.emit()

    def predict(self, grades: tuple[float, ...] = (0.05, 0.1, 0.2, 0.6, 0.05)) -> None:
        names = tuple(c.name for c in self.schema.active_classes)
        size = (
            self.values["image_pyramid"].size if hasattr(self.values["image_pyramid"], "size") else (100, 100)
        )
        logits = quantise(np.zeros((len(names), 16, 16), np.float32))
        geometry = Geometry(tuple(size), (16, 16), (0.0, 0.0, 16.0, 16.0))
        self.values["prediction"] = Prediction(
            "d" * 64, names, logits, geometry, {"severity": grades}, {"DME": 0.83, "ungradable": 0.04}
        )
        self.prediction_changed.emit()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            values = object.__getattribute__(self, "__dict__").get("values", {})
            if name in values:
                return values[name]
        return super().__getattribute__(name)

    @property
    def entries(self) -> EntryList:
        return self._list

    @property
    def entry(self):
        return self._list[self.position] if 0 <= self.position < len(self._list) else None

    @property
    def undo_text(self) -> str | None:
        return next(iter(self.label.undo_texts), None) if self.label is not None else None

    @property
    def redo_text(self) -> str | None:
        return next(iter(self.label.redo_texts), None) if self.label is not None else None

    def thumbnail(self, position: int) -> QImage | None:
        return self._thumbs.get(position)

    def set_thumbnail(self, position: int, image: QImage | None = None) -> None:
        if image is None:
            image = QImage(64, 48, QImage.Format.Format_RGB32)
            image.fill(QColor("#7a4030"))
        self._thumbs[position] = image
        self.thumbnail_ready.emit(position)

    def want_thumbnails(self, positions) -> None:
        self.wanted = list(positions)

    def go_to(self, position: int) -> None:
        self.values["position"] = position
        if self.entry.row is None:
            self.mark(position, self.entry.status)
        self.image_changed.emit(self.entry)
        self.display_changed.emit()

    def next(self) -> None:
        self.calls.append(("next",))

    def previous(self) -> None:
        self.calls.append(("previous",))

    def threshold(self, class_name: str) -> float:
        return self.thresholds.cut(class_name).threshold

    def _restyle(self, styles) -> None:
        self.values["styles"] = {**self.styles, **styles}
        self.styles_changed.emit()

    def set_class(self, class_id: int) -> None:
        self.values["class_id"] = class_id
        self.selection_changed.emit()

    def set_brush_radius(self, radius: float) -> None:
        self.values["brush_radius"] = radius
        self.options_changed.emit()

    def set_layer_style(self, class_id: int, **changes: Any) -> None:
        known = {k: v for k, v in changes.items() if v is not None}
        self.values["styles"] = {**self.styles, class_id: replace(self.styles[class_id], **known)}
        self.styles_changed.emit()

    def _change(self, target: str, before: str | None, after: str | None) -> None:
        self.label.perform(Edit(f"{target} {after}", (), (ValueChange(target, before, after),)))
        self.values_changed.emit()
        self.history_changed.emit()

    def set_grade(self, scale: str, value: str | None) -> None:
        self.calls.append(("set_grade", scale, value))
        self._change(f"grade:{scale}", self.label.grades.get(scale), value)

    def set_finding(self, name: str, state: str | None) -> None:
        self.calls.append(("set_finding", name, state))
        self._change(f"finding:{name}", self.label.findings.get(name), state)

    def undo(self) -> None:
        self.label.undo()
        self.values_changed.emit()
        self.history_changed.emit()

    def redo(self) -> None:
        self.label.redo()
        self.values_changed.emit()
        self.history_changed.emit()

    def open_folder(self, folder: Path, *, schema: Schema | None = None) -> None:
        self.calls.append(("open_folder", folder))

    def reject(self, reason: str) -> None:
        self.calls.append(("reject", reason))

    def run_behind(self, work, done, failed=None) -> None:
        self.calls.append(("run_behind",))

    def note_input(self) -> None:
        self.calls.append(("note_input",))

    def close(self) -> None:
        self.calls.append(("close",))
        self.closed.emit()


for _name in ("finish_and_next", "second_look", "next_unfinished", "take_back", "take_prediction"):
    setattr(FakeSession, _name, lambda self, *args, _name=_name: self.calls.append((_name, *args)))
