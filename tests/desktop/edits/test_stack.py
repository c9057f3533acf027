from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from desktop.edits.stack import EditStack
from desktop.project.edit import class_edit
from desktop.project.label import Label, LabelKey
from inference.schema import MaskClass, Schema

SCHEMA = Schema((MaskClass(0, "MA"),))


class Owner(QObject):
    """What the session does with a label, without a store."""

    history_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.label: Label | None = None
        self.busy = False
        self.show("first")

    def show(self, name: str) -> None:
        self.label = Label(LabelKey(name, "reader"), SCHEMA)
        self.label.ensure_planes(20, 20)
        self.history_changed.emit()

    def paint(self, row: int, text: str) -> None:
        mask = self.label.planes.class_mask(0)
        mask[row] = True
        self.label.perform(class_edit(self.label.planes, 0, mask, text))
        self.history_changed.emit()

    def undo(self) -> None:
        if not self.busy and self.label.undo() is not None:
            self.history_changed.emit()

    def redo(self) -> None:
        if not self.busy and self.label.redo() is not None:
            self.history_changed.emit()


def state(stack: EditStack) -> tuple[list[str], int]:
    return [stack.text(i) for i in range(stack.count())], stack.index()


@pytest.fixture
def owner(qapp) -> Owner:
    owner = Owner()
    for row in range(3):
        owner.paint(row, f"Brush {row}")
    return owner


def rows(owner: Owner) -> list[int]:
    return np.flatnonzero(owner.label.planes.class_mask(0).any(axis=1)).tolist()


def test_it_shows_the_history_and_applies_nothing_twice(owner):
    stack = EditStack(owner)
    assert state(stack) == (["Brush 0", "Brush 1", "Brush 2"], 3)
    assert rows(owner) == [0, 1, 2]
    owner.paint(3, "Brush 3")
    assert stack.undoText() == "Brush 3"
    assert rows(owner) == [0, 1, 2, 3]


def test_steps_of_qt_change_the_label_and_its_journal(owner):
    stack = EditStack(owner)
    stack.undo()
    assert rows(owner) == [0, 1]
    assert owner.label.outbox[-1].row.kind == "undo"
    stack.redo()
    assert rows(owner) == [0, 1, 2]
    stack.setIndex(0)
    assert rows(owner) == []
    stack.setIndex(2)
    assert rows(owner) == [0, 1]
    assert [waits.row.kind for waits in owner.label.outbox[3:]] == ["undo", "redo"] + ["undo"] * 3 + [
        "redo"
    ] * 2
    assert state(stack) == (["Brush 0", "Brush 1", "Brush 2"], 2)


def test_steps_of_the_session_move_the_stack(owner):
    stack = EditStack(owner)
    owner.undo()
    owner.undo()
    assert state(stack) == (["Brush 0", "Brush 1", "Brush 2"], 1)
    owner.paint(9, "Other")
    assert state(stack) == (["Brush 0", "Other"], 2)
    assert rows(owner) == [0, 9]


def test_another_label_is_read_anew(owner):
    stack = EditStack(owner)
    first = owner.label
    owner.show("second")
    assert state(stack) == ([], 0)
    owner.label = first
    owner.undo()
    assert state(stack) == (["Brush 0", "Brush 1", "Brush 2"], 2)
    owner.label = None
    owner.history_changed.emit()
    assert state(stack) == ([], 0)


def test_a_refused_step_leaves_the_stack_in_line(owner):
    stack = EditStack(owner)
    owner.busy = True
    stack.undo()
    assert rows(owner) == [0, 1, 2]
    assert state(stack) == (["Brush 0", "Brush 1", "Brush 2"], 3)


def test_its_action_undoes(owner):
    stack = EditStack(owner)
    action = stack.createUndoAction(stack)
    assert action.text() == "Undo Brush 2"
    action.trigger()
    assert rows(owner) == [0, 1]
    assert action.text() == "Undo Brush 1"
