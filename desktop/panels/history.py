"""What was done to the current image: named steps with time and tool, and a way back to any of them."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont, QIcon, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QListView, QSizePolicy, QWidget

from desktop.panels.history_row import StepDelegate
from desktop.panels.widgets import column, label, row
from desktop.project.journal import Step
from desktop.session import Session
from desktop.theme import GRID, look

_ROOT = QModelIndex()
TIME_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""When a step was made, as a person reads it; empty for the beginning."""
BEGINNING = "As it came"
_GOING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)

# What a step's text begins with, and its icon.
_ICONS = (
    ("brush", "brush"), ("eraser", "eraser"), ("erase", "eraser"), ("threshold", "threshold"),
    ("prediction", "model"), ("accepted", "check"), ("delete component", "component"),
    ("keep component", "component"), ("component", "component"), ("import", "export"), ("copy", "copy"),
)  # fmt: skip


def icon_name(step: Step) -> str:
    """Return the icon of what made a step."""
    text = step.text.lower()
    for begin, icon in _ICONS:
        if text.startswith(begin):
            return icon
    return "layers" if step.classes else "check"


def told_time(created: str) -> str:
    """Return a stored time (ISO 8601, UTC) as hours and minutes here; with the day when it is not today."""
    try:
        when = datetime.fromisoformat(created).astimezone()
    except ValueError:
        return ""
    today = when.date() == datetime.now().astimezone().date()
    return when.strftime("%H:%M" if today else "%d %b %H:%M")


class Steps(QAbstractListModel):
    """The steps as rows: undone ones above (faded), the present one (bold), earlier ones, the beginning.

    The rows read the label's own lists: nothing is copied, whatever their number.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.class_id: int | None = None
        self._rows: list[tuple[int, Step | None]] = []
        self.present = 0

    def refresh(self) -> None:
        """Read the label's steps again."""
        current = self._session.label
        self.beginResetModel()
        self._rows, self.present = [], 0
        if current is not None:
            done, undone = current.history.done, current.history.undone
            count = len(done)
            # A row's number is how many steps stand when one goes there.
            steps = [(count + 1 + at, step) for at, step in enumerate(reversed(undone))]
            steps = [*steps[::-1], *((count - at, step) for at, step in enumerate(reversed(done)))]
            shown = [(number, step) for number, step in steps if self._is_shown(step)]
            self._rows = [*shown, (0, None)]
            self.present = next(at for at, (number, _) in enumerate(self._rows) if number <= count)
        self.endResetModel()

    def _is_shown(self, step: Step) -> bool:
        return self.class_id is None or self.class_id in step.classes

    def number(self, at: int) -> int:
        """How many steps stand after going to this row."""
        return self._rows[at][0]

    @property
    def count(self) -> int:
        """How many steps are listed, the beginning left out."""
        return max(0, len(self._rows) - 1)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """The steps and the beginning."""
        return 0 if parent.isValid() else len(self._rows)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Text, icon, time, weight and colour of a step."""
        at = index.row()
        if not 0 <= at < len(self._rows):
            return None
        step = self._rows[at][1]
        if role == Qt.ItemDataRole.DisplayRole:
            return step.text if step is not None else BEGINNING
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(step, faded=at < self.present)
        if role == TIME_ROLE:
            return told_time(step.created) if step is not None else ""
        if role == Qt.ItemDataRole.FontRole and at == self.present:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole:
            return look().color("text_disabled" if at < self.present else "text")
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(at, step)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "undone" if at < self.present else "present state" if at == self.present else "done"
            return ", ".join(filter(None, (str(self.data(index)), str(self.data(index, TIME_ROLE)), state)))
        return None

    def _icon(self, step: Step | None, *, faded: bool) -> QIcon:
        name = "image" if step is None else icon_name(step)
        return look().icon(name, "text_disabled" if faded else "text_quiet", 16)

    def _tip(self, at: int, step: Step | None) -> str:
        if at == self.present:
            return "The present state"
        what = "the beginning" if step is None else f"“{step.text}”"
        return f"Click to go {'on' if at < self.present else 'back'} to {what}"


class StepList(QListView):
    """The list itself: a click, Return or Space goes to a step."""

    def event(self, event: QEvent) -> bool:
        """Claim Return before it finishes the image."""
        overrides = event.type() == QEvent.Type.ShortcutOverride
        if overrides and isinstance(event, QKeyEvent) and event.key() in _GOING:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the row that the keyboard is on."""
        if event.key() in _GOING:
            if self.currentIndex().isValid():
                self.clicked.emit(self.currentIndex())
            return
        super().keyPressEvent(event)


class HistoryPanel(QWidget):
    """The list of steps of the current image, of all layers or of one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("History")
        self.model = Steps(session)
        self.list = StepList()
        self.list.setProperty("role", "plain")
        self.list.setModel(self.model)
        self.list.setItemDelegate(StepDelegate(TIME_ROLE, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Steps of this image")
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.list.setMinimumHeight(16 * GRID)
        self.list.clicked.connect(lambda index: session.timeline.go_to(self.model.number(index.row())))
        self.setFocusProxy(self.list)
        self.layer = QComboBox()
        self.layer.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.layer.setMinimumContentsLength(6)
        self.layer.setAccessibleName("Steps of which layer")
        self.layer.activated.connect(self._filter)
        self.state = label("", "label")
        self.empty = label("Nothing is changed on this image yet.", "quiet", wrap=True)
        layout = column(self)
        layout.addLayout(row(self.layer, self.state, stretch=0))
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addStretch(0)
        session.history_changed.connect(self.refresh)
        session.image_changed.connect(lambda _: self.refresh())
        session.project_changed.connect(self._list_layers)
        session.timeline.busy_changed.connect(self._show_state)
        look().changed.connect(self.refresh)
        self._list_layers()

    def sizeHint(self) -> QSize:
        """Takes what is left."""
        return QSize(26 * GRID, 20 * GRID)

    def _list_layers(self) -> None:
        chosen = self.model.class_id
        self.layer.clear()
        self.layer.addItem("All layers", None)
        for one in self._session.schema.active_classes:
            self.layer.addItem(one.label, one.id)
        at = self.layer.findData(chosen) if chosen is not None else 0
        self.layer.setCurrentIndex(max(0, at))
        self._filter(max(0, at))

    def _filter(self, at: int) -> None:
        self.model.class_id = self.layer.itemData(at)
        self.refresh()

    def refresh(self) -> None:
        """Show the steps of the current label."""
        self.model.refresh()
        current = self._session.label
        history = current.history if current is not None else None
        some = history is not None and bool(history.done or history.undone)
        self.list.setVisible(some)
        self.layer.setVisible(some and self.layer.count() > 2)
        self.empty.setVisible(not some)
        self._show_state()
        if some and self.isVisible():
            index = self.model.index(self.model.present)
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index)

    def showEvent(self, event: QShowEvent) -> None:
        """Show the present step."""
        super().showEvent(event)
        self.refresh()

    def _show_state(self) -> None:
        count = self.model.count
        if self._session.timeline.busy:
            self.state.setText("Going there…")
        else:
            self.state.setText(f"{count:,} step{'' if count == 1 else 's'}" if count else "")
