"""What the reader chose for this sitting: class, brush, how layers look, thresholds. Owns no widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.canvas.styles import LayerStyle
from inference.schema import Schema

if TYPE_CHECKING:
    from desktop.jobs.predicting import ModelInUse

MIN_RADIUS, MAX_RADIUS = 0.5, 500.0
DEFAULT_THRESHOLD = 0.5


class Choices(QObject):
    """Values with signals; nothing here is slow."""

    selection_changed = Signal()
    options_changed = Signal()
    styles_changed = Signal()
    threshold_changed = Signal(str)
    """A class's threshold was set to another value."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.class_id: int | None = None
        self.brush_radius = 20.0
        self._styles: dict[int, LayerStyle] = {}
        self._thresholds: dict[str, float] = {}
        self._schema = Schema()

    def adopt(self, schema: Schema, *, forget: bool) -> None:
        """Another schema: keep what still makes sense, or, with ``forget`` (another folder), nothing."""
        if forget:
            self._styles, self._thresholds, self.class_id = {}, {}, None
        known = {item.id: item.color for item in self._schema.active_classes}
        self._schema = schema
        ids = [item.id for item in schema.active_classes]
        colors = {item.id: item.color for item in schema.active_classes}
        styles = {}
        for class_id in ids:
            style = self._styles.get(class_id)
            if style is None or (style.color == known.get(class_id) and style.color != colors[class_id]):
                # On skin and retina a thin fill turns muddy; the opaque outline keeps the class colour.
                style = replace(style or LayerStyle(outline=True), color=colors[class_id])
            styles[class_id] = style
        self._styles = styles
        if self.class_id not in ids:
            self.class_id = ids[0] if ids else None
        self.selection_changed.emit()
        self.styles_changed.emit()

    @property
    def styles(self) -> Mapping[int, LayerStyle]:
        """class id -> style, of every active class."""
        return MappingProxyType(self._styles)

    def set_class(self, class_id: int) -> None:
        """Select a class of the schema; another id is ignored."""
        if class_id in self._styles and class_id != self.class_id:
            self.class_id = class_id
            self.selection_changed.emit()

    def set_brush_radius(self, radius: float) -> None:
        """In image pixels, kept between 0.5 and 500."""
        radius = min(max(radius, MIN_RADIUS), MAX_RADIUS)
        if radius != self.brush_radius:
            self.brush_radius = radius
            self.options_changed.emit()

    def set_style(self, class_id: int, **changes: object) -> None:
        """Change how a layer is drawn; None leaves a value. Raises ValueError for a colour that is none."""
        style = self._styles.get(class_id)
        given = {name: value for name, value in changes.items() if value is not None}
        if style is None or not given:
            return
        changed = replace(style, **given)  # type: ignore[arg-type]
        if changed != style:
            self._styles[class_id] = changed
            self.styles_changed.emit()

    def threshold(self, class_name: str, model: ModelInUse | None) -> float:
        """Set here, else the model's own, else 0.5."""
        own = model.thresholds.get(class_name, DEFAULT_THRESHOLD) if model is not None else DEFAULT_THRESHOLD
        return self._thresholds.get(class_name, own)

    def thresholds(self, model: ModelInUse | None) -> dict[str, float]:
        """The threshold in use of every active class, by name."""
        return {item.name: self.threshold(item.name, model) for item in self._schema.active_classes}

    def set_threshold(self, class_name: str, value: float) -> None:
        """Between 0 and 1."""
        value = min(max(value, 0.0), 1.0)
        if self._thresholds.get(class_name) != value:
            self._thresholds[class_name] = value
            self.options_changed.emit()
            self.threshold_changed.emit(class_name)

    def forget_thresholds(self) -> None:
        """Another model: its own thresholds hold again."""
        if self._thresholds:
            self._thresholds.clear()
            self.options_changed.emit()
