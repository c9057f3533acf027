"""The operations on regions: a key shows what one would change, Enter does it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from desktop.controllers.offering import Offering
from desktop.project.proposals import OPERATIONS, Operation, Proposed, propose

if TYPE_CHECKING:
    from PySide6.QtWidgets import QVBoxLayout

    from desktop.canvas.view import CanvasView
    from desktop.panels.region_strip import RegionStrip
    from desktop.project.planes import LabelPlanes
    from desktop.session import Session


class Regions:
    """Sets an operation up in its strip and offers it; the piece that is chosen, else the class selected."""

    def __init__(self, session: Session, canvas: CanvasView) -> None:
        self._session = session
        self._canvas = canvas
        self.offering = Offering(session, canvas)
        self._operation: Operation | None = None
        self._values: dict[str, tuple[float, str]] = {}
        self._place: QVBoxLayout | None = None
        self.offering.gone.connect(self._gone)
        session.selection_changed.connect(self._offer_again)
        session.components.changed.connect(self._offer_again)

    def attach(self, place: QVBoxLayout) -> None:
        """The strip is to stand here."""
        self._place = place

    @cached_property
    def strip(self) -> RegionStrip:
        """What an operation is set up in; made for the first one."""
        from desktop.panels.region_strip import RegionStrip

        made = RegionStrip(take=self.take, leave=self.leave, changed=self._changed)
        self.offering.changed.connect(made.show_offer)
        if self._place is not None:
            self._place.addWidget(made)
        return made

    def can_start(self) -> bool:
        """There is a label with a class selected."""
        label = self._session.label
        return label is not None and label.planes is not None and self._session.class_id is not None

    def start(self, name: str) -> None:
        """Offer the operation ``name``; asked for once more, it is done."""
        operation = next(one for one in OPERATIONS if one.name == name)
        if self._operation is operation and self.offering.open:
            self.take()
            return
        self._operation = operation
        amount, way = self._values.get(name, (operation.amount.default if operation.amount else 0.0, ""))
        self.strip.show_operation(operation, amount, way)
        self._values[name] = self.strip.value
        self._offer()

    def take(self) -> None:
        """Do what is offered."""
        self.offering.take()

    def leave(self) -> bool:
        """Leave it; returns whether something was offered."""
        was_open = self.offering.open
        self.offering.withdraw()
        return was_open

    def take_keyboard(self) -> bool:
        """Put the keyboard where Enter takes what is offered; False when nothing is."""
        if self._operation is None:
            return False
        self.strip.apply.setFocus()
        return True

    def _gone(self) -> None:
        self._operation = None
        keyboard = self.strip.holds_keyboard()
        self.strip.hide()
        if keyboard:
            self._canvas.setFocus()

    def _changed(self) -> None:
        # Enter in a field says its value once more.
        if self._operation is not None and self._values.get(self._operation.name) != self.strip.value:
            self._values[self._operation.name] = self.strip.value
            self._offer(soon=True)

    def _offer_again(self) -> None:
        if self._operation is not None:
            self._offer(soon=True)

    def _offer(self, *, soon: bool = False) -> None:
        session, operation = self._session, self._operation
        piece = session.components.current
        if piece is not None and piece.missed:
            piece = None
        class_id = piece.class_id if piece is not None else session.class_id
        if operation is None or class_id is None:
            return
        item = session.schema.class_by_id(class_id)
        self.strip.show_where(f"{item.label} · {'this piece' if piece is not None else 'everywhere'}")
        self.strip.wait()
        amount, way = self.strip.value

        def make(planes: LabelPlanes) -> Proposed:
            return propose(
                planes, class_id, operation, amount, way, item.label,
                component=piece, allowed=lambda box, one: session.allowed(box, one, planes),
            )  # fmt: skip

        self.offering.offer(make, soon=soon)
