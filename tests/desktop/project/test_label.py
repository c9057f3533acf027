import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.project.errors import LabelDamaged, LabelNotReady, PatchMismatch, ProjectError
from desktop.project.journal import Row, Snapshot, net_change, replay
from desktop.project.label import Label, LabelKey
from desktop.project.planes import LabelPlanes
from desktop.project.provenance import Base
from tests.desktop.project.helpers import SCHEMA, paint

KEY = LabelKey("image", "ann")
PREDICTED = Base("prediction", "digest", {"MA": 0.5})


def label_of(height=40, width=50):
    label = Label(KEY, SCHEMA)
    label.ensure_planes(height, width)
    return label


def pages(seed=0, height=40, width=50):
    return np.random.default_rng(seed).integers(0, 8, (1, height, width), np.uint8)


actions = st.lists(
    st.one_of(
        st.tuples(st.just("paint"), st.integers(0, 2), st.integers(0, 39), st.integers(0, 49), st.booleans()),
        st.tuples(st.just("undo")),
        st.tuples(st.just("redo")),
        st.tuples(st.just("grade"), st.sampled_from(["0", "1", "2", None])),
        st.tuples(st.just("finding"), st.sampled_from(["present", "absent", "not assessed", None])),
        st.tuples(st.just("fill")),
    ),
    max_size=30,
)


def full_state(label):
    assert label.planes is not None
    return label.planes.copy(), dict(label.grades), dict(label.findings)


def same(state, label):
    return state[0].equals(label.planes) and state[1:] == (label.grades, label.findings)


class Naive:
    """The undo history as whole copies: what a label must look like after any sequence."""

    def __init__(self, label):
        self.label = label
        self.past, self.future = [], []

    def act(self, name, *arguments):
        before = full_state(self.label)
        getattr(self, name)(before, *arguments)

    def paint(self, before, class_id, y, x, erase):
        edit = paint(self.label, class_id, y, x, 5, erase=erase)
        if edit is not None:
            self.label.record(edit)
            self._changed(before)

    def grade(self, before, value):
        if self.label.set_grade("severity", value) is not None:
            self._changed(before)

    def finding(self, before, value):
        if self.label.set_finding("edema", value) is not None:
            self._changed(before)

    def undo(self, before):
        self._step(self.label.undo(), before, self.past, self.future)

    def redo(self, before):
        self._step(self.label.redo(), before, self.future, self.past)

    def fill(self, before):
        label = self.label
        if not label.history.last_seq or label.base.kind != "empty" or label.history.fills:
            return
        untouched = [i for i in range(3) if i not in label.history.edited_classes]
        label.receive_prediction(pages(3), PREDICTED)
        # The copies hold the other classes as they were: fill these too.
        for planes, *_ in (*self.past, *self.future):
            for class_id in untouched:
                planes.set_class(class_id, planes.whole, label.planes.class_mask(class_id))

    def _changed(self, before):
        self.past.append(before)
        self.future.clear()

    def _step(self, edit, before, source, sink):
        assert (edit is None) == (not source)
        if source:
            sink.append(before)
            assert same(source.pop(), self.label)


@given(actions, st.booleans())
@settings(max_examples=120, deadline=None)
def test_undo_and_redo_equal_a_model_that_keeps_whole_copies(sequence, predicted):
    label = label_of()
    if predicted:
        label.set_base(pages(), PREDICTED)
    base, snapshot, naive = label.planes.copy(), None, Naive(label)
    for number, action in enumerate(sequence):
        naive.act(*action)
        if number == len(sequence) // 2:
            snapshot = Snapshot(label.history.last_seq, *full_state(label))
    rows = [item.row for item in label.outbox]
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    for start in (None, snapshot):
        again = Label(KEY, SCHEMA, replay(base.copy(), start, rows), frozen=True)
        assert same(full_state(label), again)
        assert again.undo_texts == label.undo_texts and again.redo_texts == label.redo_texts
    while naive.past:
        naive.act("undo")
    assert label.undo() is None


def test_a_branch_erases_nothing():
    label = label_of()
    for x in (5, 15, 25):
        label.record(paint(label, 0, 10, x))
    label.undo()
    label.undo()
    label.record(paint(label, 1, 10, 40))
    assert label.redo() is None
    assert [(item.row.kind, item.row.target) for item in label.outbox] == [
        ("edit", 0),
        ("edit", 0),
        ("edit", 0),
        ("undo", 3),
        ("undo", 2),
        ("edit", 0),
    ]
    assert label.undo_texts == ["Brush", "Brush"]


def test_a_virtual_label_follows_its_prediction_until_the_first_edit():
    label = label_of()
    label.set_base(pages(1), PREDICTED)
    assert label.receive_prediction(pages(2), Base("prediction", "other")) is None
    assert np.array_equal(label.planes.mask, pages(2)) and label.base.model_digest == "other"
    label.record(paint(label, 0, 5, 5))
    kept = label.planes.copy()
    assert label.receive_prediction(pages(3), PREDICTED) is None
    assert label.planes.equals(kept)
    with pytest.raises(ProjectError, match="edited"):
        label.set_base(pages(3), PREDICTED)


