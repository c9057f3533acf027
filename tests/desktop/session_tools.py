"""What the session's tests share: small real folders of images, and a session that ends cleanly."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from desktop.jobs.predicting import Predicting
from desktop.jobs.prediction import PredictionThread
from desktop.session import Session
from inference.schema import GradeScale, MaskClass, Schema

SCHEMA = Schema(
    classes=(MaskClass(0, "MA"), MaskClass(1, "HE", color="#56B4E9")),
    grades=(GradeScale("severity", ("none", "mild", "severe")),),
)
HEIGHT, WIDTH = 96, 128


def picture(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A smooth picture (H, W, 3) uint8 of its own."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 255, (5, 7, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def make_folder(folder: Path, count: int, suffix: str = ".png") -> Path:
    """A folder with ``count`` pictures, named so that natural order matters."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        assert cv2.imwrite(str(folder / f"image {number + 1}{suffix}"), picture(number)[:, :, ::-1])
    return folder


def new_session(**thread: object) -> Session:
    """A session whose prediction thread does not wait for an idle moment."""
    return Session(predicting=Predicting(thread=PredictionThread(idle_seconds=0.0, **thread)))


def close(qtbot, session: Session) -> None:
    """Close as the window does, and see that nothing is left."""
    with qtbot.waitSignal(session.closed, timeout=15_000):
        session.close()
    assert not session.predicting.thread_.isRunning()
    assert not session.opening.indexing.running


def open_and_wait(qtbot, session: Session, folder: Path, schema: Schema | None = SCHEMA) -> None:
    """Open a folder and wait until its first image can be painted on and all are indexed."""
    with qtbot.waitSignal(session.opening.indexing.done, timeout=20_000):
        session.open_folder(folder, schema=schema)
    qtbot.waitUntil(lambda: session.label is not None, timeout=10_000)


def dab(session: Session, y: int = 20, x: int = 30, radius: int = 5) -> None:
    """One stroke as a tool makes it: begin, touch, paint, commit."""
    stroke = session.begin_stroke()
    box = stroke.touch((y - radius, x - radius, y + radius, x + radius))
    planes, class_id = session.label.planes, session.class_id
    inside = np.ones((box[2] - box[0], box[3] - box[1]), bool)
    planes.set_class(class_id, box, inside, inside)
    session.changed(box)
    edit = stroke.commit("Brush")
    if edit is not None:
        session.commit(edit)


def make_bundle(folder: Path, *, seed: int = 0, domain: str = "test", thresholds: float = 0.5) -> Path:
    """A real, untrained residual U-Net with the classes and grades of SCHEMA."""
    import torch

    from inference.bundle import Manifest, save_bundle
    from inference.networks.registry import build
    from inference.preprocess_config import PreprocessConfig

    torch.manual_seed(seed)
    arguments = {"width": 8}
    network = build("multitask-unet", SCHEMA, arguments)
    manifest = Manifest(
        name=folder.name,
        network="multitask-unet",
        arguments=arguments,
        schema=SCHEMA,
        preprocessing=PreprocessConfig(mode="squash", size=(32, 32)),
        thresholds={"MA": thresholds, "HE": thresholds},
        domain=domain,
    )
    save_bundle(folder, manifest, network.state_dict())
    return folder
