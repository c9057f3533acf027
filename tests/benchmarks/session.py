"""The session against its budgets: real JPEG files of 4288x2848, a real project, predictions in the cache.

`next_*` return milliseconds from the reader's key to the painted canvas, image and overlay both;
`open_100000` returns seconds. The canvas is connected as the window connects it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtWidgets import QApplication

from desktop.canvas.view import CanvasView
from desktop.jobs.predicting import ModelInUse
from desktop.session import Session
from inference.bundle import Manifest
from inference.prediction import Geometry, Prediction
from inference.preprocess_config import PreprocessConfig
from inference.schema import MaskClass, Schema
from tests.benchmarks.pictures import HEIGHT, WIDTH, jpeg_folder

COLORS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442")
SCHEMA = Schema(tuple(MaskClass(i, f"c{i}", color=c) for i, c in enumerate(COLORS)))
NETWORK = (512, 768)
VIEW = (1600, 1000)
PATIENCE_S = 60.0


def wait_for(condition: Callable[[], object]) -> None:
    """Run the event loop until the condition holds."""
    application, end = QApplication.instance(), time.perf_counter() + PATIENCE_S
    while not condition():
        if time.perf_counter() > end:
            raise TimeoutError("the session did not get there")
        application.processEvents()
        time.sleep(0.0005)


def canvas_of(session: Session) -> CanvasView:
    """A canvas that follows a session."""
    view = CanvasView()
    view.resize(*VIEW)

    def show_label(box: tuple[int, int, int, int] | None) -> None:
        if box is None:
            view.set_overlay(session.overlay)
        else:
            view.overlay_changed(box)

    session.display_changed.connect(lambda: view.set_image(session.image_pyramid))
    session.label_changed.connect(show_label)
    session.styles_changed.connect(lambda: view.set_styles(session.styles))
    view.show()
    return view


def prediction(seed: int, digest: str) -> Prediction:
    """Some hundred blobs of four classes at the network's resolution."""
    chance = np.random.default_rng(seed)
    logits = np.zeros((4, *NETWORK), np.uint8)
    for layer in logits:
        for radius in (80, *chance.integers(1, 12, 100)):
            centre = (int(chance.integers(0, NETWORK[1])), int(chance.integers(0, NETWORK[0])))
            cv2.circle(layer, centre, int(radius), 200, -1)
    geometry = Geometry((HEIGHT, WIDTH), NETWORK, (0.0, 0.0, float(NETWORK[0]), float(NETWORK[1])))
    return Prediction(digest, tuple(c.name for c in SCHEMA.classes), cv2_blur(logits), geometry)


def cv2_blur(logits: np.ndarray) -> np.ndarray:
    """Soft borders, as a network's."""
    return np.stack([cv2.GaussianBlur(layer, (5, 5), 0) for layer in logits])


@contextmanager
def open_session(folder: Path) -> Iterator[tuple[Session, CanvasView]]:
    """A session with everything indexed and predicted, painted once."""
    QApplication.instance() or QApplication([])
    session = Session()
    view = canvas_of(session)
    done: list[bool] = []
    session.opening.indexing.done.connect(lambda: done.append(True))
    session.open_folder(folder, schema=SCHEMA)
    wait_for(lambda: done and session.label is not None)
    digest = "benchmark"
    for seed, entry in enumerate(session.entries):
        session.opening.source.cache.put(entry.row.content_hash, 0, prediction(seed, digest))
    manifest = Manifest(
        name="benchmark", network="none", schema=SCHEMA, preprocessing=PreprocessConfig(size=NETWORK)
    )
    session.predicting._set_model(ModelInUse(folder, digest, manifest))
    wait_for(lambda: session.prediction is not None)
    try:
        yield session, view
    finally:
        ended: list[bool] = []
        session.closed.connect(lambda: ended.append(True))
        session.close()
        wait_for(lambda: ended)
        view.close()


def _photographs(place: str, count: int) -> Path:
    """Generated photographs, or the folder that OVERREAD_BENCH_FOLDER names (linked, not written to)."""
    folder = Path(place)
    source = os.environ.get("OVERREAD_BENCH_FOLDER")
    if source:
        for file in sorted(Path(source).glob("*.jpg"))[:count]:
            (folder / file.name).symlink_to(file.resolve())
    else:
        jpeg_folder(folder, count)
    return folder


