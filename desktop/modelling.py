"""What stands behind the Models and the Training page: reads the library and the project, starts and ends runs."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.notices import NoticeBar
from desktop.panels.models import ModelsPage
from desktop.panels.training import TrainingPage
from desktop.session import Session
from desktop.settings import Settings


class Modelling(QObject):
    failed = Signal(object)

    def __init__(self, session: Session, settings: Settings, notices: NoticeBar, parent: QWidget) -> None:
        super().__init__(parent)
        self.models = ModelsPage(roll_back=lambda: None, add=lambda: None)
        self.training = TrainingPage(promote=lambda: None, keep=lambda: None)

    def refresh(self) -> None:
        pass

    def close(self) -> None:
        pass
