"""Shortcuts: every action with its keys; press others to change them. A conflict names both actions."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from desktop.actions.record import Action
from desktop.panels.widgets import SearchField, button, column, emphasise, label, line, row
from desktop.qactions import Actions, shown
from desktop.theme import GRID

_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
ID = Qt.ItemDataRole.UserRole
RESERVED = {"Esc": "Esc always closes or gives up", "Space": "Space moves the image while it is held"}
CHOOSE = "Choose an action to change its keys."
PRESS = "Press the new keys. Esc leaves them as they are."


def portable(event: QKeyEvent) -> str:
    """Return the portable name of the keys of an event; "" while only modifiers are down."""
    if event.key() in (*_MODIFIERS, Qt.Key.Key_unknown, 0):
        return ""
    key, modifiers = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if key == Qt.Key.Key_Backtab:
        key, modifiers = Qt.Key.Key_Tab, modifiers | Qt.KeyboardModifier.ShiftModifier
    text = event.text()
    if text and text.isprintable() and not text.isalnum() and not text.isspace():
        # What Shift makes of a key, such as a question mark, is the key: layouts differ in where it lies.
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier
    combination = QKeyCombination(modifiers, key)
    return QKeySequence(combination).toString(QKeySequence.SequenceFormat.PortableText)


class KeyRecorder(QLineEdit):
    """Takes the next keys that are pressed, whatever they mean elsewhere."""

    recorded = Signal(str)
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setPlaceholderText(PRESS)
        self.setAccessibleName("Press the new keys")

    def event(self, event: QEvent) -> bool:
        """Take every key before a shortcut, and Tab before it moves the keyboard."""
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._take(event)
                return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        keys = portable(event)
        if keys == "Esc":
            self.given_up.emit()
        elif keys:
            self.recorded.emit(keys)


class ShortcutsPanel(QWidget):
    """The list of all actions, and below it what can be done with the chosen one."""

    def __init__(self, actions: Actions, keep: Callable[[tuple[str, ...]], object]) -> None:
        super().__init__()
        self._actions = actions
        self._keep = keep
        self._adding = False
        self._wanted = ""
        self.setAccessibleName("Shortcuts")
        self.search = SearchField()
        self.search.setPlaceholderText("Find an action or a key")
        self.search.setAccessibleName("Find an action or a key")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.tree = self._made_tree()
        self.title = label(CHOOSE)
        self.recorder = KeyRecorder()
        self.recorder.recorded.connect(self.record)
        self.recorder.given_up.connect(self._stop)
        self.change = button("Change keys", lambda: self._ask(adding=False), tip="Press other keys (Enter)")
        self.add = button("Add keys", lambda: self._ask(adding=True), tip="Further keys for this action")
        self.remove = button("Remove keys", self._remove)
        self.reset = button("Reset", self._reset, tip="The keys that this action came with")
        self.reset_all = button("Reset all", self._reset_all, role="flat")
        self.take = button("", self._take, role="primary")
        self.leave = button("Leave it", self._stop)
        self._arrange()
        self._fill()
        self._stop()
        actions.keys_changed.connect(self._show_keys)

    def _made_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName("Actions and their keys")
        tree.setColumnCount(3)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setIndentation(2 * GRID)
        tree.setHeaderHidden(True)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        tree.currentItemChanged.connect(lambda *_: self._stop())
        tree.itemActivated.connect(lambda *_: self._ask(adding=False))
        return tree

    def _arrange(self) -> None:
        layout = column(self, spacing=GRID)
        layout.addLayout(row(self.search, self.reset_all, stretch=0))
        layout.addWidget(self.tree, 1)
        layout.addWidget(line())
        strip = QHBoxLayout()
        strip.setSpacing(GRID)
        strip.addWidget(self.title, 1)
        for widget in (self.recorder, self.take, self.leave, self.change, self.add, self.remove, self.reset):
            strip.addWidget(widget, 1 if widget is self.recorder else 0)
        layout.addLayout(strip)

    def _fill(self) -> None:
        sections: dict[str, QTreeWidgetItem] = {}
        for record in self._actions.records.values():
            above = sections.get(record.section)
            if above is None:
                above = sections[record.section] = QTreeWidgetItem(self.tree, [record.section])
                above.setFlags(Qt.ItemFlag.ItemIsEnabled)
                font = above.font(0)
                font.setBold(True)
                above.setFont(0, font)
            QTreeWidgetItem(above, [record.text]).setData(0, ID, record.id)
        self.tree.expandAll()
        self._show_keys()

    def items(self) -> list[QTreeWidgetItem]:
        """Return the lines of all actions."""
        found = []
        for at in range(self.tree.topLevelItemCount()):
            above = self.tree.topLevelItem(at)
            if above is not None:
                found += [above.child(n) for n in range(above.childCount())]
        return [one for one in found if one is not None]

    def choose(self, action_id: str) -> None:
        """Select an action's line."""
        for item in self.items():
            if item.data(0, ID) == action_id:
                self.tree.setCurrentItem(item)

    def _show_keys(self) -> None:
        for item in self.items():
            key = item.data(0, ID)
            keys = self._actions.keymap.keys(key)
            item.setText(1, "   ".join(dict.fromkeys(shown(one) for one in keys)) or "none")
            item.setText(2, "changed" if self._actions.keymap.is_changed(key) else "")

    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for at in range(self.tree.topLevelItemCount()):
            above = self.tree.topLevelItem(at)
            if above is None:
                continue
            left = 0
            for n in range(above.childCount()):
                item = above.child(n)
                if item is None:
                    continue
                words = f"{above.text(0)} {item.text(0)} {item.text(1)} {item.text(2)}".casefold()
                item.setHidden(not all(one in words for one in wanted))
                left += not item.isHidden()
            above.setHidden(not left)

    # ---- changing

    @property
    def chosen(self) -> Action | None:
        """The action whose line is selected."""
        item = self.tree.currentItem()
        key = item.data(0, ID) if item is not None else None
        return self._actions.records.get(key) if key else None

    def _ask(self, *, adding: bool) -> None:
        if self.chosen is None:
            return
        self._adding = adding
        self._show(recording=True)
        self.title.setText(self.chosen.text)
        self.recorder.setFocus()

    def record(self, keys: str) -> None:
        """Take keys that were pressed: give them, or ask when another action has them."""
        chosen = self.chosen
        if chosen is None:
            return
        self._wanted = keys
        if keys in RESERVED:
            self._say(f"{RESERVED[keys]}, so it cannot be given to an action.")
            return
        owner = self._actions.keymap.owner(keys, chosen.id)
        if owner is None:
            self._take()
            return
        self._say(f"{shown(keys)} is “{owner.text}” already.")
        self.take.setText(f"Give it to “{chosen.text}”")
        emphasise(self.take, primary=True)
        self.take.show()
        self.take.setFocus()

    def _say(self, text: str) -> None:
        self._show(recording=False)
        for widget in (self.change, self.add, self.remove, self.reset):
            widget.hide()
        self.title.setText(text)
        self.leave.show()
        self.leave.setFocus()

    def _take(self) -> None:
        chosen = self.chosen
        if chosen is None:
            return
        held = self._actions.keymap.keys(chosen.id) if self._adding else ()
        self._actions.keymap.give(chosen.id, (*held, self._wanted))
        self._done()

    def _remove(self) -> None:
        if self.chosen is not None:
            self._actions.keymap.give(self.chosen.id, ())
            self._done()

    def _reset(self) -> None:
        if self.chosen is not None:
            self._actions.keymap.reset(self.chosen.id)
            self._done()

    def _reset_all(self) -> None:
        self._actions.keymap.reset_all()
        self._done()

    def _done(self) -> None:
        self._actions.apply_keys()
        self._keep(self._actions.keymap.overrides())
        self._stop()
        self.tree.setFocus()

    def _stop(self) -> None:
        chosen = self.chosen
        self._show(recording=False)
        self.title.setText(chosen.text if chosen is not None else CHOOSE)
        for widget in (self.change, self.add, self.remove, self.reset):
            widget.setEnabled(chosen is not None)
        if chosen is not None:
            self.remove.setEnabled(bool(chosen.shortcuts))
            self.reset.setEnabled(self._actions.keymap.is_changed(chosen.id))

    def _show(self, *, recording: bool) -> None:
        self.recorder.setVisible(recording)
        self.take.hide()
        self.leave.hide()
        for widget in (self.change, self.add, self.remove, self.reset):
            widget.setVisible(not recording)
