"""Which thumbnails are wanted now, and by whom: gallery and strip ask apart, the read pool hears one list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from desktop.session import Session


class Pictures(QObject):
    """The union of what is in sight anywhere."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._wanted: dict[str, list[int]] = {}

    def want(self, who: str, positions: Sequence[int]) -> None:
        """Say what one panel shows now; what it showed before is no longer wanted by it."""
        self._wanted[who] = list(positions)
        union = dict.fromkeys(one for wanted in self._wanted.values() for one in wanted)
        self._session.want_thumbnails(list(union))

    def forget(self) -> None:
        """Another folder."""
        self._wanted.clear()
