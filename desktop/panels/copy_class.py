"""The strip for copying a class: from where, which class, and whether it replaces, adds or subtracts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox

from desktop.panels.offer_strip import OfferStrip
from desktop.theme import GRID

KINDS = (("image", "another image"), ("prediction", "the model"), ("reader", "another reader"))
_WIDEST = 24
HOWS = (("replace", "replaces"), ("add", "is added"), ("subtract", "is taken away"))


class CopyStrip(OfferStrip):
    """ "Copy from [another image] [IDRiD_02.jpg] [MA] [replaces]": what is chosen is offered at once."""

    def __init__(
        self,
        *,
        take: Callable[[], object],
        leave: Callable[[], object],
        kind_changed: Callable[[], object],
        changed: Callable[[], object],
    ) -> None:
        super().__init__("Copy a class from elsewhere", take=take, leave=leave, tall=True)
        self.set_title("copy-class", "Copy from")
        self.kind = _choice("From where", kind_changed)
        self.which = _choice("From which", changed)
        self.source_class = _choice("Which class", changed)
        self.how = _choice("In which way", changed)
        for choice, items in ((self.kind, KINDS), (self.how, HOWS)):
            with QSignalBlocker(choice):
                for name, text in items:
                    choice.addItem(text, name)
        for widget in (self.kind, self.which, self.source_class, self.how):
            self.fields.addWidget(widget)

    def open(self) -> None:
        """Show the strip with the keyboard in its first choice."""
        self.show()
        self.kind.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_which(self, titles: Sequence[str]) -> None:
        """Offer these sources, the first one chosen."""
        _fill(self.which, [(title, at) for at, title in enumerate(titles)], None)
        self.which.setVisible(bool(titles))

    def set_classes(self, classes: Sequence[tuple[str, object]], chosen: object) -> None:
        """Offer these classes (text, what it stands for)."""
        _fill(self.source_class, classes, chosen)
        for widget in (self.source_class, self.how):
            widget.setVisible(bool(classes))


def _choice(accessible: str, changed: Callable[[], object]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(accessible)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    made.setMaximumWidth(_WIDEST * GRID)
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
