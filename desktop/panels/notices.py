"""Where a sentence for a person is shown: a bar under the top bar, never a dialog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.messages import sentence
from desktop.panels.widgets import button, icon_button, label
from desktop.theme import GRID, set_icon

Kind = Literal["info", "warning", "problem"]
_ICONS = {"info": ("info", "text"), "warning": ("warning", "warn"), "problem": ("warning", "bad")}
LIMIT = 20
INFO_MS = 8000
"""How long plain news stays. What asks for an answer, warns or failed stays until it is dismissed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence, with details to unfold and at most a few things to do about it (text, callback)."""

    text: str
    kind: Kind = "info"
    details: str = ""
    answers: tuple[tuple[str, Callable[[], object]], ...] = ()
    topic: str = ""


class NoticeBar(QFrame):
    """Shows the newest notice; dismissing it shows the one before. Equal ones are counted, not repeated."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setAccessibleName("Notice")
        self._notices: list[Notice] = []
        self._icon = QLabel()
        self._text = label("", accessible="Notice text")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._more = label("", "label")
        self._unfold = button("Details", self._toggle_details, role="flat")
        self._close = icon_button("cross", "Dismiss (Esc)", self.dismiss)
        self._answers = QHBoxLayout()
        self._answers.setSpacing(GRID)
        self._details = QPlainTextEdit(readOnly=True)
        self._details.setAccessibleName("Details of the notice")
        self._details.setMaximumHeight(160)
        self._fading = QTimer(self, singleShot=True, interval=INFO_MS)
        self._fading.timeout.connect(self._fade)
        self._arrange()
        self._show()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
        row.setSpacing(GRID)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._more)
        row.addLayout(self._answers)
        row.addWidget(self._unfold)
        row.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._details)

    @property
    def current(self) -> Notice | None:
        """The notice that is shown."""
        return self._notices[-1] if self._notices else None

    def say(self, text: str, kind: Kind = "info", details: str = "", *, topic: str = "") -> None:
        """Show one sentence. A notice of the same topic or text takes the place of the older one."""
        self.put(Notice(text, kind, details, topic=topic))

    def tell(self, error: BaseException) -> None:
        """Show what went wrong in one sentence (`desktop.messages`)."""
        self.say(sentence(error), "problem")

    @property
    def all(self) -> tuple[Notice, ...]:
        """All notices that are not dismissed, the one shown first."""
        return tuple(reversed(self._notices))

    def put(self, notice: Notice, *, beneath: bool = False) -> None:
        """Show a notice; one ``beneath`` waits its turn behind those that are up: a hint hides no problem."""
        others = [one for one in self._notices if not _same(one, notice)][-LIMIT + 1 :]
        self._notices = [notice, *others] if beneath else [*others, notice]
        self._show()

    def dismiss(self) -> None:
        """Take the shown notice away."""
        if self._notices:
            self._notices.pop()
            self._show()

    def _fade(self) -> None:
        if (notice := self.current) is not None and _passes(notice):
            self.dismiss()

    def withdraw(self, topic: str) -> None:
        """Take away the notices of a topic: what they said no longer holds."""
        self._notices = [one for one in self._notices if one.topic != topic]
        self._show()

    def _toggle_details(self) -> None:
        self._details.setVisible(self._details.isHidden())

    def _show(self) -> None:
        notice = self.current
        self.setVisible(notice is not None)
        if notice is not None and _passes(notice):
            self._fading.start()
        else:
            self._fading.stop()
        self._details.hide()
        while item := self._answers.takeAt(0):
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if notice is not None:
            name, token = _ICONS[notice.kind]
            set_icon(self._icon, name, token)
            self._text.setText(notice.text)
            self._details.setPlainText(notice.details)
            self._unfold.setVisible(bool(notice.details))
            others = len(self._notices) - 1
            self._more.setText(f"and {others} more" if others else "")
            for text, callback in notice.answers:
                self._answers.addWidget(self._answer(text, callback))
        self.changed.emit()

    def _answer(self, text: str, callback: Callable[[], object]) -> QPushButton:
        def take() -> None:
            self.dismiss()
            callback()

        return button(text, take)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the height right when fonts or style change."""
        super().changeEvent(event)
        self.updateGeometry()


def _same(first: Notice, second: Notice) -> bool:
    return first.text == second.text or bool(first.topic and first.topic == second.topic)


def _passes(notice: Notice) -> bool:
    return notice.kind == "info" and not notice.answers and not notice.details
