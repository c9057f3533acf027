"""The models: what there is, what each was trained on and how it did, which one is in use, and a way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.jobs.predicting import SYNTHETIC
from desktop.panels.known import ModelEntry
from desktop.panels.metrics import basis, figures
from desktop.panels.widgets import (
    TallEnough,
    button,
    clear,
    column,
    elided,
    heading,
    label,
    line,
    panel,
    seam,
    styled,
)
from desktop.theme import GRID, LABEL, look

if TYPE_CHECKING:
    from inference.bundle import Manifest

__all__ = ["SYNTHETIC_WARNING", "ModelEntry", "ModelsPage"]

SYNTHETIC_WARNING = (
    "This model has seen synthetic images only. On real images expect little of it; "
    "it predicts here once you choose it."
)


class ModelRow(QAbstractButton):
    """One model in the list: name, where it comes from, whether it is in use."""

    def __init__(self, entry: ModelEntry, in_use: bool) -> None:
        super().__init__()
        self.entry = entry
        self.in_use = in_use
        self.setText(entry.name)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Model {entry.name}" + (", in use" if in_use else ""))
        self.setToolTip(entry.problem or str(entry.path))

    def sizeHint(self) -> QSize:
        """Two lines of text."""
        return QSize(24 * GRID, 6 * GRID + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, state, name and origin."""
        theme = look().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if self.isChecked() else "hover"))
            painter.drawRoundedRect(ground, 4, 4)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ground, 4, 4)
        name, token = ("state-none", "text_quiet")
        if self.entry.problem:
            name, token = ("state-failed", "bad")
        elif self.in_use:
            name, token = ("state-ready", "good")
        painter.drawPixmap(GRID, (self.height() - 16) // 2, look().pixmap(name, token, 16))
        place = self.rect().adjusted(4 * GRID, GRID, -GRID, -GRID)
        painter.setPen(theme.color("text"))
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, place.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), words)
        font = painter.font()
        font.setPixelSize(LABEL)
        painter.setFont(font)
        painter.setPen(theme.color("text_quiet"))
        said = (
            "cannot be used"
            if self.entry.problem
            else f"in use · {self.entry.origin}"
            if self.in_use
            else self.entry.origin
        )
        painter.drawText(place, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), said)


