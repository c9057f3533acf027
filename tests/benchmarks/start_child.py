"""The fresh process that `start.py` measures: `first-paint FOLDER` or `memory FOLDER`."""

import sys
import time
from pathlib import Path


def first_paint(folder: Path) -> None:
    """Do what `overread open FOLDER` does; print when an image was first painted, and what is imported."""
    import desktop.cli

    desktop.cli.build_parser().parse_args(["open", str(folder)])
    from PySide6.QtCore import QEvent, QObject, QTimer

    from desktop import app

    application = app.application()
    window = app.build(folder)

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and window.canvas.image is not None:
                watched.removeEventFilter(self)
                QTimer.singleShot(0, self.tell)
            return False

        def tell(self) -> None:
            print(time.time(), "torch" in sys.modules, "sqlalchemy" in sys.modules, flush=True)
            window.gone.connect(application.quit)
            window.close()

    watch = Watch()
    window.canvas.installEventFilter(watch)
    window.resize(1600, 1000)
    window.show()
    application.exec()


def memory(folder: Path) -> None:
    """Open a project, go through ten images, print the resident megabytes (10^6)."""
    from PySide6.QtCore import QEventLoop, QTimer

    from desktop import app

    application = app.application()
    window = app.build(folder)
    window.resize(1600, 1000)
    window.show()
    session = window.session

    def rest(milliseconds: int) -> None:
        # Not QTest.qWait, which keeps Python's lock.
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def wait() -> None:
        for _ in range(3000):
            if session.project and session.image_pyramid is not None and session.label is not None:
                return
            rest(10)
        raise SystemExit("the project did not open within 30 s")

    wait()
    for _ in range(10):
        session.next()
        wait()
    rest(1500)
    if "torch" in sys.modules:
        raise SystemExit("torch was imported without a model")
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    print(pages * 4096 / 1e6, flush=True)
    window.gone.connect(application.quit)
    window.close()
    application.exec()


if __name__ == "__main__":
    {"first-paint": first_paint, "memory": memory}[sys.argv[1]](Path(sys.argv[2]))
