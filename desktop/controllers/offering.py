"""A change that is offered before it is made: computed behind, outlined on the canvas, done by one key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QColor, QPainterPath

from desktop import messages
from desktop.canvas.component_mark import ChangeMark, outline
from desktop.errors import DesktopError
from desktop.project.errors import PatchMismatch
from desktop.tools.behind import area

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView
    from desktop.project.edit import Edit
    from desktop.project.planes import LabelPlanes
    from desktop.project.proposals import Proposed
    from desktop.session import Session

SETTLE_MS = 80
"""A number that is being typed or turned, or a stroke, comes to rest before the offer is computed again."""

AT_ONCE = 500_000
"""Pixels of patches that are applied in a few milliseconds; more land behind."""

Make = Callable[["LabelPlanes"], "Proposed | None"]


class Offering(QObject):
    """One offer at a time, of the current label. GUI thread only."""

    changed = Signal(str, bool)
    """(how much would change, whether anything would): the offer is known."""
    gone = Signal()
    """The offer is withdrawn: another image, or another one offers."""

    def __init__(self, session: Session, canvas: CanvasView) -> None:
        super().__init__()
        self._session = session
        self._canvas = canvas
        self._make: Make | None = None
        self._proposed: Proposed | None = None
        self._asked: object | None = None
        self._taking = False
        self.mark = ChangeMark()
        canvas.add_decoration(self.mark)
        self._settling = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settling.timeout.connect(self._compute)
        session.label_changed.connect(self._label_changed)
        session.image_changed.connect(lambda _entry: self.withdraw())

    @property
    def open(self) -> bool:
        """Whether something is offered."""
        return self._make is not None

    def offer(self, make: Make, *, soon: bool = False) -> None:
        """Offer what ``make(planes)`` says (None: nothing to be said yet); ``soon``: values still change."""
        self._make, self._taking = make, False
        if soon:
            self._settling.start()
        else:
            self._compute()

    def take(self) -> None:
        """Do what is offered, as soon as it is known: one undo step, none when nothing changes."""
        if self._make is None:
            return
        if self._proposed is None or self._settling.isActive():
            self._taking = True
            if self._settling.isActive():
                self._compute()
            return
        edit = self._proposed.edit
        if edit is None:
            return
        if sum(area(patch.box) for patch in edit.patches) > AT_ONCE:
            self._land(self._make, edit)
            return
        try:
            self._session.perform(edit)
        except PatchMismatch:
            self._taking = True
            self._compute()
            return
        except DesktopError as refusal:
            self._session.say(str(refusal))
            return
        self.withdraw()

    def _land(self, make: Make, edit: Edit) -> None:
        """Do what is offered behind; what was painted meanwhile makes it be computed again."""
        session, label = self._session, self._session.label
        refusal = session.layers.refusal(edit.class_ids)
        if refusal or label is None:
            session.say(refusal)
            return
        ready = [edit]

        def made(planes: LabelPlanes) -> Edit | None:
            if ready:
                return ready.pop()
            proposed = make(planes)
            return proposed.edit if proposed is not None else None

        self.withdraw()
        session.landing.perform(label, made)

    def withhold(self) -> None:
        """There is nothing to offer as things are set: take the outlines away, and nobody's leave."""
        self._settling.stop()
        self._make = self._proposed = self._asked = None
        self._taking = False
        self.mark.hide()
        self._canvas.update()

    def withdraw(self) -> None:
        """Offer nothing any more."""
        if self._make is not None:
            self.withhold()
            self.gone.emit()

    def _label_changed(self, _box: object) -> None:
        if self._make is not None:
            self._proposed = None
            self._settling.start()

    def _compute(self) -> None:
        self._settling.stop()
        make, label = self._make, self._session.label
        planes = label.planes if label is not None else None
        self._proposed = None
        if make is None or planes is None:
            return
        token = self._asked = object()

        def work() -> tuple[Proposed | None, QPainterPath, QPainterPath]:
            made = make(planes)
            if made is None:
                return None, QPainterPath(), QPainterPath()
            return made, outline(made.added, made.box[:2]), outline(made.removed, made.box[:2])

        def arrived(result: tuple[Proposed | None, QPainterPath, QPainterPath]) -> None:
            if self._asked is token and self._session.label is label:
                self._show(*result)

        def failed(error: BaseException) -> None:
            if self._asked is token:
                self.changed.emit(messages.sentence(error), False)

        self._session.run_behind(work, arrived, failed)

    def _show(self, proposed: Proposed | None, added: QPainterPath, removed: QPainterPath) -> None:
        if proposed is None:
            return
        self._proposed = proposed
        style = self._session.styles.get(proposed.class_id)
        color = QColor(style.color if style is not None else "#ffffff")
        self.mark.show(added, removed, color, ratio=self._canvas.devicePixelRatioF())
        self._canvas.update()
        self.changed.emit(proposed.sentence, proposed.edit is not None)
        if self._taking:
            self._taking = False
            self.take()
