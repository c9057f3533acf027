"""The bar at the top: project and its menu, the pages, how far the queue is, the model in use."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from desktop.actions.menu import PROJECT_MENU
from desktop.messages import on_one_line
from desktop.panels.status import FINISHED
from desktop.panels.tasks import TaskChip, TaskList
from desktop.panels.widgets import elided, label, styled
from desktop.qactions import Actions
from desktop.session import Session
from desktop.theme import GRID, set_icon

# prediction_state -> icon, colour token, what it means
STATES = {
    "idle": ("state-ready", "good", "ready"),
    "loading": ("state-busy", "text", "is being loaded"),
    "predicting": ("state-busy", "accent", "is predicting"),
    "waiting": ("state-busy", "text_quiet", "waits for an idle moment"),
    "off": ("state-none", "text_quiet", "is off"),
    "failed": ("state-failed", "bad", "failed"),
}


class TopBar(QWidget):
    """Project v | [Review] [Models] [Training] ... queue n/N, model name and state."""

    def __init__(self, session: Session, actions: Actions) -> None:
        super().__init__()
        self._session = session
        styled(self, "bar")
        self.setFixedHeight(6 * GRID)
        self.setAccessibleName("Top bar")
        self.project = QToolButton()
        self.project.setProperty("role", "menu")
        self.project.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.project.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.project.setMenu(actions.menu(PROJECT_MENU, self.project))
        self.project.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.project.setAccessibleName("Project menu")
        set_icon(self.project, "app")
        self.tabs = [self._tab(actions, key) for key in ("page.review", "page.models", "page.training")]
        self.tasks = TaskList(self)
        self.chip = TaskChip(self.tasks)
        self.queue = label("", "quiet", accessible="Place in the queue")
        self.model = elided("", "quiet")
        self.model.setAccessibleName("Model in use")
        self.model.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.model.setMaximumWidth(28 * GRID)
        self.state = QLabel()
        self._arrange()
        session.project_changed.connect(self.refresh)
        session.image_changed.connect(lambda _: self.refresh())
        session.statuses_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.opened.connect(self.refresh)
        session.entries_reset.connect(self.refresh)
        self.refresh()

    def _tab(self, actions: Actions, key: str) -> QToolButton:
        tab = QToolButton()
        tab.setProperty("role", "tab")
        tab.setDefaultAction(actions[key])
        tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tab.setAccessibleName(f"{actions[key].text()} page")
        return tab

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, 0, 2 * GRID, 0)
        row.setSpacing(GRID // 2)
        row.addWidget(self.project)
        row.addSpacing(2 * GRID)
        for tab in self.tabs:
            row.addWidget(tab)
        row.addStretch(1)
        row.addWidget(self.chip)
        row.addSpacing(2 * GRID)
        row.addWidget(self.queue)
        row.addSpacing(2 * GRID)
        row.addWidget(self.model, 1)
        row.addWidget(self.state)

    def tab_of(self, page: str) -> QToolButton:
        """Return the tab of a page: where the keyboard goes when the page is shown."""
        return next(tab for tab in self.tabs if tab.defaultAction().objectName() == f"page.{page}")

    def refresh(self) -> None:
        """Show the session's project, queue and model."""
        session = self._session
        folder = session.folder
        name = on_one_line(folder.name) if folder is not None else "Overread"
        metrics = self.project.fontMetrics()
        self.project.setText(metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 24 * GRID))
        self.project.setToolTip(str(folder) if folder is not None else "Menu")
        total = len(session.entries)
        done = sum(session.status_counts.get(status, 0) for status in FINISHED)
        at = session.position + 1
        self.queue.setText(f"queue {at}/{total}" if total else "")
        self.queue.setToolTip(f"Image {at} of {total}; {done} finished" if total else "")
        self._show_model()

    def _show_model(self) -> None:
        model = self._session.model
        icon, token, means = STATES[self._session.prediction_state]
        if model is None:
            icon, token, means = STATES["off"]
        self.model.setText("no model" if model is None else f"model: {model.name}")
        tip = (
            "No model is in use; choose one on the Models page." if model is None else f"{model.name} {means}"
        )
        if model is not None and not self._session.model_allowed:
            tip = f"{model.name} waits for your consent: see the Models page"
            icon, token, _ = STATES["off"]
        set_icon(self.state, icon, token, 16)
        self.state.setToolTip(tip)
        self.state.setAccessibleName(tip)
        self.state.setVisible(bool(len(self._session.entries)) or model is not None)
        self.model.setVisible(self.state.isVisibleTo(self))
