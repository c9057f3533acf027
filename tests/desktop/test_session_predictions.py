"""Predictions in the session: with a tiny real bundle, before and after edits, model swaps, consent."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from desktop.jobs.prediction import load_predictor
from desktop.project.provenance import Cut
from inference.postprocess import class_mask
from tests.desktop.session_tools import (
    close,
    dab,
    make_bundle,
    make_folder,
    new_session,
    open_and_wait,
)


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "images", 6)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    return make_bundle(place / "first", seed=1, thresholds=0.1), make_bundle(place / "second", seed=2)


def wait_prediction(qtbot, session, digest=None):
    def there() -> bool:
        found = session.prediction
        return found is not None and (digest is None or found.model_digest == digest)

    qtbot.waitUntil(there, timeout=30_000)


def predicted_planes(session, class_name: str) -> np.ndarray:
    return class_mask(session.prediction, class_name, session.threshold(class_name))


def test_the_untouched_label_is_the_prediction_and_the_whole_folder_follows(qtbot, session, folder, bundles):
    open_and_wait(qtbot, session, folder)
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)
    for item in session.schema.active_classes:
        assert np.array_equal(session.label.planes.class_mask(item.id), predicted_planes(session, item.name))
    assert session.label.is_virtual and session.label.base.model_digest == session.model.digest
    assert session.overlay.levels[0] is session.label.planes.mask
    qtbot.waitUntil(lambda: len(session.project.predictions_for(session.model.digest)) == 6, timeout=30_000)
    qtbot.waitUntil(lambda: session.prediction_state == "idle")


def test_a_label_edited_before_its_prediction_keeps_the_class_and_is_filled_in(
    qtbot, session, folder, bundles
):
    open_and_wait(qtbot, session, folder)
    dab(session)
    drawn = session.label.planes.class_mask(0)
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)
    wanted = predicted_planes(session, "HE")
    qtbot.waitUntil(lambda: np.array_equal(session.label.planes.class_mask(1), wanted))
    assert np.array_equal(session.label.planes.class_mask(0), drawn)
    qtbot.waitUntil(lambda: session.pending == 0)
    again = session.project.load_label(session.entry.image_id)
    assert np.array_equal(again.planes.mask, session.label.planes.mask)
    session.undo()
    assert not session.label.planes.class_mask(0).any() and session.undo_text is None
    session.redo()
    session.take_prediction("MA")
    mine = predicted_planes(session, "MA")
    qtbot.waitUntil(lambda: session.undo_text.startswith("Prediction"))
    assert np.array_equal(session.label.planes.class_mask(0), mine | drawn)


def test_what_was_finished_without_a_prediction_stays_as_it_was(qtbot, session, folder, bundles):
    open_and_wait(qtbot, session, folder)
    dab(session)
    session.finish()
    mine = session.label.planes.mask.copy()
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)
    assert predicted_planes(session, "HE").any()
    qtbot.wait(100)
    assert np.array_equal(session.label.planes.mask, mine)
    qtbot.waitUntil(lambda: session.pending == 0)
    assert session.entry.status == "corrected"


def test_a_label_of_an_earlier_sitting_is_filled_in_when_its_prediction_comes(
    qtbot, session, folder, bundles
):
    open_and_wait(qtbot, session, folder)
    dab(session)
    with qtbot.waitSignal(session.opening.indexing.done, timeout=20_000):
        session.open_folder(folder)
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)
    wanted = predicted_planes(session, "HE")
    qtbot.waitUntil(lambda: np.array_equal(session.label.planes.class_mask(1), wanted))
    assert session.label.planes.class_mask(0).sum() == 100


def test_running_out_of_memory_is_a_sentence_and_the_next_image_is_predicted(qtbot, folder, bundles):
    class Greedy:
        """Refuses the first image, as a full memory does."""

        def __init__(self, inner):
            self._inner, self.digest, self.calls = inner, inner.digest, 0

        def predict(self, native, *, cancelled=None):
            self.calls += 1
            if self.calls == 1:
                raise MemoryError
            return self._inner.predict(native, cancelled=cancelled)

    session = new_session(loader=lambda bundle, threads: Greedy(load_predictor(bundle, threads)))
    open_and_wait(qtbot, session, folder)
    sentences = []
    session.predicting.failed.connect(lambda _image, sentence: sentences.append(sentence))
    session.set_model(bundles[0])
    qtbot.waitUntil(lambda: session.prediction_state == "idle", timeout=30_000)
    assert len(sentences) == 1 and "memory" in sentences[0]
    assert session.prediction is None
    session.next()
    wait_prediction(qtbot, session)
    close(qtbot, session)


def test_nothing_changes_during_a_stroke(qtbot, session, folder, bundles):
    open_and_wait(qtbot, session, folder)
    stroke = session.begin_stroke()
    box = stroke.touch((0, 0, 10, 10))
    session.label.planes.set_class(0, box, np.ones((10, 10), bool), np.ones((10, 10), bool))
    label, before = session.label, session.label.planes.mask.copy()
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)
    qtbot.wait(50)
    assert session.label is label and np.array_equal(label.planes.mask, before)
    session.commit(stroke.commit("Brush"))
    wanted = predicted_planes(session, "HE")
    qtbot.waitUntil(lambda: np.array_equal(session.label.planes.class_mask(1), wanted))
    assert session.label.planes.class_mask(0).sum() == 100


def test_another_model_replaces_predictions_and_touches_no_label(qtbot, session, folder, bundles):
    open_and_wait(qtbot, session, folder)
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)
    first = session.model.digest
    dab(session)
    mine = session.label.planes.mask.copy()
    qtbot.waitUntil(lambda: session.pending == 0)
    session.set_model(bundles[1])
    qtbot.waitUntil(lambda: session.model is not None and session.model.digest != first)
    wait_prediction(qtbot, session, session.model.digest)
    assert np.array_equal(session.label.planes.mask, mine)
    assert session.label.base.model_digest == first
    session.next()
    wait_prediction(qtbot, session, session.model.digest)
    assert session.label.is_virtual
    assert np.array_equal(session.label.planes.class_mask(0), predicted_planes(session, "MA"))
    session.set_model(bundles[0])
    wait_prediction(qtbot, session, first)


def test_a_threshold_moves_the_untouched_label_and_spares_protected_pixels(qtbot, session, folder, bundles):
    open_and_wait(qtbot, session, folder)
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)
    levels = session.prediction.levels("MA")
    session.thresholds.set("MA", Cut(0.999))
    qtbot.waitUntil(lambda: not session.label.planes.class_mask(0).any())
    assert levels.max() < 255
    dab(session)
    session.thresholds.set("MA", Cut(0.0))
    qtbot.waitUntil(lambda: bool(session.label.planes.class_mask(0).all()))
    session.thresholds.set("MA", Cut(1.0))
    qtbot.waitUntil(lambda: session.label.planes.class_mask(0).sum() == 100)
    qtbot.waitUntil(lambda: session.pending == 0)


def test_a_synthetic_model_waits_for_consent(qtbot, session, folder, tmp_path):
    open_and_wait(qtbot, session, folder)
    session.set_model(make_bundle(tmp_path / "demo", domain="synthetic"))
    qtbot.waitUntil(lambda: session.model is not None)
    qtbot.wait(200)
    assert not session.model_allowed and session.prediction is None and session.prediction_state == "off"
    session.allow_model()
    wait_prediction(qtbot, session)
    assert session.model_allowed


def test_a_model_without_weights_is_one_sentence(qtbot, session, folder, tmp_path, bundles):
    open_and_wait(qtbot, session, folder)
    broken = tmp_path / "broken"
    shutil.copytree(bundles[0], broken)
    (broken / "weights.safetensors").write_bytes(b"nothing")
    with qtbot.waitSignal(session.problem, timeout=30_000) as told:
        session.set_model(broken)
    assert "broken" in told.args[0] or "weights" in told.args[0]
    assert "\n" not in told.args[0]
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)


def test_a_changed_file_is_not_answered_for_its_old_content(qtbot, session, folder, bundles):
    open_and_wait(qtbot, session, folder)
    sentences = []
    session.predicting.failed.connect(lambda _image, sentence: sentences.append(sentence))
    shutil.copyfile(folder / "image 2.png", folder / "image 6.png")
    session.set_model(bundles[0])
    qtbot.waitUntil(lambda: session.prediction_state == "idle", timeout=30_000)
    assert len(sentences) == 1 and "changed on disk" in sentences[0]
    assert len(session.project.predictions_for(session.model.digest)) <= 5


def test_the_desk_waits_for_a_quiet_moment_before_torch(qtbot, folder, bundles):
    loaded = []

    def loader(bundle, threads):
        loaded.append(threads)
        return load_predictor(bundle, threads)

    session = new_session(loader=loader)
    session.predicting.thread_._idle_seconds = 0.4
    open_and_wait(qtbot, session, folder)
    session.note_input()
    session.set_model(bundles[0])
    qtbot.waitUntil(lambda: session.prediction_state == "waiting")
    for _ in range(6):
        session.note_input()
        qtbot.wait(100)
    assert not loaded
    wait_prediction(qtbot, session)
    assert loaded
    close(qtbot, session)


def test_a_run_leaves_predictions_for_the_current_image_and_the_next_two(qtbot, session, folder, bundles):
    open_and_wait(qtbot, session, folder)
    session.set_training(True)
    session.set_model(bundles[0])
    wait_prediction(qtbot, session)
    qtbot.waitUntil(lambda: session.prediction_state == "idle", timeout=30_000)
    qtbot.waitUntil(lambda: len(session.project.predictions_for(session.model.digest)) == 3)
    session.set_training(False)
    qtbot.waitUntil(lambda: len(session.project.predictions_for(session.model.digest)) == 6, timeout=30_000)


def test_closing_in_the_middle_of_a_prediction(qtbot, folder, bundles):
    session = new_session()
    open_and_wait(qtbot, session, folder)
    session.set_model(bundles[0])
    qtbot.waitUntil(lambda: session.prediction_state in ("loading", "predicting"), timeout=30_000)
    close(qtbot, session)
