"""The component walk: from piece to piece of the visible classes, the most doubtful first.

Tab on the canvas goes on, Shift+Tab back; Y keeps, Delete deletes, Ctrl+Shift and a number gives another
class, each going on to the next piece. The same keys act on a piece clicked with the component tool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QPainterPath

from desktop.canvas.component_mark import ComponentMark, outline
from desktop.canvas.framing import framed
from desktop.panels.walk_chip import WalkChip
from desktop.project.components import boxes_meet, component_mask
from desktop.project.explicit import delete_component, give_component, keep_component
from desktop.project.planes import union_box
from desktop.tools.behind import area, perform_behind

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView
    from desktop.project.components import Component
    from desktop.project.edit import Edit
    from desktop.project.planes import Box, LabelPlanes
    from desktop.session import Session
    from desktop.tools.component import ComponentTool
    from inference.schema import MaskClass

    Decide = Callable[[LabelPlanes, Component], Edit | None]

NOTHING = "There is no piece of a visible class here, and none that the model missed by little."
ALL_DECIDED = "Every piece of the visible classes is decided."
_NEAR = 16
"""Pixels around a piece that still belong to correcting it."""
_DRAWN_AT_ONCE = 90_000
"""Pixels whose outline, however ragged, is found in less than a frame."""


class ComponentWalk:
    """Shows the piece that is chosen and carries out what is decided about it."""

    def __init__(self, session: Session, canvas: CanvasView, tool: ComponentTool) -> None:
        self._session = session
        self._canvas = canvas
        self._shown: Component | None = None
        self._drawn: Box | None = None
        self.mark = ComponentMark()
        self.chip = WalkChip(canvas)
        canvas.add_decoration(self.mark)
        tool.choose = session.components.select
        tool.visible = self._visible
        canvas.tab_pressed.connect(self.step)
        session.components.changed.connect(self._show)
        session.image_changed.connect(lambda _entry: self._show())
        session.label_changed.connect(self._note_drawn)
        canvas.gesture_ended.connect(self._leave_when_drawn_elsewhere)

    # ---- what an action may ask

    def chosen(self) -> bool:
        """A piece is chosen."""
        return self._session.components.current is not None

    def next(self) -> None:
        """To the next piece."""
        self.step(True)

    def previous(self) -> None:
        """To the piece before."""
        self.step(False)

    def step(self, forward: bool) -> None:
        """To the next piece, or back, as soon as the pieces are known."""
        components = self._session.components

        def go() -> None:
            target = components.following(forward)
            if target is None:
                self.chip.tell(NOTHING)
            else:
                self.go_to(target)

        components.ask(go)

    def go_to(self, component: Component) -> None:
        """Choose a piece and bring it into sight."""
        self._session.components.select(component)
        viewport = self._canvas.viewport
        if viewport is not None:
            self._canvas.look(framed(viewport, component.box))

    def leave(self) -> bool:
        """End the walk; returns whether there was one."""
        if not self.chosen():
            return False
        self._session.components.select(None)
        return True

    def keep(self) -> None:
        """Protect the piece (paint it, when the label missed it), and go on."""
        self._decide(
            lambda planes, one: keep_component(planes, one, self._text("Take" if one.missed else "Keep", one))
        )

    def delete(self) -> None:
        """Delete the piece (decide that nothing is there, when the label missed it), and go on."""
        self._decide(
            lambda planes, one: delete_component(
                planes, one, self._text("Dismiss" if one.missed else "Delete", one)
            )
        )

    def give(self, number: int) -> None:
        """Give the piece the n-th class, and go on."""
        classes = self._session.schema.active_classes
        if number > len(classes):
            return
        to = classes[number - 1]
        self._decide(
            lambda planes, one: give_component(
                planes,
                one,
                to.id,
                f"{_title(self._class(one))} becomes {_title(to)}"
                if to.id != one.class_id
                else self._text("Take", one),
            ),
            to.id,
        )

    # ---- inside

    def _decide(self, decide: Decide, *others: int) -> None:
        session, components = self._session, self._session.components
        one = components.current
        if one is None or session.label is None:
            return

        def done(_edit: Edit | None) -> None:
            components.note_decided(one)
            if components.current is None or components.current.key != one.key:
                return
            # The next one is that of the order in which the reader sees them now.
            then = components.following(True)
            if then is not None and then.key != one.key and (one.decided or components.is_open(then)):
                self.go_to(then)
                return
            components.select(None)
            if not one.decided and components.walk:
                self.chip.tell(ALL_DECIDED)

        perform_behind(
            session, lambda planes: decide(planes, one), pixels=area(one.box), done=done,
            classes=(one.class_id, *others),
        )  # fmt: skip

    def _note_drawn(self, box: Box | None) -> None:
        """Remember where the gesture under way draws."""
        if box is not None and self._canvas.gesture_active:
            self._drawn = box if self._drawn is None else union_box(self._drawn, box)

    def _leave_when_drawn_elsewhere(self) -> None:
        """Whoever draws somewhere else has left the piece: what comes next is not meant for it."""
        drawn, self._drawn = self._drawn, None
        one = self._session.components.current
        if drawn is None or one is None:
            return
        y0, x0, y1, x1 = one.box
        if not boxes_meet((y0 - _NEAR, x0 - _NEAR, y1 + _NEAR, x1 + _NEAR), drawn):
            self._session.components.select(None)

    def _visible(self) -> list[int]:
        styles = self._session.styles
        return [one.id for one in self._session.schema.active_classes if styles[one.id].visible]

    def _text(self, verb: str, component: Component) -> str:
        return f"{verb} component · {_title(self._class(component))}"

    def _class(self, component: Component) -> MaskClass:
        return self._session.schema.class_by_id(component.class_id)

    def _show(self) -> None:
        """Mark the piece that is chosen, and say which one it is."""
        components, label = self._session.components, self._session.label
        one = components.current
        if one is None or label is None or label.planes is None:
            self._shown = None
            if self.mark.shown:
                self.mark.hide()
                self._canvas.update()
            self.chip.clear()
            return
        self._show_chip(one)
        if one is self._shown:
            return
        self._shown = one
        planes = label.planes

        def draw() -> QPainterPath:
            return outline(component_mask(planes, one), one.box[:2])

        def drawn(path: QPainterPath) -> None:
            if self._shown is one:
                ratio = self._canvas.devicePixelRatioF()
                self.mark.show(path, one.box, self._color(one), missed=one.missed, ratio=ratio)
                self._canvas.update()

        if area(one.box) <= _DRAWN_AT_ONCE:
            drawn(draw())
        else:
            self._session.run_behind(draw, drawn)

    def _show_chip(self, one: Component) -> None:
        number, count = self._session.components.place(one)
        self.chip.show_piece(
            number, count, self._class(one).name, self._color(one).name(), one.doubt,
            decided=one.decided, missed=one.missed, classes=len(self._session.schema.active_classes),
        )  # fmt: skip

    def _color(self, component: Component) -> QColor:
        style = self._session.styles.get(component.class_id)
        return QColor(style.color if style is not None else "#ffffff")


def _title(item: MaskClass) -> str:
    return item.title or item.name
