"""The schema's consistency rules, checked behind while a reader works. Owns no widget.

Strokes, values and thresholds change a label many times a second; a check waits until it has been quiet for a
moment, reads the planes on a background thread, and is thrown away when the label changed meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from desktop.project.label import Label
    from desktop.session import Session
    from inference.remarks import Box, Remark

QUIET_MS = 200
"""A check begins so long after the last change."""


class Consistency(QObject):
    """The remarks on the current label, and walking from one place to the next."""

    changed = Signal()

    def __init__(self, session: Session, *, quiet_ms: int = QUIET_MS) -> None:
        super().__init__(session)
        self._session = session
        self.remarks: tuple[Remark, ...] = ()
        self.current = -1
        self._place = -1
        self._edition = 0
        self._checking = False
        self._seen: tuple[Label, int, str] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(quiet_ms)
        self._timer.timeout.connect(self._check)
        session.image_changed.connect(self._other_image)
        session.project_changed.connect(self._other_project)
        session.label_changed.connect(self._again)
        session.values_changed.connect(self._again)
        session.closed.connect(self._timer.stop)

    @property
    def settled(self) -> bool:
        """Whether the remarks are those of the label as it is now."""
        return not self._timer.isActive() and not self._checking

    @property
    def place(self) -> Box | None:
        """Where the reader is on the way along the remarks."""
        places = self.remarks[self.current].places if self.current >= 0 else ()
        return places[self._place] if 0 <= self._place < len(places) else None

    def next_place(self) -> tuple[Remark, Box | None] | None:
        """Go to the next place of the present remark, or to the next remark; None when there is none.

        A remark without a place (two findings, a class that is missing) is one step with no box.
        """
        if not self.remarks:
            return None
        if self.current < 0 or self._place + 1 >= len(self.remarks[self.current].places):
            self.current = (self.current + 1) % len(self.remarks)
            self._place = 0
        else:
            self._place += 1
        remark = self.remarks[self.current]
        self.changed.emit()
        return remark, self.place

    def leave(self) -> None:
        """Walk along the remarks no more; the next step is the first one again."""
        self.current = self._place = -1
        self.changed.emit()

    def _other_image(self, _entry: object) -> None:
        if not self.settled:
            self._check_after()
        self._seen = None
        self._edition += 1
        self._show(())
        self._again()

    def _other_project(self) -> None:
        # An answer for the project before may have been dropped on its way.
        self._checking = False
        self._again()

    def _check_after(self) -> None:
        """The reader was faster than the check: what it finds on the image that was left is said in words."""
        if self._seen is None:
            return
        label, seq, name = self._seen
        if label.history.last_seq == seq:
            return
        schema, planes = self._session.schema, label.planes
        grades, findings = dict(label.grades), dict(label.findings)

        def arrived(remarks: tuple[Remark, ...]) -> None:
            if remarks:
                self._session.say(f"{name}: {remarks[0].sentence}")

        # The rules are imported where there is something to check: not at the start.
        from desktop.project.consistency import check_label

        self._session.run_behind(lambda: check_label(schema, planes, grades, findings), arrived, self._failed)

    def _again(self, _box: object = None) -> None:
        label, entry = self._session.label, self._session.entry
        if label is not None and entry is not None and (self._seen is None or self._seen[0] is not label):
            self._seen = label, label.history.last_seq, entry.title
        self._edition += 1
        if self._session.schema.rules:
            self._timer.start()
        else:
            self._timer.stop()
            self._show(())

    def _check(self) -> None:
        session, label = self._session, self._session.label
        if label is None:
            return
        if self._checking or label.stroke_open:
            self._timer.start()
            return
        from desktop.project.consistency import check_label
        from inference.remarks import Facts
        from inference.rules import check, needs

        edition, schema, planes = self._edition, session.schema, label.planes
        grades, findings = dict(label.grades), dict(label.findings)
        if not needs(schema, grades, findings):
            self._show(check(schema, Facts(), grades, findings))
            return
        self._checking = True

        def arrived(remarks: tuple[Remark, ...]) -> None:
            self._checking = False
            if edition == self._edition:
                self._show(remarks)

        session.run_behind(lambda: check_label(schema, planes, grades, findings), arrived, self._failed)

    def _failed(self, error: BaseException) -> None:
        self._checking = False
        self._session.say(f"The consistency rules could not be checked: {error}")

    def _show(self, remarks: tuple[Remark, ...]) -> None:
        if remarks == self.remarks:
            return
        # Whoever walks along the remarks stays at the one that is still there.
        now = self.remarks[self.current].targets if self.current >= 0 else None
        self.remarks = remarks
        self.current = next((at for at, one in enumerate(remarks) if one.targets == now), -1)
        self._place = -1
        self.changed.emit()