def _ready(session: Session, position: int) -> bool:
    image = session.showing.pool.get(position)
    reading = image.reading if image is not None else None
    return image is not None and image.pixels is not None and reading is not None and bool(reading.prediction)


def next_prefetched(rounds: int = 3, count: int = 12) -> list[float]:
    """The next image when it was read ahead: key to painted."""
    samples = []
    with tempfile.TemporaryDirectory() as place, open_session(_photographs(place, count)) as (session, view):
        for _ in range(rounds):
            session.go_to(0)
            for position in range(1, count):
                wait_for(lambda at=position: _ready(session, at) and not session.showing.pool._in_flight)
                start = time.perf_counter()
                session.next()
                view.repaint()
                samples.append((time.perf_counter() - start) * 1000)
                assert session.position == position and session.overlay is not None
    return samples


def next_cold(rounds: int = 3, count: int = 12) -> list[float]:
    """An image that nobody expected: key to painted, with its overlay; the file may be in the page cache."""
    samples = []
    with tempfile.TemporaryDirectory() as place, open_session(_photographs(place, count)) as (session, view):
        for step in range(rounds * count):
            position = step * 5 % count
            if position == session.position:
                continue
            wait_for(lambda: not session.showing.pool._in_flight)
            session.showing.pool.forget(position)
            start = time.perf_counter()
            session.go_to(position)
            wait_for(lambda at=position: _ready(session, at))
            view.repaint()
            samples.append((time.perf_counter() - start) * 1000)
    return samples


def next_session_part(rounds: int = 3, count: int = 12) -> list[float]:
    """`Session.next()` alone when the image was read ahead, without the canvas."""
    samples = []
    with tempfile.TemporaryDirectory() as place, open_session(_photographs(place, count)) as (session, view):
        view.deleteLater()
        session.display_changed.disconnect()
        session.label_changed.disconnect()
        for _ in range(rounds):
            session.go_to(0)
            for position in range(1, count):
                wait_for(lambda at=position: _ready(session, at))
                start = time.perf_counter()
                session.next()
                samples.append((time.perf_counter() - start) * 1000)
    return samples


def stroke_acknowledged(repeat: int = 100) -> list[float]:
    """A stroke of 300 x 120 pixels: from the commit to the acknowledgement in the GUI thread."""
    samples = []
    with tempfile.TemporaryDirectory() as place, open_session(_photographs(place, 2)) as (session, _view):
        for index in range(repeat):
            stroke = session.begin_stroke()
            box = stroke.touch((200 + 9 * index, 300, 320 + 9 * index, 600))
            inside = np.ones((120, 300), bool)
            session.label.planes.set_class(session.class_id, box, inside, inside)
            session.changed(box)
            edit = stroke.commit("Brush")
            start = time.perf_counter()
            session.commit(edit)
            wait_for(lambda: session.pending == 0)
            samples.append((time.perf_counter() - start) * 1000)
    return samples


def open_100000(repeat: int = 3, count: int = 100_000) -> list[float]:
    """Seconds until the whole list of 100,000 files can be scrolled and its first image is requested."""
    samples = []
    QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as place:
        folder = many_files(Path(place), count)
        for _ in range(repeat):
            session, done = Session(), []
            session.opened.connect(lambda done=done: done.append(time.perf_counter()))
            start = time.perf_counter()
            session.open_folder(folder, schema=SCHEMA)
            wait_for(lambda done=done: done)
            assert len(session.entries) == count
            samples.append(done[0] - start)
            ended: list[bool] = []
            session.closed.connect(lambda ended=ended: ended.append(True))
            session.close()
            wait_for(lambda ended=ended: ended)
    return samples


def many_files(folder: Path, count: int) -> Path:
    """So many images in sub-folders of 1,000: hard links to a few small files, where links are possible."""
    folder = folder / "many"
    folder.mkdir()
    source = folder / "image.png"
    cv2.imwrite(str(source), np.full((8, 8, 3), 127, np.uint8))
    data, made = source.read_bytes(), 0
    source.unlink()
    for part in range(-(-count // 1000)):
        inner = folder / f"part {part}"
        inner.mkdir()
        first = inner / "image 0.png"
        first.write_bytes(data)
        made += 1
        for number in range(1, min(1000, count - part * 1000)):
            os.link(first, inner / f"image {number}.png")
            made += 1
    return folder
