"""The second view in a real session: other images, other models, other readers, behind and out of the way."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest

from desktop.jobs.compose import predicted_pages
from desktop.jobs.predicting import read_model
from desktop.jobs.prediction import load_predictor
from desktop.project.provenance import Cut
from desktop.state.second_view import Kind
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
    """Four pictures; the first and the third are one person's."""
    made = make_folder(tmp_path / "images", 4)
    with (made / "groups.csv").open("w", newline="") as file:
        rows = [
            ("image", "group"),
            *((f"image {n}.png", "ann" if n in (1, 3) else f"p{n}") for n in range(1, 5)),
        ]
        csv.writer(file).writerows(rows)
    return made


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    return make_bundle(place / "first", seed=1, thresholds=0.1), make_bundle(place / "second", seed=2)


@pytest.fixture
def view(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    return session.second_view


def shown(qtbot, view, kind: Kind) -> None:
    def ready() -> bool:
        return (
            view.choice is not None
            and view.choice.kind is kind
            and not view.waiting
            and view.pyramid is not None
        )

    qtbot.waitUntil(ready, timeout=20_000)


def choose(qtbot, view, title: str) -> None:
    qtbot.waitUntil(lambda: any(one.title == title for one in view.choices), timeout=10_000)
    view.choose(next(one for one in view.choices if one.title == title))


def test_the_other_image_of_the_group_comes_first_and_follows(qtbot, session, view):
    view.open()
    shown(qtbot, view, Kind.IMAGE)
    assert view.choice.title == "image 3.png" and view.choice.group
    assert np.array_equal(
        view.pyramid.levels[0], session.opening.source.pixels(session.entries[2]).pyramid.levels[0]
    )
    assert next(one.section for one in view.choices) == "Same group"
    session.go_to(2)
    qtbot.waitUntil(lambda: view.choice.title == "image 1.png" and view.pyramid is not None)
    session.go_to(1)
    shown(qtbot, view, Kind.BARE)
    assert view.pyramid is session.image_pyramid and view.overlay is None
    view.close()
    assert view.pyramid is None and not view.active


def test_any_image_is_found_by_name_with_its_layers(qtbot, session, view):
    dab(session)
    qtbot.waitUntil(lambda: session.pending == 0)
    session.go_to(3)
    qtbot.waitUntil(lambda: session.label is not None)
    found = []
    view.open()
    view.search("1 IMAGE", found.extend)
    qtbot.waitUntil(lambda: bool(found))
    assert [one.title for one in found] == ["image 1.png"]
    view.choose(found[0])
    shown(qtbot, view, Kind.IMAGE)
    assert (view.overlay.levels[0][0] & 1).sum() == 100
    session.go_to(2)
    shown(qtbot, view, Kind.IMAGE)
    assert view.choice.title == "image 1.png", "an image that was looked for stays"


def test_another_readers_label_lies_over_the_same_image(qtbot, folder):
    other = new_session()
    open_and_wait(qtbot, other, folder)
    reader = other.project.reader
    dab(other, y=50, x=60, radius=3)
    close(qtbot, other)
    from desktop.project.project import Project

    with Project.open(folder, reader="zoe") as project:
        image = project.images()[0]
        label = project.load_label(image.id)
        label.ensure_planes(image.height, image.width)
        label.record(_square(label))
        project.save(label).result(10)
    session = new_session()
    open_and_wait(qtbot, session, folder)
    assert session.project.reader == reader
    view = session.second_view
    view.open()
    choose(qtbot, view, "Label of zoe")
    shown(qtbot, view, Kind.LABEL)
    assert np.array_equal(view.overlay.levels[0][0] & 1, _mask(session))
    assert view.pyramid is session.image_pyramid
    close(qtbot, session)


def _square(label):
    stroke = label.begin_stroke(0)
    box = stroke.touch((10, 10, 20, 25))
    inside = np.ones((10, 15), bool)
    label.planes.set_class(0, box, inside, inside)
    return stroke.commit("Brush")


def _mask(session):
    mask = np.zeros((session.image_pyramid.height, session.image_pyramid.width), np.uint8)
    mask[10:20, 10:25] = 1
    return mask


def test_another_model_is_asked_beside_the_one_in_use(qtbot, session, view, bundles):
    loads = []

    def loader(bundle, threads):
        loads.append(bundle.name)
        return load_predictor(bundle, threads)

    session.predicting.thread_._loader = loader
    session.set_model(bundles[0])
    qtbot.waitUntil(lambda: session.prediction is not None, timeout=30_000)
    second = read_model(bundles[1])
    session.project.register_model(bundles[1], second.digest, "second").result(10)
    before = session.label.planes.mask.copy()
    view.open()
    qtbot.waitUntil(lambda: bool(view.choices))
    choose(qtbot, view, "Prediction of second")
    shown(qtbot, view, Kind.MODEL)
    row = session.entry.row
    prediction = session.predicting._cache.get(row.content_hash, row.frame, second.digest)
    cuts = {name: Cut(at) for name, at in second.thresholds.items()}
    assert np.array_equal(view.overlay.levels[0], predicted_pages(prediction, session.schema, cuts))
    assert np.array_equal(session.label.planes.mask, before), "the label is the model's in use"
    assert session.prediction.model_digest == session.model.digest
    session.go_to(1)
    shown(qtbot, view, Kind.MODEL)
    qtbot.waitUntil(lambda: session.prediction is not None, timeout=30_000)
    assert loads.count("first") == 1 and loads.count("second") == 1, "neither pushes the other out"
    view.close()
    qtbot.waitUntil(lambda: session.predicting.thread_._predictor_aside is None, timeout=10_000)


def test_a_model_that_cannot_be_used_says_so_and_the_one_in_use_goes_on(
    qtbot, session, view, bundles, tmp_path
):
    broken = tmp_path / "broken"
    shutil.copytree(bundles[1], broken)
    (broken / "weights.safetensors").write_bytes(b"nothing")
    session.set_model(bundles[0])
    qtbot.waitUntil(lambda: session.prediction is not None, timeout=30_000)
    session.project.register_model(broken, "b" * 64, "broken").result(10)
    view.open()
    qtbot.waitUntil(lambda: bool(view.choices))
    choose(qtbot, view, "Prediction of broken")
    qtbot.waitUntil(lambda: bool(view.problem), timeout=20_000)
    assert view.problem.endswith(".") and "\n" not in view.problem
    session.go_to(3)
    qtbot.waitUntil(lambda: session.prediction is not None, timeout=30_000)


def test_the_prediction_follows_its_threshold(qtbot, session, view, bundles):
    session.set_model(bundles[0])
    qtbot.waitUntil(lambda: session.prediction is not None, timeout=30_000)
    view.open()
    qtbot.waitUntil(lambda: bool(view.choices))
    choose(qtbot, view, f"Prediction of {session.model.name}")
    shown(qtbot, view, Kind.PREDICTION)
    many = int((view.overlay.levels[0] & 1).sum())
    assert many > 0
    session.thresholds.set("MA", Cut(0.99))
    qtbot.waitUntil(
        lambda: view.overlay is not None and int((view.overlay.levels[0] & 1).sum()) < many, timeout=10_000
    )
