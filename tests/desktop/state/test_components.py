from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desktop.project.components import walk_order
from inference.prediction import Geometry, Prediction, quantise
from tests.desktop.session_tools import HEIGHT, WIDTH, dab, make_folder, open_and_wait


@pytest.fixture
def open_session(qtbot, session, tmp_path):
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 2))
    return session


def give_prediction(session, probability: np.ndarray) -> None:
    """The model says this of class MA, pixel by pixel, and nothing of HE."""
    logits = np.log(probability / (1 - probability))
    geometry = Geometry((HEIGHT, WIDTH), (HEIGHT, WIDTH), (0.0, 0.0, float(HEIGHT), float(WIDTH)))
    empty = np.full_like(logits, -8.0)
    made = Prediction("digest", ("MA", "HE"), quantise(np.stack([logits, empty])), geometry)
    position, reading = session.position, session.showing.reading
    session.showing.pool.keep_reading(position, replace(reading, prediction=made))
    session.prediction_changed.emit()


def known(qtbot, session) -> list:
    """The walk, once it is known as the label is now."""
    told = []
    session.components.ask(lambda: told.append(True))
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    assert session.components.fresh
    return list(session.components.walk)


def test_nothing_is_looked_for_until_somebody_asks(qtbot, open_session):
    dab(open_session)
    assert not open_session.components.fresh and open_session.components.walk == ()
    assert [one.area for one in known(qtbot, open_session)] == [100]


def test_the_most_doubtful_first_and_what_is_decided_is_passed_over(qtbot, open_session):
    session, planes = open_session, open_session.label.planes
    probability = np.full((HEIGHT, WIDTH), 0.01)
    for y, x, p in ((10, 10, 0.9), (10, 40, 0.55), (10, 70, 0.7), (50, 10, 0.4)):
        probability[y : y + 12, x : x + 12] = p
        if p > 0.5:
            planes.set_class(0, (y, x, y + 12, x + 12), np.ones((12, 12), bool))
    give_prediction(session, probability)
    components = session.components
    walk = known(qtbot, session)
    assert [one.box[:2] for one in walk] == [(10, 40), (50, 10), (10, 70), (10, 10)]
    assert [one.doubt for one in walk] == pytest.approx([0.45, 0.4, 0.3, 0.1], abs=0.01)
    assert [one.missed for one in walk] == [False, True, False, False]
    assert components.place(walk[2]) == (3, 4)
    components.select(walk[0])
    assert components.following(True) is walk[1] and components.following(False) is walk[3]
    planes.set_class(0, (10, 70, 22, 82), None, np.ones((12, 12), bool))
    session.changed((10, 70, 22, 82))
    walk = known(qtbot, session)
    assert [one.decided for one in walk] == [False, False, True, False]
    components.select(walk[1])
    assert components.following(True).box[:2] == (10, 10)
    assert components.following(False) is walk[0]


def test_a_stroke_is_followed_and_the_piece_chosen_stays_chosen(qtbot, open_session):
    session, components = open_session, open_session.components
    dab(session, 20, 30)
    dab(session, 60, 90, 4)
    walk = known(qtbot, session)
    components.select(walk[0])
    assert walk[0].area == 64
    dab(session, 62, 92, 4)
    assert not components.fresh
    qtbot.waitUntil(lambda: components.fresh, timeout=5000)
    assert components.current is not None and components.current.area > 64
    assert components.walk == tuple(walk_order(components.walk)) and len(components.walk) == 2
    session.undo()
    session.undo()
    qtbot.waitUntil(lambda: components.fresh, timeout=5000)
    assert components.current is None and len(components.walk) == 1, "it is gone, so nothing is chosen"


def test_hidden_classes_take_no_part(qtbot, open_session):
    session, components = open_session, open_session.components
    dab(session, 20, 30)
    session.set_class(1)
    dab(session, 60, 90)
    walk = known(qtbot, session)
    assert {one.class_id for one in walk} == {0, 1}
    components.select(next(one for one in walk if one.class_id == 1))
    session.set_layer_style(1, visible=False)
    assert components.current is None and {one.class_id for one in components.walk} == {0}
    session.set_layer_style(1, visible=True)
    assert {one.class_id for one in known(qtbot, session)} == {0, 1}


def test_another_image_is_another_walk(qtbot, open_session):
    session, components = open_session, open_session.components
    dab(session)
    components.select(known(qtbot, session)[0])
    session.next()
    qtbot.waitUntil(lambda: session.label is not None, timeout=5000)
    assert components.current is None and components.walk == ()
    assert known(qtbot, session) == [] and components.following() is None


def test_what_is_asked_for_during_a_stroke_comes_after_it(qtbot, open_session):
    session, told = open_session, []
    stroke = session.begin_stroke()
    session.components.ask(lambda: told.append(True))
    assert told == []
    session.abort_stroke()
    assert not stroke.is_open
    qtbot.waitUntil(lambda: bool(told), timeout=5000)


def test_whoever_walks_finds_the_next_image_ready(qtbot, open_session):
    session, components = open_session, open_session.components
    dab(session)
    known(qtbot, session)
    session.next()
    qtbot.waitUntil(lambda: session.label is not None, timeout=5000)
    qtbot.waitUntil(lambda: components.fresh, timeout=5000)
    session.previous()
    qtbot.waitUntil(lambda: components.fresh and len(components.walk) == 1, timeout=5000)
