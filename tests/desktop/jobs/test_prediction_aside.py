"""One question to another model: after what is urgent, before the rest, and beside the model in use."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from desktop.jobs.prediction import PredictionRequest, PredictionThread
from inference.predictor import PredictionCancelled


class Cache:
    """Remembers answers in memory."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, int, str], object] = {}

    def get(self, content_hash, frame, digest):
        return self.answers.get((content_hash, frame, digest))

    def has(self, *key) -> bool:
        return key in self.answers

    def put(self, content_hash, frame, prediction) -> None:
        self.answers[content_hash, frame, prediction.model_digest] = prediction


class Predictor:
    """Answers when it is let go; can be held."""

    held = threading.Event()
    hold = False
    order: list[str]

    def __init__(self, digest: str, order: list[str]) -> None:
        self.digest = digest
        self.order = order

    def predict(self, native, cancelled):
        self.order.append(f"{self.digest}:{native}")
        if self.hold and self.digest == "other":
            self.held.set()
            while not cancelled():
                threading.Event().wait(0.005)
            raise PredictionCancelled
        return SimpleNamespace(model_digest=self.digest)


@pytest.fixture
def thread(qtbot, monkeypatch):
    order: list[str] = []
    loads: list[str] = []

    def loader(bundle, threads):
        loads.append(bundle.name)
        if bundle.name == "broken":
            raise OSError("no such weights")
        return Predictor(bundle.name, order)

    monkeypatch.setattr("inference.images.read_image", lambda path, frame: path.name)
    monkeypatch.setattr("inference.hashing.content_hash", lambda path: path.name)
    monkeypatch.setattr(Predictor, "hold", False)
    made = PredictionThread(loader=loader, idle_seconds=0.0)
    made.order, made.loads = order, loads
    made.set_cache(Cache())
    yield made
    made.stop()
    assert made.wait(5000)


def ask(name: str, model: str = "own", priority: int = 0) -> PredictionRequest:
    return PredictionRequest(
        image_id=name,
        path=Path(name),
        frame=0,
        content_hash=name,
        model=Path(model),
        model_digest=model,
        priority=priority,
    )


def test_it_comes_after_what_is_urgent_and_before_the_rest(qtbot, thread):
    rest = [ask("r1"), ask("r2")]
    thread.set_ahead([ask("a1"), ask("a2", priority=1)])
    thread.ask_aside(ask("a1", "other"))
    thread.set_rest(lambda: rest.pop(0) if rest else None)
    thread.start()
    qtbot.waitUntil(lambda: len(thread.order) == 5)
    assert thread.order == ["own:a1", "own:a2", "other:a1", "own:r1", "own:r2"]
    assert thread.loads == ["own", "other"]


def test_it_gives_way_and_is_asked_again(qtbot, thread, monkeypatch):
    monkeypatch.setattr(Predictor, "hold", True)
    Predictor.held.clear()
    answers = []
    thread.predicted.connect(lambda request, prediction: answers.append(request.key))
    thread.ask_aside(ask("a1", "other"))
    thread.start()
    qtbot.waitUntil(Predictor.held.is_set)
    thread.set_ahead([ask("b1")])
    qtbot.waitUntil(lambda: ("b1", 0, "own") in answers)
    monkeypatch.setattr(Predictor, "hold", False)
    thread.set_ahead([ask("b2")])
    qtbot.waitUntil(lambda: ("a1", 0, "other") in answers)
    assert thread.loads == ["other", "own"], "each is loaded once"


def test_no_more_wanted_lets_the_model_go_and_one_that_is_known_needs_none(qtbot, thread):
    answers = []
    thread.predicted.connect(lambda request, prediction: answers.append(request.key))
    thread.set_ahead([ask("a1")])
    thread.ask_aside(ask("a1", "other"))
    thread.start()
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert thread._predictor_aside is not None
    thread.ask_aside(ask("a1", "other"))
    qtbot.waitUntil(lambda: len(answers) == 3)
    assert thread.order.count("other:a1") == 1
    thread.ask_aside(None)
    qtbot.waitUntil(lambda: thread._predictor_aside is None)
    assert thread._predictor is not None


def test_a_broken_one_is_told_and_the_model_in_use_stays(qtbot, thread):
    failures = []
    thread.model_failed.connect(lambda bundle, sentence: failures.append(bundle.name))
    thread.ask_aside(ask("a1", "broken"))
    thread.start()
    qtbot.waitUntil(lambda: failures == ["broken"])
    thread.set_ahead([ask("a1")])
    qtbot.waitUntil(lambda: thread.order == ["own:a1"])
    assert thread.state != "failed"


def test_without_a_project_nothing_is_asked(qtbot, thread):
    thread.set_cache(None)
    thread.ask_aside(ask("a1", "other"))
    thread.start()
    qtbot.waitUntil(lambda: thread.isRunning())
    assert not thread.wait(100) and thread.order == []
