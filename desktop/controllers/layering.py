"""Thresholds and layers between session and canvas: previews, hatches, outlines, and the actions' work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.canvas.outlines import PredictionOutline, ProtectedHatch
from desktop.state.thresholds import KEY_STEP

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView
    from desktop.session import Session


class Layering:
    """What the keys of thresholds and layers do, and what the canvas shows of them."""

    def __init__(self, session: Session, canvas: CanvasView) -> None:
        self._session = session
        self._canvas = canvas
        self._hatch = ProtectedHatch()
        self._outline = PredictionOutline()
        canvas.add_decoration(self._hatch)
        canvas.add_decoration(self._outline)
        session.thresholds.preview_changed.connect(self._show_preview)
        session.offers.changed.connect(self._show_offers)
        session.styles_changed.connect(self._show_offers)

    # ---- what an action may ask

    def can_move(self) -> bool:
        """The model says something of the selected class of this image."""
        name = self._name()
        return name is not None and self._session.thresholds.can_move(name)

    def has_layer(self) -> bool:
        """A class is selected."""
        return self._name() is not None

    # ---- the actions' work

    def lower(self) -> None:
        """Lower the selected class's threshold by a step: more of the model's mask counts."""
        self._nudge(-KEY_STEP)

    def higher(self) -> None:
        """Raise the selected class's threshold by a step."""
        self._nudge(KEY_STEP)

    def reset(self) -> None:
        """Cut the selected class as the model itself does."""
        name = self._name()
        if name is not None:
            self._session.thresholds.reset(name)

    def toggle_lock(self) -> None:
        """Lock the selected layer, or free it."""
        chosen = self._session.class_id
        if chosen is not None:
            self._session.layers.toggle_lock(chosen)

    def toggle_solo(self) -> None:
        """Show the selected layer alone; again: what was shown before."""
        chosen = self._session.class_id
        if chosen is not None:
            self._session.layers.toggle_solo(chosen)

    # ---- inside

    def _name(self) -> str | None:
        chosen = self._session.class_id
        return next((one.name for one in self._session.schema.active_classes if one.id == chosen), None)

    def _nudge(self, by: float) -> None:
        name = self._name()
        if name is not None:
            self._session.thresholds.nudge(name, by)

    def _show_preview(self) -> None:
        preview = self._session.thresholds.preview
        self._canvas.set_preview(preview)
        self._hatch.show(preview.levels.protected if preview is not None else None)

    def _show_offers(self) -> None:
        if self._outline.show(self._session.offers.overlay, self._session.styles):
            self._canvas.update()
