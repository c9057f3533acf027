"""`python -m tests.benchmarks.desk_pictures OUT`: pictures of every panel on the sample, in both themes.

A hand at the real window brings up one panel after the other by keys and clicks. The pictures are looked at
by people: in `docs/desk.md`, and before every release.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.sample import prepare_sample
from desktop.tour.hand import Hand
from inference.waiting import wait_politely
from tests.benchmarks.window import open_window

SIZE = (1440, 900)
SMALLEST = (960, 600)
THEMES = ("dark", "light")
THEME_KEYS = {"dark": "Alt+Shift+D", "light": "Alt+Shift+L"}
REST_MS = 350


class Photographer:
    """Brings up one thing after the other and takes a picture of each."""

    def __init__(self, hand: Hand, out: Path, width: int = SIZE[0]) -> None:
        self.hand = hand
        self.out = out
        self.width = width
        self.window = hand.window

    def take(self, name: str) -> None:
        """Save what the window shows in both themes."""
        focus = QApplication.focusWidget()
        for theme in THEMES:
            self.window.desk.choose_theme(theme)
            self.hand.rest(REST_MS)
            picture = self.window.grab()
            if self.width < picture.width():
                picture = picture.scaledToWidth(self.width, Qt.TransformationMode.SmoothTransformation)
            picture.save(str(self.out / f"{name}-{theme}.jpg"), "JPG", 88)
        if focus is not None:
            focus.setFocus()

    def ready(self) -> None:
        """Wait until the current image has its prediction and is on the canvas."""
        session = self.hand.session
        self.hand.wait(lambda: session.label is not None and session.prediction is not None, "a prediction")
        self.hand.wait(lambda: self.hand.canvas.image is session.image_pyramid, "the image on the canvas")
        self.hand.canvas.setFocus()
        self.hand.rest(REST_MS)

    def press(self, *keys: str) -> None:
        """Type shortcuts."""
        for one in keys:
            self.hand.press(one)
            self.hand.rest(40)

    def held(self, key: Qt.Key, name: str, modifier: Qt.KeyboardModifier) -> None:
        """Take a picture while a key is held."""
        QTest.keyPress(self.hand.canvas, key, modifier)
        self.hand.rest(2 * REST_MS)
        self.take(name)
        QTest.keyRelease(self.hand.canvas, key, modifier)
        self.hand.rest(50)

    def tab(self, title: str) -> None:
        """Show a tab of the right column."""
        self.hand.click(self.window.review.tabs.buttons[title])

    # --- what there is

    def review(self) -> None:
        """The desk as it opens, and the tabs of the right column."""
        self.ready()
        self.take("01-review")
        for at, name in enumerate(self.window.review.tabs.buttons, 2):
            self.tab(name)
            self.hand.rest(REST_MS)
            self.take(f"{at:02d}-tab-{name}")
        self.tab("history")

    def tools(self) -> None:
        """A polygon before it is closed, the component walk, the reading of a threshold being moved."""
        canvas = self.hand.canvas
        width, height = canvas.image.width, canvas.image.height  # type: ignore[union-attr]
        self.press("P")
        for x, y in ((0.4, 0.4), (0.55, 0.38), (0.6, 0.5), (0.5, 0.6)):
            QTest.mouseClick(
                canvas, Qt.MouseButton.LeftButton, pos=self.hand.point(x * width, y * height), delay=0
            )
            self.hand.rest(20)
        self.take("10-polygon")
        self.press("Esc")
        self.press("G")
        self.hand.drag([(0.3 * width, 0.3 * height), (0.45 * width, 0.5 * height)])
        self.hand.rest(1500)
        self.take("11-grabcut")
        self.press("Esc", "B", "Ctrl+1", "Ctrl+2")
        self.press("Alt+Down")
        self.hand.rest(1500)
        self.take("12-component-walk")
        self.press("F")

    def looking(self) -> None:
        """Prediction and difference while a key is held, light, the map of what was viewed."""
        none, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
        canvas = self.hand.canvas
        width, height = canvas.image.width, canvas.image.height  # type: ignore[union-attr]
        self.press("B")
        self.hand.drag([(0.4 * width, 0.45 * height), (0.5 * width, 0.47 * height)])
        self.held(Qt.Key.Key_O, "20-prediction-held", none)
        self.held(Qt.Key.Key_O, "21-difference-held", shift)
        self.press("Ctrl+Z", "Ctrl+I", "Shift+F")
        self.tab("view")
        self.take("22-red-free-at-100")
        self.press("Ctrl+0", "F", "Alt+V")
        self.hand.rest(REST_MS)
        self.take("23-viewed")
        self.press("Alt+V", "Ctrl+D")
        self.hand.rest(4 * REST_MS)
        self.take("24-side-by-side")
        self.press("Ctrl+D")
        self.tab("history")

    def gallery(self) -> None:
        """Grid, filters, many images chosen."""
        self.press("Ctrl+G")
        self.hand.rest(3 * REST_MS)
        self.take("30-grid")
        self.press("Ctrl+G", "Ctrl+Shift+F")
        self.hand.rest(REST_MS)
        self.take("31-filters")
        self.press("Ctrl+Shift+F", "Ctrl+A")
        self.hand.rest(REST_MS)
        self.take("32-many-chosen")
        self.press("Ctrl+Alt+A")
        self.hand.canvas.setFocus()

    def strips(self) -> None:
        """What asks something below the canvas."""
        for at, (keys, name) in enumerate(
            (
                ("R", "reject"),
                ("Ctrl+Shift+A", "not-assessable"),
                ("Shift+G", "grow"),
                ("Shift+C", "copy-class"),
            )
        ):
            self.press(keys)
            self.hand.rest(REST_MS)
            self.take(f"{40 + at}-{name}")
            self.press("Esc")
            self.hand.canvas.setFocus()

    def overlays(self) -> None:
        """Palette, cheat sheet, settings, schema, what runs behind."""
        for at, (keys, name) in enumerate(
            (("Ctrl+P", "palette"), ("F1", "keys"), ("Alt+0", "tasks"), ("Ctrl+,", "settings"))
        ):
            self.press(keys)
            self.hand.rest(REST_MS)
            self.take(f"{50 + at}-{name}")
            self.press("Esc")
        self.press("Alt+1", "Ctrl+Shift+S")
        self.hand.rest(REST_MS)
        self.take("55-schema")
        self.press("Esc", "Alt+1")

    def pages(self) -> None:
        """Models, training, the start page."""
        for at, (keys, name) in enumerate(
            (("Alt+2", "models"), ("Alt+3", "training"), ("Ctrl+Shift+O", "start"))
        ):
            self.press(keys)
            self.hand.rest(3 * REST_MS)
            self.take(f"{60 + at}-{name}")
        self.press("Alt+1")

    def small(self) -> None:
        """The desk in the smallest window."""
        self.window.resize(*SMALLEST)
        self.hand.rest(REST_MS)
        self.press("F")
        self.take("70-smallest")
        self.press("F1")
        self.take("71-smallest-keys")
        self.press("Esc")

    def everything(self, words: list[str]) -> None:
        """All chapters, or those named."""
        self.ready()
        chapters: tuple[Callable[[], None], ...] = (
            self.review,
            self.tools,
            self.looking,
            self.gallery,
            self.strips,
            self.overlays,
            self.pages,
            self.small,
        )
        for chapter in chapters:
            if not words or chapter.__name__ in words:
                chapter()


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.desk_pictures", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--sample", type=Path, help="copy the sample there (its name is seen in the pictures)"
    )
    parser.add_argument("--width", type=int, default=SIZE[0], help="width of the pictures in pixels")
    parser.add_argument(
        "chapters", nargs="*", help="only these: review, tools, looking, gallery, strips, ..."
    )
    arguments = parser.parse_args()
    wait_politely()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        open_window(prepare_sample(arguments.sample or Path(place) / "sample"), size=SIZE) as hand,
    ):
        Photographer(hand, arguments.out, arguments.width).everything(arguments.chapters)
    return 0


if __name__ == "__main__":
    sys.exit(main())
