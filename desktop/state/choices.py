"""What the reader chose for this sitting: class, brush, how layers look. Owns no widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal

from desktop.canvas.styles import LayerStyle
from inference.schema import Schema

MIN_RADIUS, MAX_RADIUS = 0.5, 500.0


class Choices(QObject):
    """Values with signals; nothing here is slow."""

    selection_changed = Signal()
    options_changed = Signal()
    styles_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.class_id: int | None = None
        self.brush_radius = 20.0
        self._styles: dict[int, LayerStyle] = {}
        self._schema = Schema()

    def adopt(self, schema: Schema, *, forget: bool) -> None:
        """Another schema: keep what still makes sense, or, with ``forget`` (another folder), nothing."""
        if forget:
            self._styles, self.class_id = {}, None
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

    def restyle(self, styles: Mapping[int, LayerStyle]) -> None:
        """Give several layers another look at once; ids that the schema has not are passed over."""
        changed = {**self._styles, **{one: style for one, style in styles.items() if one in self._styles}}
        if changed != self._styles:
            self._styles = changed
            self.styles_changed.emit()
