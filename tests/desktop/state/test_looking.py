"""View settings of a sitting: kept or not for the next image, evened levels made behind, canvases alike."""

from __future__ import annotations

import numpy as np
import pytest
from shiboken6 import isValid

from desktop.canvas.adjust import ViewSettings
from desktop.canvas.pyramid import ImagePyramid
from desktop.canvas.view import CanvasView
from tests.desktop.fakes import FakeSession
from tests.desktop.session_tools import close, make_folder, new_session, open_and_wait


class Behind(FakeSession):
    """Work behind that concerns what is seen waits until a test says so; other parts ask for nothing."""

    def __init__(self) -> None:
        self.waiting: list = []
        super().__init__()

    def run_behind(self, work, done, failed=None) -> None:
        if getattr(work, "func", work).__module__.startswith(
            ("desktop.canvas", "desktop.jobs.comp", "tests")
        ):
            self.waiting.append((work, done, failed))

    def work(self) -> None:
        work, done, failed = self.waiting.pop(0)
        try:
            done(work())
        except MemoryError as error:
            failed(error)


@pytest.fixture
def session(qapp) -> Behind:
    return Behind()


@pytest.fixture
def view(qtbot) -> CanvasView:
    made = CanvasView()
    qtbot.addWidget(made)
    made.resize(300, 200)
    return made


def picture(seed: int = 0) -> ImagePyramid:
    return ImagePyramid.build(np.random.default_rng(seed).integers(0, 90, (200, 300, 3), dtype=np.uint8))


def test_settings_reach_every_canvas(qtbot, session, view):
    second = CanvasView()
    session.looking.set(gamma=2.0)
    session.looking.attach(view)
    session.looking.attach(second)
    assert view.view_settings.gamma == second.view_settings.gamma == 2.0
    session.looking.set(channel="green")
    session.looking.keep(overview=False)
    assert view.view_settings == second.view_settings == ViewSettings(gamma=2.0, channel="green")
    assert not view.overview.enabled
    assert not second.overview.enabled
    session.looking.reset()
    assert view.view_settings.neutral
    second.deleteLater()
    qtbot.waitUntil(lambda: not isValid(second))
    session.looking.keep(overview=True)
    session.looking.set(gamma=3.0)
    assert view.view_settings.gamma == 3.0


def test_settings_stay_for_the_next_image_or_do_not(session):
    session.fill(["a.png", "b.png"])
    session.looking.set(brightness=0.3)
    session.go_to(0)
    assert session.looking.settings.brightness == 0.3
    session.looking.keep(settings=False)
    session.go_to(1)
    assert session.looking.settings.neutral


def test_evened_levels_are_made_behind_once_and_shown_when_they_come(session, view):
    session.looking.attach(view)
    image = picture()
    view.set_image(image)
    session.looking.set(clahe=True)
    session.looking.set(brightness=0.1)
    assert len(session.waiting) == 1, "once, whatever else is moved"
    before = view.grab().toImage()
    session.work()
    assert image.evened is not None
    assert view.grab().toImage() != before
    assert not session.waiting
    view.set_image(picture(1))
    assert len(session.waiting) == 1, "another image needs its own"
    session.looking.set(clahe=False)
    session.work()
    assert view.image.evened is None, "nobody wants it any more"


def test_evening_that_fails_is_said(session, view, monkeypatch):
    said = []
    session.problem.connect(lambda sentence, _: said.append(sentence))
    session.looking.attach(view)
    view.set_image(picture())

    def full(*_):
        raise MemoryError("no memory")

    monkeypatch.setattr("desktop.state.looking.even", full)
    session.looking.set(clahe=True)
    session.work()
    assert len(said) == 1
    assert "no memory" in said[0]


def test_nonsense_is_refused_and_changes_nothing(session):
    with pytest.raises(ValueError):
        session.looking.set(gamma=100)
    assert session.looking.settings.neutral


def test_the_next_image_is_evened_before_it_is_asked_for_and_memory_is_given_back(qtbot, tmp_path):
    session = new_session()
    try:
        session.looking.set(clahe=True)
        open_and_wait(qtbot, session, make_folder(tmp_path / "a", 5))

        def evened(position: int) -> bool:
            image = session.showing.pool.get(position)
            pyramid = image.pixels.pyramid if image is not None and image.pixels is not None else None
            return pyramid is not None and pyramid.evened is not None

        qtbot.waitUntil(lambda: evened(1), timeout=5000)
        view = CanvasView()
        qtbot.addWidget(view)
        session.looking.attach(view)
        view.set_image(session.image_pyramid)
        qtbot.waitUntil(lambda: evened(0), timeout=5000)
        cost = session.showing.pool.bytes_held
        session.go_to(1)
        view.set_image(session.image_pyramid)
        assert evened(1), "there at once"
        session.go_to(2)
        assert not evened(0), "left behind"
        session.looking.set(clahe=False)
        assert not any(evened(p) for p in session.showing.pool.positions())
        assert session.showing.pool.bytes_held <= cost
    finally:
        close(qtbot, session)
