"""The layers: one row a class, then the selected one's values. Class colours are here and on masks only."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from desktop.panels.layer_details import LayerDetails
from desktop.panels.layer_row import LayerRow
from desktop.panels.widgets import SearchField, clear, column, heading, icon_button, label
from desktop.session import Session
from desktop.theme import look
from inference.schema import MaskClass, SchemaError

NO_CLASSES = (
    "There is no class to paint yet. Add one, start from a template (Ctrl+Shift+S), or use a model that "
    "brings its own."
)
NO_PROJECT = "The classes are shown here once a project is open."


class Layers(QWidget):
    """The panel: rows of classes, then what can be set of the selected one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("Layers")
        self.rows: list[LayerRow] = []
        self._asked_from: QWidget | None = None
        self.empty = label(NO_CLASSES, "quiet", wrap=True)
        self.adding = SearchField()
        self.adding.setPlaceholderText("Name of the new class, then Enter")
        self.adding.setAccessibleName("Name of the new class")
        self.adding.returnPressed.connect(self._add)
        self.adding.hide()
        self.add_button = icon_button("plus", "Add a class", self._ask_name)
        self.details = LayerDetails(session)
        self._arrange()
        session.project_changed.connect(self.rebuild)
        for signal in (
            session.styles_changed, session.selection_changed, session.options_changed,
            session.prediction_changed, session.model_changed, session.statuses_changed,
            session.display_changed, session.history_changed, session.layers.changed, session.turned,
        ):  # fmt: skip
            signal.connect(self.refresh)
        for changed in (session.layer_counts.changed, session.offers.changed):
            changed.connect(self.refresh)
        session.thresholds.changed.connect(self._refresh_cuts)
        look().changed.connect(self.refresh)
        self.rebuild()

    def _arrange(self) -> None:
        layout = column(self)
        layout.addWidget(heading("Layers", self.add_button))
        self._rows = column(holder := QWidget(), spacing=0)
        layout.addWidget(holder)
        layout.addWidget(self.empty)
        layout.addWidget(self.adding)
        layout.addWidget(self.details)

    def rebuild(self) -> None:
        """Make the rows anew: the schema changed."""
        clear(self._rows)
        self.rows = []
        for number, one in enumerate(self._session.schema.active_classes, 1):
            made = LayerRow(one, number, self._session)
            made.picked.connect(lambda key=one.id: self._session.set_class(key))
            made.stepped.connect(lambda by, at=number - 1: self._step(at + by))
            self._rows.addWidget(made)
            self.rows.append(made)
        self.empty.setText(NO_CLASSES if self._session.project is not None else NO_PROJECT)
        self.empty.setVisible(not self.rows)
        self.add_button.setEnabled(self._session.project is not None)
        self.refresh()

    def _step(self, at: int) -> None:
        if 0 <= at < len(self.rows):
            self._session.set_class(self.rows[at].mask_class.id)
            self.rows[at].setFocus(Qt.FocusReason.TabFocusReason)

    def _ask_name(self) -> None:
        if not self.adding.isHidden():
            self._stop_asking()
            return
        self._asked_from = QApplication.focusWidget()
        self.adding.clear()
        self.adding.show()
        self.adding.setFocus()

    def _stop_asking(self) -> None:
        """Put the field away, and the keyboard back to where it was."""
        before, self._asked_from = self._asked_from, None
        if before is not None and isValid(before):
            before.setFocus()
        self.adding.hide()

    def _add(self) -> None:
        name = self.adding.text().strip()
        if not name:
            return
        try:
            schema = self._session.schema.add_class(name)
        except SchemaError as error:
            self._session.problem.emit(str(error), "")
            return
        self._stop_asking()
        self._session.set_schema(schema)

    def _selected(self) -> MaskClass | None:
        return next(
            (made.mask_class for made in self.rows if made.mask_class.id == self._session.class_id), None
        )

    def refresh(self) -> None:
        """Show styles, locks, cuts, counts, and the values of the selected class."""
        if self._session.turning:
            return
        counts = self._session.layer_counts.counts
        for made in self.rows:
            made.show_count(counts.get(made.mask_class.id))
            made.refresh()
        self.details.show_class(self._selected())

    def _refresh_cuts(self) -> None:
        """A threshold is moved: only what shows thresholds."""
        for made in self.rows:
            made.show_threshold()
        self.details.show_class(self._selected())
