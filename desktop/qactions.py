"""QActions and QMenus made from the records of `desktop.actions`."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from desktop.actions.keymap import Keymap
from desktop.actions.menu import SEPARATOR, Menu
from desktop.actions.record import Action, ActionError, conflicts
from desktop.errors import DesktopError
from desktop.theme import look


class Actions(QObject):
    """The actions of one window: looked up by id, refreshed together, their shortcuts alive in the window.

    ``records`` hold the keys in force: the catalogue's, and what ``overrides`` (`desktop.actions.keymap`)
    changes of them.
    """

    keys_changed = Signal()
    """Shortcuts are others now: what shows them shows them anew."""
    refused = Signal(str)
    """Why an action could not be taken (a locked layer), in one sentence."""
    ran = Signal(str)
    """The id of an action that was just taken."""

    def __init__(self, host: QWidget, records: Iterable[Action], overrides: Iterable[str] = ()) -> None:
        super().__init__(host)
        made = tuple(records)
        clash = conflicts(made)
        if clash:
            raise ActionError(f"Two actions share a shortcut: {clash}")
        self.keymap = Keymap(made, overrides)
        self.records = {record.id: record for record in self.keymap.records()}
        self._actions = {record.id: self._make(host, record) for record in self.records.values()}
        self._held: dict[int, Action] = {}
        look().changed.connect(self._tint)

    def _make(self, host: QWidget, record: Action) -> QAction:
        action = QAction(record.text, host)
        action.setObjectName(record.id)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in record.shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(record.repeats)
        action.setCheckable(record.checked_when is not None)
        if record.icon:
            action.setIcon(_icon(record))
        action.setToolTip(hint_of(record))
        action.triggered.connect(lambda _on=False, key=record.id: self._run(self.records[key]))
        host.addAction(action)
        return action

    def apply_keys(self) -> None:
        """Let the shortcuts of `keymap` hold, in keys, tool tips and menus."""
        for record in self.keymap.records():
            if record.shortcuts == self.records[record.id].shortcuts:
                continue
            self.records[record.id] = record
            action = self._actions[record.id]
            action.setShortcuts([QKeySequence(shortcut) for shortcut in record.shortcuts])
            action.setToolTip(hint_of(record))
        self.keys_changed.emit()

    def _run(self, record: Action) -> None:
        if record.released is not None and record.shortcuts:
            key = _key_of(record)
            # A filter on the application costs every event: it is there only while a key is held.
            if not self._held:
                _application().installEventFilter(self)
            self._held[key] = record
        try:
            record.callback()
        except DesktopError as refusal:
            self.refused.emit(str(refusal))
        self.refresh()
        self.ran.emit(record.id)

    def _tint(self) -> None:
        for key, record in self.records.items():
            if record.icon:
                self._actions[key].setIcon(_icon(record))

    def __getitem__(self, key: str) -> QAction:
        try:
            return self._actions[key]
        except KeyError:
            raise ActionError(f"There is no action {key}.") from None

    def refresh(self) -> None:
        """Ask every record whether it can be taken and whether it is on."""
        for key, record in self.records.items():
            action = self._actions[key]
            enabled = record.enabled_when()
            if action.isEnabled() != enabled:
                action.setEnabled(enabled)
            if record.checked_when is not None:
                action.setChecked(record.checked_when())

    def menu(self, tree: Menu, parent: QWidget) -> QMenu:
        """Return the menu of a tree; ActionError when the tree names an unknown action."""
        menu = QMenu(tree.text, parent)
        for item in tree.items:
            if isinstance(item, Menu):
                menu.addMenu(self.menu(item, menu))
            elif item == SEPARATOR:
                menu.addSeparator()
            else:
                menu.addAction(self[item])
        return menu

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End a held action when its key goes up, or when the window loses the keyboard."""
        kind = event.type()
        if kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent) and not event.isAutoRepeat():
            self._let_go(event.key())
        elif kind == QEvent.Type.ApplicationDeactivate or (
            kind == QEvent.Type.WindowDeactivate and watched is self.parent()
        ):
            for key in list(self._held):
                self._let_go(key)
        return False

    def _let_go(self, key: int) -> None:
        record = self._held.pop(key, None)
        if not self._held:
            _application().removeEventFilter(self)
        if record is not None and record.released is not None:
            record.released()


def _icon(record: Action) -> QIcon:
    return look().icon(record.icon, checkable=record.checked_when is not None)


def _key_of(record: Action) -> int:
    return int(QKeySequence(record.shortcuts[0])[0].key())  # type: ignore[index]


def _application() -> QCoreApplication:
    app = QCoreApplication.instance()
    if app is None:
        raise ActionError("There is no application.")
    return app


def hint_of(record: Action) -> str:
    """Return the tool tip of an action: its text and its first shortcut."""
    if not record.shortcuts:
        return record.text
    return f"{record.text} ({shown(record.shortcuts[0])})"


def shown(shortcut: str) -> str:
    """Return a shortcut as a person reads it on this system ("Return" is called Enter)."""
    text = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    for key, name in (("Return", "Enter"), ("PgDown", "Page down"), ("PgUp", "Page up")):
        text = text.replace(key, name)
    return text
