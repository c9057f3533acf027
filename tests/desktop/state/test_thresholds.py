"""Thresholds in a real session: seen, kept as one step, for one image or for all unseen ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desktop.project.provenance import Cut
from inference.postprocess import class_mask
from tests.desktop.session_tools import close, dab, make_bundle, make_folder, new_session, open_and_wait


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("models") / "first", seed=1, thresholds=0.1)


@pytest.fixture
def session(qtbot, qapp, tmp_path, bundle):
    made = new_session()
    open_and_wait(qtbot, made, make_folder(tmp_path / "images", 3))
    made.set_model(bundle)
    qtbot.waitUntil(lambda: made.prediction is not None, timeout=30_000)
    qtbot.waitUntil(lambda: made.prediction_state == "idle", timeout=30_000)
    made.set_class(0)
    yield made
    close(qtbot, made)


def middle(session, name="MA", share=0.5) -> float:
    """A threshold that parts the image's levels."""
    from inference.prediction import level_to_probability

    level = np.quantile(session.prediction.levels(name), share)
    return round(level_to_probability(float(level)), 2)


def expected(session, cut: Cut, name="MA") -> np.ndarray:
    return class_mask(
        session.prediction, name, cut.threshold, min_area=cut.min_area, fill_holes=cut.fill_holes
    )


def mask(session, class_id=0) -> np.ndarray:
    return session.label.planes.class_mask(class_id)


def landed(qtbot, session) -> None:
    qtbot.waitUntil(lambda: not session.landing.busy and session.pending == 0)


def test_a_drag_shows_a_preview_and_changes_nothing_until_it_is_one_step(qtbot, session):
    before, base = mask(session), session.label.base
    moves = [middle(session, share=share) for share in (0.2, 0.8, 0.5)]
    for value in moves:
        session.thresholds.move("MA", replace(session.thresholds.cut("MA"), threshold=value))
    qtbot.waitUntil(lambda: session.thresholds.preview is not None)
    assert session.thresholds.preview.cut.threshold == moves[-1] == session.threshold("MA")
    assert np.array_equal(mask(session), before) and session.label.is_virtual
    session.thresholds.release()
    landed(qtbot, session)
    assert session.thresholds.preview is None and session.thresholds.moving is None
    assert np.array_equal(mask(session), expected(session, Cut(moves[-1])))
    assert session.label.undo_texts == [f"Threshold {moves[-1]:.2f} · MA"] and not session.label.is_virtual
    assert session.label.base == base and base.cut("MA") == Cut(0.1)
    assert np.array_equal(session.overlay.levels[1], _halved(session.overlay.levels[0]))
    session.undo()
    landed(qtbot, session)
    assert np.array_equal(mask(session), before) and session.threshold("MA") == 0.1
    session.redo()
    landed(qtbot, session)
    again = session.project.load_label(session.label.key.image_id)
    assert again.planes.equals(session.label.planes) and again.cut("MA")[1] == Cut(moves[-1])


def _halved(planes: np.ndarray) -> np.ndarray:
    return planes[:, 0::2, 0::2] | planes[:, 1::2, 0::2] | planes[:, 0::2, 1::2] | planes[:, 1::2, 1::2]


def test_painted_pixels_stay_and_are_counted(qtbot, session):
    dab(session, 40, 40)
    session.thresholds.move("MA", Cut(0.99))
    qtbot.waitUntil(lambda: session.thresholds.stays is not None)
    assert session.thresholds.stays == 100
    session.thresholds.release()
    landed(qtbot, session)
    assert mask(session).sum() == 100


def test_areas_and_holes_are_exact_when_let_go(qtbot, session):
    cut = Cut(0.1, 10_000, fill_holes=True)
    session.thresholds.set("MA", cut)
    landed(qtbot, session)
    assert np.array_equal(mask(session), expected(session, cut)) and session.thresholds.cut("MA") == cut
    session.thresholds.set("MA", Cut(0.1, 1_000_000))
    landed(qtbot, session)
    assert not mask(session).any() and expected(session, Cut(0.1)).any()


def test_keys_are_one_step_once_they_rest_or_when_something_else_happens(qtbot, session):
    session.thresholds._rest.setInterval(10_000)
    for _ in range(4):
        session.thresholds.nudge("MA", 0.01)
    assert session.threshold("MA") == 0.14 and session.undo_text is None
    dab(session)
    landed(qtbot, session)
    assert len(session.label.undo_texts) == 2 and set(session.label.undo_texts) == {
        "Brush", "Threshold 0.14 · MA",
    }  # fmt: skip
    session.thresholds._rest.setInterval(1)
    session.thresholds.nudge("MA", -0.01)
    qtbot.waitUntil(lambda: session.undo_text == "Threshold 0.13 · MA")
    landed(qtbot, session)


def test_a_finish_waits_for_the_threshold_that_was_just_moved(qtbot, session):
    image_id = session.label.key.image_id
    session.thresholds.nudge("MA", 0.05)
    session.finish_and_next()
    qtbot.waitUntil(lambda: session.position == 1)
    qtbot.waitUntil(lambda: session.pending == 0)
    kept = session.project.load_label(image_id)
    assert kept.undo_texts == ["Threshold 0.15 · MA"] and kept.confirmed_classes == {0, 1}


