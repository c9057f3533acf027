"""The cheat sheet: every action and its keys, over the desk, closed by the same key or Escape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.actions.record import Action
from desktop.panels.overlay import Overlay
from desktop.panels.widgets import SearchField, clear, column, icon_button, label, row, styled
from desktop.qactions import Actions, shown
from desktop.theme import GRID

_COLUMN = 37 * GRID
_GAP = 4 * GRID
_ROW = 3 * GRID
_MOST_COLUMNS = 4
_LEAST_RUN = 3
# So much of a page each key moves the sheet.
_SCROLLS = {
    Qt.Key.Key_Down: 0.1, Qt.Key.Key_Up: -0.1, Qt.Key.Key_PageDown: 0.9, Qt.Key.Key_PageUp: -0.9,
}  # fmt: skip
NOTHING = "No action is called that. Esc closes this sheet."


class _Field(SearchField):
    """The search field; the key that opened the sheet closes it while nothing is typed."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on a question mark, unless it is part of a search."""
        sheet = self.parentWidget()
        if event.text() == "?" and not self.text() and isinstance(sheet, KeySheet):
            sheet.close_down()
        elif isinstance(sheet, KeySheet) and event.key() in _SCROLLS:
            sheet.turn(_SCROLLS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


@dataclass(slots=True)
class Section:
    """One section of the sheet: its rows, and the widgets that show them."""

    name: str
    lines: list[tuple[str, list[str]]] = field(default_factory=list)
    holder: QWidget | None = None
    rows: list[tuple[str, QWidget]] = field(default_factory=list)

    @property
    def height(self) -> int:
        """So many rows high, the heading and the space below included."""
        return len(self.lines) + 2


class KeySheet(Overlay):
    """All keys by section, in as many columns as there is room for, with a field to search them."""

    def __init__(self, parent: QWidget, actions: Actions) -> None:
        super().__init__(parent, "Keys")
        self._actions = actions
        self._count = 0
        self._scroll: QScrollArea | None = None
        self._columns: QHBoxLayout | None = None
        self.sections: list[Section] = []
        self.search: SearchField | None = None
        self._nothing = label(NOTHING, "quiet")
        actions.keys_changed.connect(self._outdated)

    def _outdated(self) -> None:
        self._count = 0
        self.place()

    def _make(self) -> SearchField:
        """Make what is inside: at the first look, for the start has no time for it."""
        search = _Field(self)
        search.setPlaceholderText("Find an action or a key")
        search.setAccessibleName("Find an action or a key")
        search.setClearButtonEnabled(True)
        search.setFixedWidth(32 * GRID)
        search.textChanged.connect(self._filter)
        inner = styled(QWidget(), "panel")
        self._columns = QHBoxLayout(inner)
        self._columns.setContentsMargins(3 * GRID, GRID, 3 * GRID, 2 * GRID)
        self._columns.setSpacing(_GAP)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        self._scroll = scroll
        head = row(label("Keys", "heading"), search, spacing=2 * GRID)
        head.setContentsMargins(3 * GRID, 2 * GRID, 2 * GRID, GRID)
        head.addWidget(label("Ctrl+, changes them", "quiet"))
        head.addWidget(icon_button("cross", "Close (?)", self.close_down))
        layout = column(self, margin=1, spacing=0)
        layout.addLayout(head)
        layout.addWidget(scroll)
        return search

    def _fill(self, count: int) -> None:
        layout = self._columns
        if layout is None or count == self._count:
            return
        self._count = count
        self.sections = _sections(self._actions.records.values())
        clear(layout)
        for sections in _dealt(self.sections, count):
            one = QVBoxLayout()
            one.setSpacing(2 * GRID)
            for section in sections:
                one.addWidget(_shown_section(section))
            one.addStretch(1)
            layout.addLayout(one, 1)
        if self.search is not None:
            self._filter(self.search.text())

    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for section in self.sections:
            found = False
            for words, widget in section.rows:
                matches = all(one in words for one in wanted)
                widget.setVisible(matches)
                found = found or matches
            if section.holder is not None:
                section.holder.setVisible(found)

    def toggle(self) -> None:
        """Show the sheet in the middle of its parent, or hide it."""
        if not self.isHidden():
            self.close_down()
            return
        if self.search is None:
            self.search = self._make()
        self.search.clear()
        self.open_up(self.search)

    def turn(self, pages: float) -> None:
        """Move the sheet up or down by so many pages."""
        if self._scroll is not None:
            bar = self._scroll.verticalScrollBar()
            bar.setValue(bar.value() + round(pages * bar.pageStep()))

    def place(self) -> None:
        """Deal the sections into the columns that fit, and keep the sheet inside its parent."""
        parent = self.parentWidget()
        if parent is not None and self._scroll is not None and not self.isHidden():
            room = parent.width() - 12 * GRID
            self._fill(max(1, min(_MOST_COLUMNS, (room + _GAP) // (_COLUMN + _GAP))))
        super().place()

    def wanted_size(self) -> tuple[int, int]:
        """As wide as its columns, as high as the highest of them."""
        inner = self._scroll.widget() if self._scroll is not None else None
        width = self._count * _COLUMN + (self._count - 1) * _GAP + 8 * GRID
        return width, (inner.sizeHint().height() if inner is not None else 0) + 9 * GRID


def _shown_section(section: Section) -> QWidget:
    section.holder = QWidget()
    section.holder.setAccessibleName(section.name)
    layout = column(section.holder, spacing=GRID // 2)
    layout.addWidget(label(section.name, "label"))
    section.rows = []
    for text, keys in section.lines:
        widget = QWidget()
        words = QLabel(text)
        words.setWordWrap(True)
        line = QHBoxLayout(widget)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GRID // 2)
        line.addWidget(words, 1)
        for key in keys:
            line.addWidget(label(key, "key"))
        widget.setMinimumHeight(_ROW)
        layout.addWidget(widget)
        section.rows.append((" ".join((section.name, text, *keys)).casefold(), widget))
    return section.holder


def _sections(actions: Iterable[Action]) -> list[Section]:
    """Return what every section shows, in the order of the catalogue; a run of digit keys is one line."""
    found: dict[str, Section] = {}
    runs: dict[str, list[Action]] = {}
    shown_actions = [one for one in actions if one.shortcuts]
    for action in shown_actions:
        runs.setdefault(_run_of(action), []).append(action)
    for action in shown_actions:
        run = runs[_run_of(action)]
        section = found.setdefault(action.section, Section(action.section))
        if len(run) < _LEAST_RUN:
            keys = list(dict.fromkeys(shown(one) for one in action.shortcuts))
            section.lines.append((action.text, keys))
        elif action is run[0]:
            numbers = [one.id.rpartition(".")[2] for one in (run[0], run[-1])]
            text = action.text.replace(numbers[0], " … ".join(numbers), 1)
            section.lines.append((text, [f"{shown(action.shortcuts[0])} … {numbers[1]}"]))
    tools = found.setdefault("Tools", Section("Tools"))
    tools.lines.append(("Move the image while held", ["Space"]))
    return list(found.values())


def _run_of(action: Action) -> str:
    """Return what the actions of one run share: "grade.", when the key ends in the id's own digit."""
    above, _, number = action.id.rpartition(".")
    keys = action.shortcuts
    in_run = number.isdigit() and len(keys) == 1 and keys[0].endswith(number) and number in action.text
    return f"{above}.{keys[0][: -len(number)]}" if in_run else action.id


def _dealt(sections: list[Section], count: int) -> list[list[Section]]:
    """Deal sections into columns of about one height: the largest first, each to the shortest column."""
    columns: list[list[Section]] = [[] for _ in range(count)]
    heights = [0] * count
    for section in sorted(sections, key=lambda one: -one.height):
        at = heights.index(min(heights))
        columns[at].append(section)
        heights[at] += section.height
    order = {id(section): at for at, section in enumerate(sections)}
    for one in columns:
        one.sort(key=lambda section: order[id(section)])
    columns = [one for one in columns if one]
    return sorted(columns, key=lambda one: order[id(one[0])])
