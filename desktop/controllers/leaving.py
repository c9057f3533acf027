"""Going away (another folder, closing) only when the disk has what was done, or the reader gives it up."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from desktop.panels.metrics import counted
from desktop.panels.notices import Notice, NoticeBar
from desktop.session import Session

TOPIC = "unsaved"
SECOND_TRY_MS = 400
"""There may be room again: a refused write is tried once more, so long, before leaving is refused."""


class Leaving(QObject):
    """Waits for the writer without blocking; says what would be lost when the disk refuses it."""

    def __init__(self, session: Session, notices: NoticeBar, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._notices = notices
        self._then: Callable[[], object] | None = None
        self._stay: Callable[[], object] = lambda: None
        self._words = ("", "")
        self._second_try = QTimer(self, singleShot=True, interval=SECOND_TRY_MS)
        self._second_try.timeout.connect(self._look)
        session.write_refused.connect(lambda said: notices.put(Notice(said, "problem", topic=TOPIC)))
        session.saved_changed.connect(self._saved_changed)
        session.bulk.changed.connect(self._look)

    def when_saved(
        self, then: Callable[[], object], again: str, answer: str, stay: Callable[[], object] = lambda: None
    ) -> None:
        """Call ``then`` when everything is on the disk: at once, as a rule.

        A change of many images at once that is under way is done to its end first.

        While the disk refuses something, ``stay`` is called instead, and a notice says so: ``again`` ends its
        sentence ("close the window again"), ``answer`` is the button that goes all the same.
        """
        # What waits for a key to rest, or for a drag of the opacity to end, is kept now.
        self._session.thresholds.flush()
        self._session.layers.flush()
        self._then, self._stay, self._words = then, stay, (again, answer)
        if self._session.refused:
            self._session.saving.try_again()
            self._second_try.start()
        else:
            self._look()

    def _saved_changed(self, pending: int) -> None:
        if pending == 0:
            self._notices.withdraw(TOPIC)
        if pending == 0 or not self._second_try.isActive():
            self._look()

    def _look(self) -> None:
        then = self._then
        if then is None:
            return
        if self._session.refused:
            self._then = None
            self._stay()
            self._ask(then)
        elif self._session.pending == 0 and not self._session.bulk.running:
            self._then = None
            then()

    def _ask(self, then: Callable[[], object]) -> None:
        again, answer = self._words
        changes = counted(self._session.refused, "change")
        are, them = ("is", "it") if self._session.refused == 1 else ("are", "them")
        sentence = (
            f"{changes} {are} not saved, because the disk is full or cannot be written: free some space, "
            f"then {again}."
        )
        answers = ((answer.format(them=them), then),)
        self._notices.put(Notice(sentence, "problem", "", answers, TOPIC))
