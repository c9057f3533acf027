"""The training page: what there is to learn from, the recipe, the run with curve and log, the comparison."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.comparison import ComparedModels, ComparisonCard
from desktop.panels.curve import Curve
from desktop.panels.known import Choice, Material
from desktop.panels.widgets import button, clear, heading, label, line, panel, row, seam, styled
from desktop.theme import GRID, set_role

__all__ = ["Choice", "Material", "TrainingPage"]

SPLITS = (("train", "Training"), ("val", "Validation"), ("test", "Held out"))
DEVICES = (("auto", "Automatic"), ("cpu", "Processor"), ("cuda", "Graphics card"))


class TrainingPage(QWidget):
    """The page itself. It runs nothing: `started` and `stopped` say what the person asked for."""

    started = Signal(str, int, str)
    """(recipe, epochs, device)."""
    stopped = Signal()

    def __init__(self, *, promote: Callable[[], object], keep: Callable[[], object]) -> None:
        super().__init__()
        styled(self, "panel")
        self.setAccessibleName("Training")
        self._choices: tuple[Choice, ...] = ()
        self._material = Material({}, {})
        self._running = False
        self._model = ""
        self._offered = ""
        self._began = 0.0
        self.counts = QGridLayout()
        self.grouping = label("", "warn", wrap=True)
        self.recipe = QComboBox()
        self.description = label("", "quiet", wrap=True)
        self.epochs = QSpinBox(minimum=1, maximum=1000, value=20)
        self.device = QComboBox()
        self.start_button = button("Start", self._start, role="primary", icon="play")
        self.stop_button = button(
            "Stop", self._stop, icon="stop", tip="Saves what is learnt so far, then ends"
        )
        self.hint = label("", "quiet", wrap=True)
        self.state = label("No run yet.", wrap=True, accessible="State of the run")
        self.time_left = label("", "quiet")
        self.progress = QProgressBar(textVisible=False, maximum=1000)
        self.curve = Curve()
        self.log = QPlainTextEdit(readOnly=True, maximumBlockCount=2000)
        self.comparison = ComparisonCard(promote, keep)
        self._name_controls()
        self._arrange()
        self.show_material(self._material)

    def _name_controls(self) -> None:
        self.recipe.setAccessibleName("Recipe")
        self.epochs.setAccessibleName("Epochs")
        self.device.setAccessibleName("Device")
        # A spin box ignores the padding of the style sheet.
        self.epochs.lineEdit().setTextMargins(6, 0, 0, 0)
        self.epochs.setFixedHeight(4 * GRID)
        self.progress.setAccessibleName("Progress of the run")
        self.log.setAccessibleName("Log of the run")
        self.log.setPlaceholderText("What the run writes appears here.")
        for value, text in DEVICES:
            self.device.addItem(text, value)
        self.recipe.currentIndexChanged.connect(self._recipe_chosen)

    def _arrange(self) -> None:
        left, inner = panel(spacing=GRID)
        left.setFixedWidth(36 * GRID)
        inner.addWidget(heading("Reviewed so far"))
        self.counts.setHorizontalSpacing(2 * GRID)
        self.counts.setVerticalSpacing(GRID // 2)
        inner.addLayout(self.counts)
        inner.addWidget(self.grouping)
        inner.addWidget(line())
        inner.addWidget(heading("Fine-tune"))
        for name, control in (("Recipe", self.recipe), ("Epochs", self.epochs), ("Device", self.device)):
            title = label(name, "quiet")
            title.setFixedWidth(8 * GRID)
            title.setBuddy(control)
            inner.addLayout(row(title, control, stretch=1))
        inner.addWidget(self.description)
        inner.addLayout(row(self.start_button, self.stop_button))
        inner.addWidget(self.hint)
        inner.addStretch(1)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(left)
        outer.addWidget(seam())
        outer.addWidget(self._right(), 1)

    def _right(self) -> QWidget:
        body, inner = panel(margin=3 * GRID, spacing=GRID)
        head = QHBoxLayout()
        head.addWidget(self.state, 1)
        head.addWidget(self.time_left)
        inner.addLayout(head)
        inner.addWidget(self.progress)
        inner.addWidget(self.comparison)
        inner.addWidget(self._legend())
        inner.addWidget(self.curve)
        inner.addWidget(heading("Log"))
        self.log.setMinimumHeight(12 * GRID)
        inner.addWidget(self.log, 1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        return scroll

    def _legend(self) -> QWidget:
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.addWidget(
            heading("Curve", label("training: dashes, rounds · validation: line, squares", "label"))
        )
        return holder

    # --- what there is

    def show_material(self, material: Material) -> None:
        """Show how much is reviewed per split."""
        self._material = material
        clear(self.counts)  # type: ignore[arg-type]
        right = Qt.AlignmentFlag.AlignRight
        for at, name in enumerate(("Images", "Groups"), 1):
            self.counts.addWidget(label(name, "label"), 0, at, right)
        for down, (split, title) in enumerate(SPLITS, 1):
            self.counts.addWidget(label(title), down, 0)
            self.counts.addWidget(label(f"{material.images.get(split, 0):,}"), down, 1, right)
            self.counts.addWidget(label(f"{material.groups.get(split, 0):,}"), down, 2, right)
        self.counts.setColumnStretch(0, 1)
        unknown = (
            "The grouping is unknown: every image counts as its own group, so figures may flatter the model."
        )
        self.grouping.setText(unknown)
        self.grouping.setVisible(not material.grouping_known)
        self._refresh()

    def show_model(self, name: str) -> None:
        """Say which model a fine-tune goes on from; empty: none is in use."""
        self._model = name
        self._refresh()

    def show_recipes(self, choices: Sequence[Choice], default: str = "") -> None:
        """Offer these recipes."""
        if tuple(choices) == self._choices:
            return
        self._choices = tuple(choices)
        self.recipe.clear()
        for one in self._choices:
            self.recipe.addItem(one.title or one.name, one.name)
        if (at := self.recipe.findData(default)) >= 0:
            self.recipe.setCurrentIndex(at)
        self._refresh()

    def _recipe_chosen(self, at: int) -> None:
        if 0 <= at < len(self._choices):
            one = self._choices[at]
            self.description.setText(one.description)
            # Reading the list again must not undo what a person typed.
            if one.name != self._offered:
                self._offered = one.name
                self.epochs.setValue(one.epochs)
        self._refresh()

    def _refresh(self) -> None:
        problem = self._problem()
        self.start_button.setEnabled(not self._running and not problem)
        self.stop_button.setEnabled(self._running)
        for control in (self.recipe, self.epochs, self.device):
            control.setEnabled(not self._running)
        self.hint.setText("" if self._running else problem)
        self.hint.setVisible(bool(self.hint.text()))

    def _problem(self) -> str:
        """Say why no run can start, or ""."""
        if not self._choices:
            return "There is no recipe to train with."
        at = self.recipe.currentIndex()
        if 0 <= at < len(self._choices) and self._choices[at].goes_on and not self._model:
            return "This recipe goes on from the model in use, and there is none: choose another recipe."
        return self._material.problem or ""

    # --- the run

    def _start(self) -> None:
        self.started.emit(str(self.recipe.currentData()), self.epochs.value(), str(self.device.currentData()))

    def _stop(self) -> None:
        self.stop_button.setEnabled(False)
        self.state.setText("Stopping: the run saves what it has learnt.")
        self.stopped.emit()

    def begin(self, text: str) -> None:
        """A run is being prepared: old curve, log and comparison go."""
        self._running, self._began = True, time.monotonic()
        self.curve.clear()
        self.log.clear()
        self.comparison.hide()
        self.progress.setRange(0, 0)
        self.time_left.setText("")
        self._say(text, "")
        self._refresh()

    def wait(self, text: str) -> None:
        """Something is under way whose length is unknown."""
        self._running = True
        self.progress.setRange(0, 0)
        self.time_left.setText("")
        self._say(text, "")
        self._refresh()

    def show_progress(self, fraction: float | None, text: str) -> None:
        """Show how far the preparation is."""
        self.progress.setRange(0, 0 if fraction is None else 1000)
        self.progress.setValue(round(1000 * (fraction or 0.0)))
        self._say(text, "")

    def settle(self, sentence: str) -> None:
        """The choice between both models is made."""
        self.comparison.hide()
        self._say(sentence, "")

    def end(self, sentence: str, *, bad: bool = False) -> None:
        """The run is over, well or badly."""
        self._running = False
        self.progress.setRange(0, 1000)
        self.progress.setValue(0 if bad else 1000)
        self.time_left.setText("")
        self._say(sentence, "bad" if bad else "")
        self._refresh()

    def _say(self, text: str, role: str) -> None:
        self.state.setText(text)
        set_role(self.state, role)

    def happened(self, event: Mapping[str, Any]) -> None:
        """Show one event of the run (training/events.py)."""
        kind = event.get("event")
        if kind == "started":
            images = event.get("images", {})
            self._began = time.monotonic()
            self._say(f"Training on {images.get('train', 0)} images, {event.get('device', '')}", "")
        elif kind == "batch":
            done = event["epoch"] - 1 + event["batch"] / max(event["batches"], 1)
            self._advance(done, self.epochs.value())
        elif kind == "epoch":
            self.curve.add(dict(event))
            self._advance(event["epoch"], event["epochs"])
            dice = event.get("val_dice")
            said = "" if dice is None else f" · validation Dice {dice:.3f}"
            self._say(f"Epoch {event['epoch']} of {event['epochs']}{said}", "")
        elif kind == "notice":
            self.write(str(event.get("text", "")))

    def _advance(self, done: float, whole: float) -> None:
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * done / max(whole, 1)))
        if done > 0:
            left = (time.monotonic() - self._began) / done * (whole - done)
            self.time_left.setText(f"{_duration(left)} left")

    def write(self, text: str) -> None:
        """Add a line to the log."""
        self.log.appendPlainText(text)

    def show_comparison(self, compared: ComparedModels) -> None:
        """Show both models and ask which one is to be used."""
        self.comparison.show_comparison(compared)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
