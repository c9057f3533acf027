"""The whole loop through the session, with the real training process on tiny images."""

from __future__ import annotations

import os

from desktop.loop.launcher import RunRequest
from tests.desktop.session_tools import close, dab, make_bundle, make_folder, new_session, open_and_wait


def review_all(qtbot, session) -> None:
    """Paint on every image, grade it, and finish it."""
    for position in range(len(session.entries)):
        session.go_to(position)
        qtbot.waitUntil(lambda: session.label is not None, timeout=10_000)
        dab(session, y=30 + position, x=40, radius=15)
        session.set_grade("severity", ("none", "mild", "severe")[position % 3])
        session.finish()
    qtbot.waitUntil(lambda: session.pending == 0, timeout=10_000)


def test_export_train_compare_promote_and_roll_back(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 10))
    review_all(qtbot, session)
    parent = make_bundle(tmp_path / "first")
    session.set_model(parent)
    qtbot.waitUntil(lambda: session.model is not None)
    first = session.model.digest
    labels = {e.image_id: session.project.load_label(e.image_id).planes.mask.copy() for e in session.entries}
    stages, events = [], []
    flow = session.fine_tune
    flow.stage_changed.connect(lambda stage, _text: stages.append(stage))
    flow.happened.connect(lambda event: events.append(event["event"]))
    with qtbot.waitSignal(flow.ended, timeout=100_000) as ended:
        flow.start(RunRequest(parent=parent, epochs=1, device="cpu"))
        assert flow.running
    outcome = ended.args[0]
    assert outcome.kind == "finished", (outcome.sentence, outcome.details)
    assert [s for i, s in enumerate(stages) if i == 0 or s != stages[i - 1]] == [
        "exporting",
        "training",
        "registering",
        "comparing",
        "",
    ]
    assert "epoch" in events and not flow.running
    comparison = flow.candidate.comparison
    assert comparison is not None, flow.candidate.note
    assert comparison.candidate == flow.candidate.digest and comparison.images >= 1
    assert session.model.digest == first, "nothing is promoted without the reader"
    with qtbot.waitSignal(flow.promoted, timeout=10_000):
        flow.promote()
    qtbot.waitUntil(lambda: session.model.digest == flow.candidate.digest, timeout=10_000)
    assert session.project.incumbent().digest == flow.candidate.digest
    session.go_to(0)
    qtbot.waitUntil(
        lambda: bool(session.prediction) and session.prediction.model_digest == session.model.digest,
        timeout=20_000,
    )
    for image_id, mask in labels.items():
        assert (session.project.load_label(image_id).planes.mask == mask).all()
    with qtbot.waitSignal(flow.promoted, timeout=10_000):
        flow.roll_back()
    qtbot.waitUntil(lambda: session.model.digest == first, timeout=10_000)
    assert session.project.incumbent().digest == first


def test_nothing_reviewed_is_one_sentence(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 3))
    with qtbot.waitSignal(session.fine_tune.ended, timeout=20_000) as ended:
        session.fine_tune.start(RunRequest(epochs=1))
    assert ended.args[0].kind == "failed" and "finish" in ended.args[0].sentence
    assert not session.fine_tune.running


def test_a_killed_run_leaves_the_window_and_says_so_once(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 10))
    review_all(qtbot, session)
    flow, endings = session.fine_tune, []
    flow.ended.connect(endings.append)
    flow.start(RunRequest(parent=make_bundle(tmp_path / "first"), epochs=50, device="cpu"))
    qtbot.waitUntil(lambda: flow._process is not None and flow._process.pid > 0, timeout=20_000)
    os.kill(flow._process.pid, 11)
    qtbot.waitUntil(lambda: bool(endings), timeout=20_000)
    assert endings[0].kind == "crashed" and "SIGSEGV" in endings[0].sentence
    qtbot.waitUntil(lambda: session.pending == 0)
    assert [(run.outcome, run.message) for run in session.project.runs()] == [("failed", endings[0].sentence)]
    dab(session, y=80)
    qtbot.waitUntil(lambda: session.pending == 0)


def test_a_stopped_run_that_left_a_model_is_recorded_as_stopped(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 10))
    review_all(qtbot, session)
    flow, endings = session.fine_tune, []

    def stop_after_a_better_epoch(event):
        if event["event"] == "epoch" and event["best"]:
            flow.stop()

    flow.happened.connect(stop_after_a_better_epoch)
    flow.ended.connect(endings.append)
    rate = "optimizer.learning_rate=0.01"
    parent = make_bundle(tmp_path / "first")
    flow.start(RunRequest(parent=parent, epochs=500, device="cpu", overrides=(rate, "patience=0")))
    qtbot.waitUntil(lambda: bool(endings), timeout=60_000)
    assert endings[0].kind == "stopped" and "stopped after epoch" in endings[0].sentence
    assert flow.candidate is not None and flow.candidate.digest == endings[0].digest
    row = session.project.runs()[-1]
    assert (row.outcome, row.model_digest) == ("stopped", flow.candidate.digest)
    assert row.message == endings[0].sentence


def test_closing_ends_a_run(qtbot, tmp_path):
    session = new_session()
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 10))
    review_all(qtbot, session)
    flow = session.fine_tune
    flow.start(RunRequest(parent=make_bundle(tmp_path / "first"), epochs=50, device="cpu"))
    qtbot.waitUntil(lambda: flow._process is not None and flow._process.pid > 0, timeout=20_000)
    process = flow._process
    close(qtbot, session)
    assert not process.running and not flow.running
