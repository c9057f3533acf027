"""The real window on a folder, for benchmarks that work in it as a person does."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop.sample import DEMO_MODEL
from desktop.tour.hand import Hand


@contextmanager
def open_window(folder: Path, *, size: tuple[int, int] = (1920, 1200), model: bool = True) -> Iterator[Hand]:
    """A hand at the window, with the folder indexed and, unless told otherwise, the demo model predicting.

    Settings and data of the program lie in a folder of their own meanwhile.
    """
    with tempfile.TemporaryDirectory() as place:
        for name in ("OVERREAD_CONFIG_DIR", "OVERREAD_DATA_DIR"):
            os.environ[name] = str(Path(place) / name.lower())
        from desktop import app

        app.application()
        window = app.build(folder)
        window.resize(*size)
        window.show()
        hand, session = Hand(window, Path(place) / "pictures"), window.session
        try:
            hand.wait(lambda: session.project is not None and session.label is not None, "the project")
            if model:
                session.set_model(DEMO_MODEL)
                hand.wait(lambda: session.model is not None, "the model")
                session.allow_model()
            hand.wait(lambda: not session.opening.indexing.running, "the index", 600.0)
            yield hand
        finally:
            gone: list[bool] = []
            window.gone.connect(lambda: gone.append(True))
            window.close()
            hand.wait(lambda: gone, "the window to close")
            window.deleteLater()
            hand.rest()
