"""Changes computed ahead land whole or not at all; old steps leave memory and come back."""

import numpy as np
import pytest

from desktop.project.edit import Edit, ValueChange, class_edit
from desktop.project.errors import PatchMismatch, StepNotLoaded
from desktop.project.foresight import foresee
from desktop.project.label import Label, LabelKey
from desktop.project.provenance import Base, Cut
from tests.desktop.project.helpers import SCHEMA, indexed, paint, stroke


def label_of(height=60, width=80):
    label = Label(LabelKey("image", "ann"), SCHEMA)
    label.ensure_planes(height, width)
    return label


def painted(count=4):
    label = label_of()
    for number in range(count):
        label.record(paint(label, number % 2, 10 + 8 * number, 20))
    return label


def wanted_edit(label, text="Threshold"):
    mask = np.zeros((60, 80), bool)
    mask[5:50, 10:70] = True
    return class_edit(label.planes, 0, mask, text)


def test_an_edit_lands_as_if_it_had_been_performed():
    here, ahead = painted(), painted()
    edit = wanted_edit(here)
    here.perform(edit)
    assert ahead.land(foresee(ahead.standing(), [(edit, True)]))
    assert ahead.planes.equals(here.planes) and ahead.undo_texts == here.undo_texts
    ahead.undo()
    here.undo()
    assert ahead.planes.equals(here.planes)


@pytest.mark.parametrize("between", ["stroke", "aborted stroke", "open stroke", "undo"])
def test_nothing_lands_on_a_label_that_changed_meanwhile(between):
    label = painted()
    foreseen = foresee(label.standing(), [(wanted_edit(label), True)])
    if between == "stroke":
        label.record(paint(label, 1, 40, 60))
    elif between == "undo":
        label.undo()
    else:
        recorder = label.begin_stroke(0)
        if between == "aborted stroke":
            recorder.abort()
    before, rows = label.planes.copy(), label.history.last_seq
    assert not label.land(foreseen) and not label.land_steps(foreseen, forward=True)
    assert label.planes.equals(before) and label.history.last_seq == rows


def test_a_standing_that_is_painted_on_is_noticed():
    label = painted()
    edit = wanted_edit(label)
    label.planes.set_class(0, (20, 20, 30, 30), np.ones((10, 10), bool))
    with pytest.raises(PatchMismatch):
        foresee(label.standing(), [(edit, True)])


def test_steps_land_like_undo_and_redo_with_their_values():
    here, there = painted(), painted()
    for label in (here, there):
        label.set_grade("severity", "1")
        label.record(paint(label, 0, 30, 50))
        label.set_grade("severity", "2")
    for forward, count in ((False, 5), (True, 3)):
        steps = there.history.ahead(count if forward else -count)
        foreseen = foresee(there.standing(), [(step.edit, forward) for step in steps])
        assert there.land_steps(foreseen, forward=forward)
        for _ in range(count):
            here.redo() if forward else here.undo()
        assert there.planes.equals(here.planes) and there.grades == here.grades
        assert there.undo_texts == here.undo_texts and there.redo_texts == here.redo_texts
    assert [item.row.kind for item in there.outbox[-8:]] == ["undo"] * 5 + ["redo"] * 3


def test_values_change_without_planes():
    label = Label(LabelKey("image", "ann"), SCHEMA)
    edit = Edit("severity: 1", (), (ValueChange("grade:severity", None, "1"),))
    assert label.land(foresee(label.standing(), [(edit, True)])) and label.grades == {"severity": "1"}


def test_old_saved_steps_leave_memory_and_are_read_from_the_store(tmp_path, monkeypatch):
    monkeypatch.setattr("desktop.project.journal.History.trim.__defaults__", (3,))
    with indexed(tmp_path / "eyes", 1) as project:
        label = project.load_label(project.images()[0].id)
        states = [label.planes.copy()]
        for number in range(8):
            label.saved(stroke(project, label, number % 3, 6 + 5 * number, 10 + 6 * number))
            states.append(label.planes.copy())
        assert [step.loaded for step in label.history.done] == [False] * 5 + [True] * 3
        for _ in range(3):
            label.undo()
        with pytest.raises(StepNotLoaded, match="kept on the disk"):
            label.undo()
        steps = label.history.ahead(-5)
        payloads = project.step_payloads(label, [step.seq for step in steps])
        edits = [Edit.decode(payloads[step.seq]) for step in steps]
        assert label.land_steps(foresee(label.standing(), [(one, False) for one in edits]), forward=False)
        assert label.planes.equals(states[0])
        project.save(label).result(10)
        again = project.load_label(label.key.image_id)
        assert again.planes.equals(states[0]) and again.redo_texts == label.redo_texts
        # What a finish derives needs all edits, also those that are in no label's memory.
        assert project.finish(label, [0]).result(10) == "corrected"


def test_unsaved_steps_never_leave_memory():
    label = painted(6)
    label.history.trim(2, keep=1)
    assert [step.loaded for step in label.history.done] == [False, False, True, True, True, True]


def test_a_label_remembers_how_a_class_was_cut():
    label = label_of()
    label.set_base(
        np.zeros((1, 60, 80), np.uint8), Base.predicted("old", {"MA": Cut(0.5, 12), "HE": Cut(0.3)})
    )
    assert label.cut("MA") == ("old", Cut(0.5, 12)) and label.cut("EX") is None
    origin = Base.predicted("new", {"MA": Cut(0.42, 30, fill_holes=True)})
    label.perform(Edit("Threshold 0.42 · MA", (), (), origin))
    assert label.cut("MA") == ("new", Cut(0.42, 30, fill_holes=True)) and label.cut("HE") == ("old", Cut(0.3))
    label.undo()
    assert label.cut("MA") == ("old", Cut(0.5, 12))
