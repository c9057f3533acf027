"""The label's history as Qt knows undo: commands with a text, in a stack that actions and views understand.

A ``QUndoStack`` of its own would duplicate what :class:`desktop.project.journal.History` holds: undo
without a limit, across restarts, branch by branch, every step a row of the journal. So the history stays the
only one that can change a label, and this stack is a mirror of it. A command holds a text and the number of
its journal row; undoing it asks the session to undo, which reverts the patches and writes the row. The stack
follows ``history_changed``; a command's first ``redo`` does nothing, for the stroke is already in the planes.
If the session refuses a step (a stroke is under way), the mirror comes back in line.

It serves ``QUndoView``, ``QUndoGroup`` and ``createUndoAction``; who needs only the texts reads
``Label.undo_texts``.
"""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QObject, SignalInstance
from PySide6.QtGui import QUndoCommand, QUndoStack

from desktop.project.journal import Step
from desktop.project.label import Label

__all__ = ["EditCommand", "EditStack", "HistoryOwner"]


class HistoryOwner(Protocol):
    """Who changes the label: the session."""

    @property
    def history_changed(self) -> SignalInstance | Any:
        """Emitted after every step, and when another label becomes the current one."""

    @property
    def label(self) -> Label | None:
        """The current label."""

    def undo(self) -> None:
        """Take the last step back."""

    def redo(self) -> None:
        """Give the last undone step again."""


class EditCommand(QUndoCommand):
    """One step of the history."""

    def __init__(self, stack: EditStack, step: Step) -> None:
        super().__init__(step.text)
        self.seq = step.seq
        self._stack = stack

    def undo(self) -> None:
        """Ask the session, unless the stack is only following it."""
        self._stack.step(forward=False)

    def redo(self) -> None:
        """Ask the session, unless the stack is only following it."""
        self._stack.step(forward=True)


class EditStack(QUndoStack):
    """Mirrors the history of the current label."""

    def __init__(self, owner: HistoryOwner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._owner = owner
        self._commands: list[EditCommand] = []
        self._label: Label | None = None
        self._following = False
        self._stepping = False
        owner.history_changed.connect(self.follow)
        self.indexChanged.connect(self.follow)
        self.follow()

    def step(self, *, forward: bool) -> None:
        """Pass a step of Qt's on to the session."""
        if self._following:
            return
        self._stepping = True
        try:
            if forward:
                self._owner.redo()
            else:
                self._owner.undo()
        finally:
            self._stepping = False

    def follow(self) -> None:
        """Come in line with the history; a new step is pushed, another label is read anew."""
        if self._following or self._stepping:
            return
        label = self._owner.label
        done = list(label.history.done) if label is not None else []
        undone = list(label.history.undone) if label is not None else []
        self._following = True
        try:
            self._align(label, done, [*done, *reversed(undone)])
        finally:
            self._following = False

    def _align(self, label: Label | None, done: list[Step], steps: list[Step]) -> None:
        known = [command.seq for command in self._commands]
        wanted = [step.seq for step in steps]
        kept = self.index()
        if label is not self._label or (known != wanted and known[:kept] != wanted[:kept]):
            self.clear()
            self._commands, kept, known = [], 0, []
            self._label = label
        if known != wanted:
            del self._commands[kept:]
            for step in steps[kept:]:
                command = EditCommand(self, step)
                self._commands.append(command)
                self.push(command)
        self.setIndex(len(done))
