"""`overread tour`: the whole loop on the sample project, in the real window, by keys and mouse alone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from desktop.errors import DesktopError
from desktop.screen import screen_problem
from desktop.tour import truth
from desktop.tour.hand import Hand

WINDOW_SIZE = (1600, 1000)
MOST_STROKES = 4
"""How many lesions a class the tour's reviewer adds to one image."""
SAVING_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class TourPlan:
    """How much the tour does: images to review, epochs to train."""

    images: int = 24
    epochs: int = 2
    training_limit_s: float = 900.0


@dataclass(frozen=True, slots=True)
class TourResult:
    """What a tour left behind."""

    out: Path
    pictures: tuple[Path, ...]
    dataset: Path
    statuses: dict[str, int]


def run(out: Path | None = None, plan: TourPlan | None = None) -> int:
    """Run the tour into a folder (default: ./tour), telling each step; returns the exit status 0.

    Works without a screen: then the window is drawn into memory. Raises TourError when a step fails.
    """
    out = (out or Path("tour")).absolute()
    if screen_problem() is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with _own_folders(out):
        result = Tour(out, plan or TourPlan(), _say).run()
    _say(f"{len(result.pictures)} pictures: {result.out / 'pictures'}")
    _say(f"the exported dataset: {result.dataset}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"tour: {text}\n")
    sys.stdout.flush()


@contextmanager
def _own_folders(out: Path) -> Iterator[None]:
    """Settings and data of the tour lie in its own folder: nobody's project is touched."""
    if out.exists() and any(out.iterdir()) and not (out / "project").is_dir():
        raise DesktopError(f"The folder {out} holds something else; give an empty one with --out.")
    # One folder for each tour: the work of an earlier one is never overwritten.
    number = 1
    while (out / "project" / str(number)).exists():
        number += 1
    home = out / "project" / str(number)
    home.mkdir(parents=True)
    names = {"OVERREAD_CONFIG_DIR": home / "settings", "OVERREAD_DATA_DIR": home}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: str(path) for name, path in names.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Tour:
    """One tour: a list of steps over one window."""

    def __init__(self, out: Path, plan: TourPlan, say: Callable[[str], None]) -> None:
        from desktop import app
        from desktop.settings import Settings

        self.out = out
        self.plan = plan
        self._say = say
        app.log_qt_messages()
        self._application = app.application()
        self.window = app.build(None, Settings())
        self.window.resize(*WINDOW_SIZE)
        self.session = self.window.session
        self.hand = Hand(self.window, out / "pictures")
        self.dataset = self._free(out / "dataset")
        self._pictures: list[Path] = []
        self._grades = truth.true_grades()
        self._findings = truth.true_findings()

    def run(self) -> TourResult:
        """Do every step in order; closes the window whatever happens."""
        gone: list[bool] = []
        self.window.gone.connect(lambda: gone.append(True))
        self.window.show()
        self.window.activateWindow()
        try:
            for step in (
                self.open_sample, self.see_prediction, self.correct_first, self.review_others, self.export,
                self.fine_tune, self.promote, self.see_new_model, self.roll_back,
            ):  # fmt: skip
                began = time.monotonic()
                text = step()
                self._say(f"{text} ({time.monotonic() - began:.1f} s)")
            statuses = dict(self.session.status_counts)
        finally:
            self.window.close()
            self.hand.wait(lambda: gone, "the window to close", SAVING_LIMIT_S)
        return TourResult(self.out, tuple(self._pictures), self.dataset, statuses)

    # ---- steps

    def open_sample(self) -> str:
        """Start page, then a click on the sample."""
        self._picture("01-start")
        self.hand.click(self.window.start.sample)
        self.hand.wait(lambda: self.session.image_pyramid is not None, "the first image")
        self.hand.wait(lambda: self.session.project is not None, "the project")
        self.hand.wait(lambda: len(self.session.entries) == len(self._grades), "the whole list")
        self.hand.wait(lambda: self.session.label is not None, "the first label")
        return f"opened the sample, {len(self.session.entries)} images"

    def see_prediction(self) -> str:
        """The model reads the images by itself; the masks appear over the first."""
        self.hand.wait(lambda: self.session.prediction is not None, "the first prediction", 120)
        self._picture("02-prediction")
        return "the model has read the first image"

    def correct_first(self) -> str:
        """Paint what the model missed, take a false alarm away, undo and redo, set grade and finding."""
        self.hand.press("B")
        strokes = self._paint_missed(picture="03-brush")
        removed = self._remove_false_alarms()
        self.hand.press("F")
        if strokes + removed:
            self.hand.press("Ctrl+Z")
            self.hand.press("Ctrl+Shift+Z")
        self._set_values()
        self._picture("04-graded")
        self._finish()
        return f"corrected the first image: {strokes} strokes, {removed} false alarms removed"

    def review_others(self) -> str:
        """The same for the images that follow."""
        reviewed, strokes = 1, 0
        while reviewed < self.plan.images and self._unfinished():
            self._wait_for_image()
            strokes += self._paint_missed() + self._remove_false_alarms()
            self._set_values()
            self._finish()
            reviewed += 1
        self.hand.wait(lambda: self.session.pending == 0, "everything drawn to be saved", SAVING_LIMIT_S)
        self._picture("05-gallery")
        counts = ", ".join(
            f"{count} {status}" for status, count in self.session.status_counts.items() if count
        )
        return f"reviewed {reviewed} images with {strokes} further strokes: {counts}"

    def export(self) -> str:
        """Ctrl+E, a folder, and the dataset is there."""
        self.dataset.parent.mkdir(parents=True, exist_ok=True)
        self.dataset.mkdir()
        self.hand.answer_folder_dialog(lambda: self.hand.press("Ctrl+E"), self.dataset)
        self.hand.wait(lambda: not self.window.exports.running, "the export", 120)
        self.hand.wait((self.dataset / "dataset.json").exists, "the exported dataset", 5)
        return "exported what was reviewed"

    def fine_tune(self) -> str:
        """Training page, start, curve, candidate."""
        page = self.window.training
        self.hand.click(self.window.top.tab_of("training"))
        self.hand.wait(page.start_button.isEnabled, "a fine-tune that can start")
        self.hand.type(page.epochs, str(self.plan.epochs))
        self.hand.click(page.start_button)
        self.hand.wait(page.stop_button.isEnabled, "the run to start", 60)
        self.hand.wait(
            page.comparison.isVisible, "the candidate and its comparison", self.plan.training_limit_s
        )
        self._picture("06-fine-tune")
        return f"fine-tuned for {self.plan.epochs} epochs and compared on the held-out images"

    def promote(self) -> str:
        """One click: the candidate is the model in use."""
        before = self._digest()
        self.hand.click(self.window.training.comparison.promote_button)
        self.hand.wait(lambda: self._digest() != before, "the promotion")
        return "promoted the candidate"

    def see_new_model(self) -> str:
        """Back in the review: the new model reads the images again; what was drawn stays."""
        self.hand.click(self.window.top.tab_of("review"))
        digest = self._digest()
        self.hand.wait(
            lambda: self.session.prediction is not None and self.session.prediction.model_digest == digest,
            "the new model's prediction",
            120,
        )
        self._picture("07-new-model")
        return "the new model's predictions are in the review"

    def roll_back(self) -> str:
        """One click: the model before is in use again."""
        before = self._digest()
        self.hand.click(self.window.top.tab_of("models"))
        self.hand.wait(lambda: self.hand.button(self.window.models, "Roll back"), "a model to go back to")
        self._picture("08-models")
        self.hand.click_button(self.window.models, "Roll back")
        self.hand.wait(lambda: self._digest() != before, "the roll-back")
        return "rolled back to the model before"

    # ---- what the reviewer's hand does on one image

    def _paint_missed(self, picture: str = "") -> int:
        """Paint the largest lesions that the label misses; with `picture`, zoomed in to the largest."""
        strokes = 0
        self.hand.press("B")
        for number, item in enumerate(self.session.schema.active_classes, 1):
            lesions = truth.missed_lesions(*self._truth_and_label(item.name, item.id), MOST_STROKES)
            if not lesions:
                continue
            self.hand.press(f"Ctrl+{number}")
            for lesion in lesions:
                gesture = truth.painting(lesion)
                self._choose_radius(gesture.radius)
                if picture:
                    self.hand.wheel(*gesture.points[0], 8)
                self.hand.drag(gesture.points)
                strokes += 1
                if picture:
                    self._picture(picture)
                    self.hand.press("F")
                    picture = ""
        return strokes

    def _remove_false_alarms(self) -> int:
        """Click components that touch no true lesion away, with the component tool."""
        removed = 0
        self.hand.press("C")
        for number, item in enumerate(self.session.schema.active_classes, 1):
            points = truth.false_alarms(*self._truth_and_label(item.name, item.id), MOST_STROKES)
            if not points:
                continue
            self.hand.press(f"Ctrl+{number}")
            for point in points:
                self.hand.drag([point])
                removed += 1
        return removed

    def _set_values(self) -> None:
        """The grade by its digit key, the finding by a click."""
        name = self._name()
        scale = self.session.schema.scale("severity")
        self.hand.press(str(scale.values.index(self._grades[name])))
        state = "present" if self._findings[name] else "absent"
        for row in self.window.values.findings:
            self.hand.click(row.buttons[state])
        self.canvas_focus()

    def canvas_focus(self) -> None:
        """Give the keyboard back to the image."""
        self.window.canvas.setFocus()

    def _finish(self) -> None:
        position = self.session.position
        entry = self.session.entry
        self.hand.press("Return")
        self.hand.wait(lambda: self.session.position != position or not self._unfinished(), "the next image")
        self.hand.wait(
            lambda: entry is None or entry.status in ("accepted", "corrected"), "the status", SAVING_LIMIT_S
        )

    def _wait_for_image(self) -> None:
        self.hand.wait(
            lambda: self.session.label is not None and self.session.image_pyramid is not None, "an image"
        )
        self.hand.wait(lambda: self.session.prediction is not None, "its prediction", 120)

    def _truth_and_label(self, class_name: str, class_id: int) -> tuple[truth.Bits, truth.Bits]:
        label = self.session.label
        if label is None or label.planes is None:
            raise DesktopError("The current image has no label yet.")
        drawn = label.planes.class_mask(class_id)
        true = truth.true_mask(self._name(), class_name, (label.planes.height, label.planes.width))
        return true, np.asarray(drawn)

    def _choose_radius(self, wanted: float) -> None:
        """Press [ or ] until the brush is about as large as the lesion."""
        for _ in range(40):
            now = self.session.brush_radius
            if now > wanted * 1.15:
                self.hand.press("[")
            elif now < wanted / 1.3:
                self.hand.press("]")
            if self.session.brush_radius == now:
                return

    def _unfinished(self) -> bool:
        return any(entry.status not in ("accepted", "corrected") for entry in self.session.entries)

    def _name(self) -> str:
        entry = self.session.entry
        if entry is None:
            raise DesktopError("There is no current image.")
        return Path(entry.path).name

    def _digest(self) -> str:
        model = self.session.model
        return "" if model is None else str(model.digest)

    def _picture(self, name: str) -> None:
        self._pictures.append(self.hand.picture(name))

    @staticmethod
    def _free(path: Path) -> Path:
        number, free = 1, path
        while free.exists():
            number += 1
            free = path.with_name(f"{path.name}-{number}")
        return free
