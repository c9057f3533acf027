"""The strip for copying a class: from where, which class, and whether it replaces, adds or subtracts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox

from desktop.panels.offer_strip import OfferStrip
from desktop.panels.widgets import label
from desktop.theme import GRID

KINDS = (("image", "another image"), ("prediction", "the model"), ("reader", "another reader"))
HOWS = (("replace", "replaces"), ("add", "is added to"), ("subtract", "is taken from"))


class CopyStrip(OfferStrip):
    """ "Copy from [another image] [IDRiD_02.jpg] [MA] [replaces] MA": what is chosen is offered at once."""

    def __init__(
        self,
        *,
        take: Callable[[], object],
        leave: Callable[[], object],
        kind_changed: Callable[[], object],
        changed: Callable[[], object],
    ) -> None:
        super().__init__("Copy a class from elsewhere", take=take, leave=leave)
        self.set_title("copy-class", "Copy from")
        self.kind = _choice("From where", 15, kind_changed)
        self.which = _choice("From which", 18, changed)
        self.source_class = _choice("Which class", 13, changed)
        self.how = _choice("In which way", 13, changed)
        for choice, items in ((self.kind, KINDS), (self.how, HOWS)):
            with QSignalBlocker(choice):
                for name, text in items:
                    choice.addItem(text, name)
        self.target = label("")
        for widget in (self.kind, self.which, self.source_class, self.how, self.target):
            self.fields.addWidget(widget)

    def open(self) -> None:
        """Show the strip with the keyboard in its first choice."""
        self.show()
        self.kind.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_which(self, titles: Sequence[str], *, shown: bool = True) -> None:
        """Offer these sources, the first one chosen."""
        _fill(self.which, [(title, at) for at, title in enumerate(titles)], None)
        self.which.setVisible(shown)

    def set_classes(self, classes: Sequence[tuple[str, object]], chosen: object) -> None:
        """Offer these classes (text, what it stands for)."""
        _fill(self.source_class, classes, chosen)


def _choice(accessible: str, width: int, changed: Callable[[], object]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(accessible)
    made.setFixedWidth(width * GRID)
    made.setMaxVisibleItems(16)
    made.currentIndexChanged.connect(lambda _index: changed())
    return made


def _fill(choice: QComboBox, items: Sequence[tuple[str, object]], chosen: object) -> None:
    with QSignalBlocker(choice):
        choice.clear()
        for text, data in items:
            choice.addItem(text, data)
        at = next((n for n, (_, data) in enumerate(items) if data == chosen), 0)
        choice.setCurrentIndex(at if items else -1)