class ModelDetails(TallEnough):
    """What a bundle says of itself."""

    def __init__(self) -> None:
        super().__init__()
        self._column = column(self, spacing=2 * GRID)

    def show_model(
        self,
        entry: ModelEntry,
        *,
        in_use: bool,
        warn: bool,
        buttons: list[QWidget],
        names: QWidget | None = None,
    ) -> None:
        """Show one model with its buttons, and what its names mean in the project."""
        clear(self._column)
        title = elided(entry.name, "heading")
        self._column.addWidget(title)
        if entry.problem or entry.manifest is None:
            self._column.addWidget(label(entry.problem or "The bundle could not be read.", "bad", wrap=True))
            self._column.addStretch(1)
            return
        manifest = entry.manifest
        if warn and manifest.domain == SYNTHETIC:
            self._column.addWidget(label(SYNTHETIC_WARNING, "warn", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(GRID)
        if in_use:
            row.addWidget(label("In use in this project", "good"))
        for made in buttons:
            row.addWidget(made)
        row.addStretch(1)
        self._column.addLayout(row)
        self._column.addWidget(line())
        if names is not None:
            self._column.addWidget(names)
            self._column.addWidget(line())
        self._facts(entry, manifest)
        self._column.addWidget(line())
        self._figures(manifest)
        self._column.addStretch(1)

    def _facts(self, entry: ModelEntry, manifest: Manifest) -> None:
        schema = manifest.schema
        facts = {
            "Domain": manifest.domain or "not stated",
            "Classes": ", ".join(c.label for c in schema.active_classes) or "none",
            "Grades": ", ".join(f"{s.label} ({' '.join(s.values)})" for s in schema.grades) or "none",
            "Findings": ", ".join(f.label for f in schema.findings) or "none",
            "Network": manifest.network,
            "Made": manifest.created.replace("T", " ")[:16],
            "Trained from": (manifest.parent or "")[:12] or "nothing before it",
            "Has seen": f"{len(manifest.seen.content_hashes):,} images",
            "Licence": manifest.licence or "not stated",
            "Attribution": manifest.attribution or "none",
            "Digest": entry.digest[:12],
            "Folder": str(entry.path),
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)
        for at, (name, value) in enumerate(facts.items()):
            grid.addWidget(label(name, "quiet"), at, 0, Qt.AlignmentFlag.AlignTop)
            shown = elided(value) if name == "Folder" else label(value, wrap=True)
            grid.addWidget(shown, at, 1)
        self._column.addLayout(grid)

    def _figures(self, manifest: Manifest) -> None:
        found = figures(manifest.metrics)
        self._column.addWidget(heading("Measured", label(basis(manifest.metrics), "label")))
        if not found:
            self._column.addWidget(label("No figures came with this model.", "quiet", wrap=True))
            return
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * GRID)
        grid.setVerticalSpacing(GRID // 2)
        measures = list(dict.fromkeys(one.measure for one in found))
        subjects = list(dict.fromkeys(one.subject for one in found))
        right = Qt.AlignmentFlag.AlignRight
        for at, measure in enumerate(measures, 1):
            grid.addWidget(label(measure, "label"), 0, at, right)
        for down, subject in enumerate(subjects, 1):
            grid.addWidget(label(subject), down, 0)
            for one in found:
                if one.subject == subject:
                    grid.addWidget(
                        label(f"{one.value:.3f}", "model"), down, measures.index(one.measure) + 1, right
                    )
        grid.setColumnStretch(len(measures) + 1, 1)
        self._column.addLayout(grid)


class ModelsPage(QWidget):
    """The list on the left, the chosen model on the right."""

    use = Signal(object)
    """The `ModelEntry` that the person chose."""

    def __init__(self, *, roll_back: Callable[[], object], add: Callable[[], object]) -> None:
        super().__init__()
        styled(self, "panel")
        self.setAccessibleName("Models")
        self._roll_back, self._add = roll_back, add
        self._entries: tuple[ModelEntry, ...] = ()
        self._in_use = ""
        self._before: str | None = None
        self._shown: object = None
        self._chosen: Path | None = None
        self._synthetic_folder = False
        self.names_of: Callable[[ModelEntry], QWidget | None] = lambda _entry: None
        self.rows: list[ModelRow] = []
        self.details = ModelDetails()
        self.empty = label(
            "There are no models yet. Add a bundle, or train one on the Training page.", "quiet", wrap=True
        )
        self._list = QVBoxLayout()
        self._list.setSpacing(GRID // 2)
        self._arrange()
        look().changed.connect(self._rebuild)

    def _arrange(self) -> None:
        left, inner = panel(spacing=GRID)
        left.setFixedWidth(36 * GRID)
        inner.addWidget(heading("Models"))
        inner.addLayout(self._list)
        inner.addWidget(self.empty)
        inner.addStretch(1)
        inner.addWidget(
            button("Add a model…", self._add, icon="plus", tip="Register a bundle folder on this machine")
        )
        body, outer = panel(margin=3 * GRID)
        self.details.setMaximumWidth(90 * GRID)
        outer.addWidget(self.details)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(left)
        row.addWidget(seam())
        row.addWidget(scroll, 1)

    def show_models(
        self,
        entries: tuple[ModelEntry, ...],
        in_use: str,
        before: str | None = None,
        *,
        synthetic_folder: bool = False,
    ) -> None:
        """Show these models, the incumbent first.

        ``in_use`` is the digest of the incumbent, ``before`` of the one before it. Where the folder's own
        images are synthetic, a synthetic model needs no warning.
        """
        shown = (entries, in_use, before, synthetic_folder)
        if shown == self._shown:
            return  # what has the keyboard keeps it
        self._shown = shown
        if in_use != self._in_use:
            self._chosen = None  # another model is in use: that is what the page is about now
        entries = tuple(sorted(entries, key=lambda entry: entry.digest != in_use))
        self._entries, self._in_use, self._before = entries, in_use, before
        self._synthetic_folder = synthetic_folder
        if self._chosen not in [entry.path for entry in entries]:
            self._chosen = next(
                (e.path for e in entries if e.digest == in_use), entries[0].path if entries else None
            )
        self._rebuild()

    def _rebuild(self) -> None:
        clear(self._list)
        self.rows = []
        for entry in self._entries:
            made = ModelRow(entry, bool(self._in_use) and entry.digest == self._in_use)
            made.setChecked(entry.path == self._chosen)
            made.clicked.connect(lambda _=False, entry=entry: self._choose(entry))
            self._list.addWidget(made)
            self.rows.append(made)
        self.empty.setVisible(not self.rows)
        self.details.setVisible(bool(self.rows))
        for entry in self._entries:
            if entry.path == self._chosen:
                self._choose(entry)

    def _choose(self, entry: ModelEntry) -> None:
        self._chosen = entry.path
        in_use = bool(self._in_use) and entry.digest == self._in_use
        buttons: list[QWidget] = []
        if not in_use:
            buttons.append(
                button("Use this model", lambda: self.use.emit(entry), role="primary", icon="check")
            )
        elif self._before is not None:
            name = next((e.name for e in self._entries if e.digest == self._before), "the one before")
            buttons.append(button(f"Roll back to {name}", self._roll_back, icon="roll-back"))
        names = self.names_of(entry) if in_use else None
        self.details.show_model(
            entry, in_use=in_use, warn=not self._synthetic_folder, buttons=buttons, names=names
        )