def test_a_late_prediction_fills_the_classes_nobody_edited():
    label = label_of()
    label.record(paint(label, 1, 20, 20))
    drawn = label.planes.class_mask(1)
    edit = label.receive_prediction(pages(4), PREDICTED)
    assert edit is not None and edit.origin == PREDICTED and label.outbox[-1].row.kind == "fill"
    expected = LabelPlanes(pages(4), pages(4))
    assert np.array_equal(label.planes.class_mask(1), drawn)
    for other in (0, 2):
        assert np.array_equal(label.planes.class_mask(other), expected.class_mask(other))
    assert not label.planes.class_protection(0).any()
    assert label.receive_prediction(pages(5), PREDICTED) is None  # once
    label.undo()
    assert not label.planes.class_mask(1).any()
    assert np.array_equal(label.planes.class_mask(0), expected.class_mask(0))
    assert label.redo() is not None and label.undo_texts == ["Brush"]


def test_an_undone_edit_still_counts_as_the_persons():
    label = label_of()
    label.record(paint(label, 1, 20, 20))
    label.undo()
    label.receive_prediction(pages(4), PREDICTED)
    assert not label.planes.class_mask(1).any()
    assert label.redo() is not None


def test_nothing_changes_during_a_stroke():
    label = label_of()
    label.record(paint(label, 1, 20, 20))
    stroke = label.begin_stroke(0)
    before = label.planes.copy()
    assert label.receive_prediction(pages(4), PREDICTED) is None
    assert label.planes.equals(before) and label.settle() is None
    box = stroke.touch((0, 0, 5, 5))
    label.planes.set_class(0, box, np.ones((5, 5), bool))
    label.record(stroke.commit("Brush"))
    edit = label.settle()
    assert edit is not None and edit.class_ids == {2}
    assert label.planes.class_mask(0).sum() == 25 and label.settle() is None


def test_a_prediction_during_an_aborted_first_stroke_becomes_the_base():
    label = label_of()
    stroke = label.begin_stroke(0)
    label.receive_prediction(pages(4), PREDICTED)
    stroke.abort()
    assert label.settle() is None
    assert np.array_equal(label.planes.mask, pages(4)) and label.is_virtual


def test_values_are_held_against_the_schema():
    label = label_of()
    with pytest.raises(ProjectError, match="no value"):
        label.set_grade("severity", "7")
    with pytest.raises(ProjectError, match="present, absent"):
        label.set_finding("edema", "perhaps")
    assert label.set_grade("severity", None) is None and not label.outbox


def test_before_the_size_is_known():
    label = Label(KEY, SCHEMA)
    assert label.planes is None and label.set_grade("severity", "1") is not None
    with pytest.raises(LabelNotReady):
        label.begin_stroke(0)
    label.ensure_planes(10, 12)
    assert label.ensure_planes(10, 12) is label.planes
    with pytest.raises(ProjectError, match="12 x 10"):
        label.ensure_planes(20, 12)
    with pytest.raises(ProjectError, match="another size"):
        label_of().receive_prediction(pages(0, 5, 5), PREDICTED)


def test_planes_grow_with_the_schema():
    schema = SCHEMA
    for number in range(8):
        schema = schema.add_class(f"new{number}")
    label = Label(KEY, schema)
    label.ensure_planes(10, 10)
    assert label.planes.pages == 2
    label.receive_prediction(pages(1, 10, 10), PREDICTED)  # a model that knows one page only
    assert label.planes.pages == 2 and np.array_equal(label.planes.mask[0], pages(1, 10, 10)[0])


def test_a_journal_that_does_not_fit_is_noticed():
    label = label_of()
    for x in (5, 15):
        label.record(paint(label, 0, 10, x, 8))
    rows = [item.row for item in label.outbox]
    wrong = LabelPlanes.blank(40, 50)
    wrong.set_class(0, wrong.whole, np.ones((40, 50), bool))
    for base, broken in (
        (wrong, rows),
        (LabelPlanes.blank(40, 50), rows[1:]),
        (LabelPlanes.blank(40, 50), [*rows, Row(3, "undo", target=1)]),
        (LabelPlanes.blank(40, 50), [*rows, Row(3, "edit", b"?")]),
        (None, rows),
    ):
        with pytest.raises(LabelDamaged):
            replay(base, None, broken)
    with pytest.raises(LabelDamaged, match="ends before"):
        replay(None, Snapshot(9, LabelPlanes.blank(40, 50)), rows)


def test_an_edit_that_does_not_fit_changes_nothing():
    label, other = label_of(), label_of()
    other.record(paint(other, 0, 10, 10))
    other.set_grade("severity", "1")
    late = paint(other, 0, 10, 12)
    with pytest.raises(PatchMismatch):
        label.perform(late)
    assert label.planes.equals(LabelPlanes.blank(40, 50)) and not label.outbox


def test_net_change_sees_through_there_and_back():
    label = label_of()
    first = paint(label, 0, 20, 20, 6)
    second = paint(label, 0, 20, 20, 9, erase=True)
    assert net_change([first]) and not net_change([first, second]) and not net_change([])
