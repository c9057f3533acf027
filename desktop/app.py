"""The application: from the command to the first paint, and to the last edit written.

What runs before the first paint is kept small: the window, a look at the project through plain sqlite3, and
the last image, decoded on a thread of its own meanwhile. The project itself is opened right after the paint.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QThreadPool, QTimer, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from desktop.jobs.collector import many_objects
from desktop.settings import Settings
from desktop.signals import AskedToEnd
from desktop.theme import look

if TYPE_CHECKING:
    from desktop.canvas.pyramid import ImagePyramid
    from desktop.window import Window

logger = logging.getLogger(__name__)

DECODE_AT_LEAST = 1600
"""Longer side of the first image's quick decode: as sharp as a usual window can show."""


def run(path: Path | None = None) -> int:
    """Open the window on a folder (None: the last project, else the start page); returns the exit status."""
    log_qt_messages()
    app = application()
    window = build(path)
    window.gone.connect(app.quit)
    asked = AskedToEnd(window.close)
    window.show()
    try:
        return int(app.exec())
    finally:
        asked.stop()


def log_qt_messages() -> None:
    """Send what Qt says to the log: a terminal shows sentences of ours only."""
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
    }

    def log(kind: QtMsgType, _context: object, text: str | None) -> None:
        logging.getLogger("qt").log(levels.get(kind, logging.ERROR), "%s", text)

    qInstallMessageHandler(log)


def application() -> QApplication:
    """Return the one QApplication. Closing the last window does not end it: `Window.gone` does."""
    found = QApplication.instance()
    if isinstance(found, QApplication):
        app = found
    else:
        app = QApplication(sys.argv[:1])
        app.styleHints().colorSchemeChanged.connect(partial(_follow_system, app))
    app.setApplicationName("overread")
    app.setApplicationDisplayName("Overread")
    app.setDesktopFileName("overread")
    app.setQuitOnLastWindowClosed(False)
    return app


def build(path: Path | None = None, settings: Settings | None = None) -> Window:
    """Return the window, not yet shown; it opens its folder after its first paint.

    An application must exist (`application`). ``path`` may also be a file: then its folder is opened.
    """
    settings = settings or Settings()
    folder = _folder(path, settings)
    first = FirstLook(folder) if folder is not None else None
    app = application()
    theme = settings["view.theme"]
    look().choose(app, theme)
    # Thousands of lasting objects are made: nothing for the collector to look through meanwhile.
    with many_objects():
        from desktop.window import Window

        window = Window(settings, page="start" if folder is None else "review")
    look().apply(app, theme)
    if folder is not None:
        window.setWindowTitle(f"{folder.name} – Overread")
    if first is not None:
        first.setParent(window)
        first.show_on(window)
    first_seen = window.canvas if folder is not None else window.start
    AfterPaint(first_seen, lambda: _open(window, folder, again=path is None))
    return window


def _follow_system(app: QApplication, _scheme: object) -> None:
    if look().choice == "system":
        look().apply(app, "system")


def _folder(path: Path | None, settings: Settings) -> Path | None:
    if path is not None:
        return path.parent if path.is_file() else path
    if not settings["projects.open_last"]:
        return None
    return next((folder for folder in settings.recent if folder.is_dir()), None)


def _open(window: Window, folder: Path | None, *, again: bool) -> None:
    window.preparation.start()
    # Somebody may have dropped a folder meanwhile.
    if folder is None or window.session.folder is not None:
        return
    window.open_folder(folder)
    # Who comes back by themselves goes on where they were; who named a folder wants to see its images.
    page = window.settings["view.page"]
    if again and page != "review":
        window.show_page(page)


class FirstLook(QObject):
    """The project's last image, read while the window is made. Nothing is shown when anything is amiss."""

    _ready = Signal(object)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._window: Window | None = None
        self._pyramid: ImagePyramid | None = None
        self._done = threading.Event()
        self._ready.connect(self._show)
        QThreadPool.globalInstance().start(self._read)

    def _read(self) -> None:
        try:
            self._pyramid = _last_image(self._folder)
        except Exception:
            logger.debug("no first look at %s", self._folder, exc_info=True)
        self._done.set()
        if self._pyramid is not None:
            self._ready.emit(self._pyramid)

    def show_on(self, window: Window) -> None:
        """Show the image on this window: at once, or as soon as it is read."""
        self._window = window
        # A few milliseconds more give a first paint with the image in it.
        self._done.wait(0.15)
        if self._pyramid is not None:
            self._show(self._pyramid)

    def _show(self, pyramid: ImagePyramid) -> None:
        window = self._window
        if window is not None and window.session.image_pyramid is None and window.canvas.image is None:
            window.review.first_look(pyramid)


def _last_image(folder: Path) -> ImagePyramid | None:
    from desktop.canvas.pyramid import ImagePyramid
    from desktop.project.quick import first_paint
    from inference.images import read_rgb8

    quick = first_paint(folder)
    if quick is None or quick.last_path is None:
        return None
    return ImagePyramid.build(read_rgb8(folder / quick.last_path, quick.last_frame, at_least=DECODE_AT_LEAST))


class AfterPaint(QObject):
    """Calls once, right after a widget was painted for the first time."""

    def __init__(self, widget: QWidget, callback: Callable[[], None]) -> None:
        super().__init__(widget)
        self._callback: Callable[[], None] | None = callback
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the paint event; what follows runs when it is through."""
        if event.type() == QEvent.Type.Paint and self._callback is not None:
            callback, self._callback = self._callback, None
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, callback)
        return False