def test_leaving_an_image_keeps_what_was_moved_on_it(qtbot, session):
    image_id = session.label.key.image_id
    session.thresholds.nudge("MA", 0.05)
    session.next()
    assert session.thresholds.preview is None and session.thresholds.moving is None
    qtbot.waitUntil(lambda: session.pending == 0 and not session.landing.busy)
    assert session.project.load_label(image_id).undo_texts == ["Threshold 0.15 · MA"]
    assert session.threshold("MA") == 0.1


def test_all_unseen_images_follow_at_once_and_what_was_touched_stays(qtbot, session):
    dab(session)
    qtbot.waitUntil(lambda: session.pending == 0)
    touched = session.label.key.image_id
    session.next()
    qtbot.waitUntil(lambda: session.label is not None and session.prediction is not None)
    session.finish()
    qtbot.waitUntil(lambda: session.pending == 0)
    finished, finished_mask = session.label.key.image_id, mask(session)
    session.next()
    qtbot.waitUntil(lambda: session.label is not None and session.prediction is not None)
    touched_mask = session.project.load_label(touched).planes
    cut = Cut(middle(session), 5)
    session.thresholds.set_scope("unseen")
    session.thresholds.set("MA", cut)
    qtbot.waitUntil(lambda: np.array_equal(mask(session), expected(session, cut)))
    assert session.label.is_virtual and session.label.base.cut("MA") == cut
    assert session.undo_text is None and session.thresholds.is_shared("MA")
    qtbot.waitUntil(lambda: session.pending == 0 and session.thresholds.preview is None)
    assert session.project.load_label(touched).planes.equals(touched_mask)
    assert np.array_equal(session.project.load_label(finished).planes.class_mask(0), finished_mask)
    # The finished image is in view: it stays too.
    session.go_to(1)
    qtbot.waitUntil(lambda: session.label is not None and session.label.key.image_id == finished)
    session.thresholds.set("MA", Cut(0.9))
    qtbot.waitUntil(lambda: session.pending == 0 and session.thresholds.moving is None)
    assert np.array_equal(mask(session), finished_mask) and session.threshold("MA") == 0.1
    session.thresholds.set_scope("image")


def test_a_reset_is_the_models_own(qtbot, session):
    session.thresholds.set("MA", Cut(0.7, 40))
    landed(qtbot, session)
    session.thresholds.reset("MA")
    landed(qtbot, session)
    assert session.thresholds.cut("MA") == Cut(0.1) and len(session.label.undo_texts) == 2
    assert np.array_equal(mask(session), expected(session, Cut(0.1)))


def test_a_locked_layer_is_changed_by_nothing_and_says_so(qtbot, session):
    from desktop.errors import SessionError
    from desktop.project.edit import class_edit

    session.layers.set_locked(0, True)
    said = []
    session.problem.connect(lambda sentence, _details: said.append(sentence))
    session.thresholds.set("MA", Cut(0.9))
    session.take_prediction("MA")
    assert len(said) == 2 and all("“MA” is locked" in one for one in said)
    with pytest.raises(SessionError, match="unlock it under Layers"):
        session.begin_stroke()
    edit = class_edit(session.label.planes, 0, np.zeros((96, 128), bool), "Empty")
    with pytest.raises(SessionError):
        session.perform(edit)
    assert session.undo_text is None and not session.landing.busy
    session.begin_stroke(1)
    session.abort_stroke()
    session.layers.set_locked(0, False)
    session.perform(edit)
    assert session.undo_text == "Empty"


def test_a_prediction_that_came_late_is_offered_as_an_outline_and_taken(qtbot, session, bundle):
    session.set_model(None)
    qtbot.waitUntil(lambda: session.model is None and session.prediction is None)
    qtbot.waitUntil(lambda: session.label is not None and session.label.base.kind == "empty")
    dab(session, 30, 30)
    session.layers.set_locked(1, True)
    mine = mask(session)
    session.set_model(bundle)
    qtbot.waitUntil(lambda: session.offers.overlay is not None, timeout=20_000)
    landed(qtbot, session)
    assert session.offers.class_names == ("MA",)
    assert np.array_equal(mask(session), mine) and not mask(session, 1).any()
    assert np.array_equal(session.offers.overlay.levels[0][0], expected(session, Cut(0.1)).view(np.uint8))
    session.layers.set_locked(1, False)
    session.take_prediction("MA")
    qtbot.waitUntil(lambda: session.offers.overlay is None)
    landed(qtbot, session)
    assert np.array_equal(mask(session), expected(session, Cut(0.1)) | mine)
    session.undo()
    qtbot.waitUntil(lambda: session.offers.overlay is not None)
    assert np.array_equal(mask(session), mine)


def test_a_finish_does_not_wait_for_a_prediction_that_nobody_saw(qtbot, session, bundle):
    session.set_model(None)
    qtbot.waitUntil(lambda: session.label is not None and session.label.base.kind == "empty")
    dab(session, 30, 30)
    image_id = session.label.key.image_id
    held = []
    run_behind = session.run_behind
    session.run_behind = lambda *work: held.append(work)
    session.set_model(bundle)
    qtbot.waitUntil(lambda: session.landing.busy, timeout=20_000)
    session.finish()
    assert session.finishing.is_settled(image_id)
    session.run_behind = run_behind
    for work in held:
        run_behind(*work)
    landed(qtbot, session)
    kept = session.project.load_label(image_id)
    assert kept.confirmed_classes == {0, 1} and not kept.history.fills
    assert not kept.planes.class_mask(1).any()
