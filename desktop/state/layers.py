"""Layers as this reader wants them: locks, solo, and looks that are remembered with the project."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.canvas.styles import LayerStyle

if TYPE_CHECKING:
    from desktop.project.project import Project
    from desktop.session import Session

log = logging.getLogger(__name__)

REST_MS = 600
"""Looks are written when they have been let alone for so long: a drag of the opacity is one write."""


class LayerState(QObject):
    """Which layers are locked, and what is kept of how they look. GUI thread only; owns no widget."""

    changed = Signal()
    """A lock was set or taken off."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._locked: frozenset[int] = frozenset()
        self._before_solo: dict[int, bool] = {}
        self._project: Project | None = None
        self._kept: dict[str, Any] = {}
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.flush)

    # ---- locks

    @property
    def locked(self) -> frozenset[int]:
        """The classes that no tool, threshold or model may change."""
        return self._locked

    def set_locked(self, class_id: int, locked: bool) -> None:
        """Lock a layer, or free it."""
        now = self._locked | {class_id} if locked else self._locked - {class_id}
        if now != self._locked:
            self._locked = now
            self.changed.emit()
            self.keep_later()

    def toggle_lock(self, class_id: int) -> None:
        """Lock a layer that is free, free one that is locked."""
        self.set_locked(class_id, class_id not in self._locked)

    def refusal(self, class_ids: Collection[int]) -> str:
        """Why these classes cannot all be changed, in one sentence; empty when they can."""
        names = [
            item.label for item in self._session.schema.classes if item.id in self._locked & {*class_ids}
        ]
        if not names:
            return ""
        if len(names) == 1:
            return f"The layer “{names[0]}” is locked; unlock it under Layers to change it."
        listed = ", ".join(f"“{name}”" for name in names)
        return f"The layers {listed} are locked; unlock them under Layers to change them."

    # ---- solo

    @property
    def solo(self) -> int | None:
        """The class that alone is shown because of `toggle_solo`; None when there is no such one."""
        styles = self._session.styles
        shown = [class_id for class_id, style in styles.items() if style.visible]
        return shown[0] if self._before_solo and len(shown) == 1 else None

    def toggle_solo(self, class_id: int) -> None:
        """Show this layer alone; again: what was shown before."""
        styles = self._session.styles
        if self.solo == class_id:
            shown = {one: self._before_solo.get(one, True) for one in styles}
            self._before_solo = {}
        else:
            if self.solo is None:
                self._before_solo = {one: style.visible for one, style in styles.items()}
            shown = {one: one == class_id for one in styles}
        self._session.choices.restyle(
            {one: replace(style, visible=shown[one]) for one, style in styles.items()}
        )

    # ---- what is remembered

    def adopt(self) -> None:
        """A project is open, or its schema changed: looks and locks of last time."""
        project = self._session.project
        if project is not self._project:
            self._project = project
            self._locked, self._before_solo = frozenset(), {}
            record = getattr(project, "layers_at_start", {})
            self._kept = dict(record)
            self._locked = frozenset(int(one) for one in record.get("locked", ()))
            self._session.choices.restyle(_styles(record.get("styles", {}), self._session.styles))
            self._rest.stop()
        self.changed.emit()

    def keep_later(self) -> None:
        """Something looks otherwise: remember that in a moment."""
        if self._project is not None and self._record() != self._kept:
            self._rest.start()

    def flush(self) -> None:
        """Remember it now."""
        self._rest.stop()
        project, record = self._project, self._record()
        if project is None or project is not self._session.project or record == self._kept:
            return
        self._kept = record
        self._session.saving.follow("", project.set_setting(f"layers:{project.reader}", record))

    def _record(self) -> dict[str, Any]:
        colors = {item.id: item.color for item in self._session.schema.classes}
        usual = LayerStyle(outline=True)
        styles = {}
        for class_id, style in self._session.styles.items():
            plain = replace(usual, color=colors.get(class_id, style.color))
            names = ("visible", "color", "opacity", "outline", "fill")
            told = {
                name: getattr(style, name) for name in names if getattr(style, name) != getattr(plain, name)
            }
            if told:
                styles[str(class_id)] = told
        return {"styles": styles, "locked": sorted(self._locked)}


def _styles(record: Mapping[str, Any], styles: Mapping[int, LayerStyle]) -> dict[int, LayerStyle]:
    """The styles with what was remembered; what another version wrote and this one does not know is left."""
    made = {}
    for class_id, style in styles.items():
        try:
            made[class_id] = replace(style, **record.get(str(class_id), {}))
        except (TypeError, ValueError) as error:
            log.warning("the remembered look of class %s is not used: %s", class_id, error)
            made[class_id] = style
    return made
