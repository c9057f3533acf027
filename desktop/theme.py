"""The look: tokens, palettes, the style sheet and icons tinted by the theme.

The tokens are the only place where a colour of the interface is written down; class colours belong to the
schema and appear on masks and their swatches only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QDir, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget

from desktop.errors import DesktopError

Choice = Literal["system", "dark", "light"]
RESOURCES = Path(__file__).resolve().parent.parent / "resources"
GRID = 8
READING = 13
LABEL = 11
_TOKENS = (
    *("surround", "window", "panel", "raised", "hover", "pressed", "line", "control_line"),
    *("text", "text_quiet", "text_disabled", "accent", "accent_hover", "accent_pressed", "on_accent"),
    *("selection", "model_bar", "good", "warn", "bad", "notice"),
)


class ThemeError(DesktopError):
    """A theme or icon file is missing or incomplete: the installation is damaged."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Named colours of one theme, each ``#rrggbb``."""

    name: str
    tokens: Mapping[str, str]

    def color(self, token: str) -> QColor:
        """Return the colour of a token."""
        return QColor(self.tokens[token])


@cache
def load_theme(name: str) -> Theme:
    """Read ``resources/theme/<name>.json``; ThemeError when it is missing or lacks a token."""
    path = RESOURCES / "theme" / f"{name}.json"
    try:
        tokens = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ThemeError(f"The theme file {path.name} cannot be read; install Overread again.") from error
    missing = [token for token in _TOKENS if token not in tokens]
    if missing:
        raise ThemeError(f"The theme file {path.name} lacks {', '.join(missing)}; install Overread again.")
    return Theme(name, {token: tokens[token] for token in _TOKENS})


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def palette_of(theme: Theme) -> QPalette:
    """Return the Qt palette of a theme, the disabled group included."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "window",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "panel",
        QPalette.ColorRole.AlternateBase: "panel",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.BrightText: "bad",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "text_quiet",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.Light: "hover",
        QPalette.ColorRole.Mid: "line",
        # The canvas fills what the image does not cover with this role.
        QPalette.ColorRole.Dark: "surround",
        QPalette.ColorRole.Shadow: "pressed",
    }
    for role, token in roles.items():
        palette.setColor(role, theme.color(token))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, theme.color("text_disabled"))
    return palette


def style_sheet(theme: Theme) -> str:
    """Return the style sheet with the theme's tokens filled in."""
    text = (RESOURCES / "theme" / "style.qss").read_text("utf-8")
    values = dict(theme.tokens) | {
        "reading": f"{READING}px",
        "label": f"{LABEL}px",
        "chevron_down": f"icons:chevron-down-{theme.name}.svg",
        "check_on_accent": f"icons:check-{theme.name}.svg",
    }
    for token, value in values.items():
        text = text.replace(f"@{token}@", value)
    return text


@cache
def _icon_names() -> frozenset[str]:
    return frozenset(path.stem for path in (RESOURCES / "icons").iterdir())


@cache
def _icon_source(name: str) -> str:
    path = RESOURCES / "icons" / f"{name}.svg"
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ThemeError(f"The icon {path.name} is missing; install Overread again.") from error


def tinted_svg(name: str, color: str) -> bytes:
    """Return the icon's SVG drawn in a colour; ThemeError when there is no such icon."""
    return _icon_source(name).replace("currentColor", color).encode()


class Look(QObject):
    """The theme in use. Everything drawn by hand reads its colours here and repaints on ``changed``."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice: Choice = "dark"
        self.theme = load_theme("dark")
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}

    def choose(self, app: QApplication, choice: Choice = "system") -> bool:
        """Take a theme's colours, palette and icons; returns whether the colours are others now.

        Widgets made from here on have them. The style sheet comes with `apply`: where widgets are put
        together under a style sheet, Qt polishes a whole branch anew each time it gets another parent.
        """
        before, self.choice = self.theme, choice
        self.theme = load_theme(_resolve(choice))
        if app.property("overreadColors") != self.theme.name:
            app.setProperty("overreadColors", self.theme.name)
            QDir.setSearchPaths("icons", [str(RESOURCES / "icons")])
            app.setStyle("Fusion")
            app.setPalette(palette_of(self.theme))
        if self.theme is before:
            return False
        self._pixmaps.clear()
        return True

    def apply(self, app: QApplication, choice: Choice = "system") -> None:
        """Give the application palette and style sheet ("system": what the desktop asks for)."""
        recoloured = self.choose(app, choice)
        # A style sheet is polished into every widget there is: not twice for nothing.
        if app.property("overreadTheme") != self.theme.name:
            app.setProperty("overreadTheme", self.theme.name)
            app.setStyleSheet(style_sheet(self.theme))
        if not recoloured:
            return
        for widget in app.allWidgets():
            name = widget.property("iconName")
            if name:
                set_icon(widget, str(name), str(widget.property("iconToken") or "text"))
        self.changed.emit()

    def color(self, token: str) -> QColor:
        """Return a token's colour in the theme in use."""
        return self.theme.color(token)

    def pixmap(self, name: str, token: str = "text", size: int = 20, ratio: float = 2.0) -> QPixmap:
        """Return an icon of ``size`` logical pixels in a token's colour (kept until the theme changes)."""
        key = (name, token, size, ratio)
        found = self._pixmaps.get(key)
        if found is None:
            found = self._pixmaps[key] = _render(name, self.theme.tokens[token], size, ratio)
        return found

    def icon(
        self, name: str, token: str = "text", size: int = 20, *, gap: int = 0, checkable: bool = False
    ) -> QIcon:
        """Return an icon: normal, disabled and (if ``checkable``) checked, the last for on the accent.

        ``gap`` logical pixels are left free at the right: Qt's own space between icon and text is too narrow.
        It is drawn when it is first seen: of two hundred icons the first paint shows some thirty.
        """
        return QIcon(_DrawnWhenSeen(name, token, size, gap, checkable))


class _DrawnWhenSeen(QIconEngine):
    """An icon in the colours of the theme it was made in."""

    def __init__(self, name: str, token: str, size: int, gap: int, checkable: bool) -> None:
        super().__init__()
        if name not in _icon_names():
            raise ThemeError(f"The icon {name}.svg is missing; install Overread again.")
        self._name, self._token, self._size, self._gap = name, token, size, gap
        self._checkable = checkable

    def clone(self) -> QIconEngine:
        """Return a copy, for Qt."""
        return _DrawnWhenSeen(self._name, self._token, self._size, self._gap, self._checkable)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the icon in ``size`` pixels of the screen, or as near as its proportions allow."""
        token = self._token
        if self._checkable and state == QIcon.State.On:
            token = "on_accent"
        elif mode == QIcon.Mode.Disabled:
            token = "text_disabled"
        drawn = QPixmap(_widened(look().pixmap(self._name, token, self._size), self._gap))
        if drawn.size() != size:
            fitted, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            drawn = drawn.scaled(size, fitted, smooth)
        drawn.setDevicePixelRatio(1.0)
        return drawn

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw it into a rectangle."""
        painter.drawPixmap(rect, self.pixmap(rect.size(), mode, state))


def _resolve(choice: Choice) -> str:
    if choice != "system":
        return choice
    scheme = QGuiApplication.styleHints().colorScheme()
    return "light" if scheme is Qt.ColorScheme.Light else "dark"


def _render(name: str, color: str, size: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(tinted_svg(name, color)))
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _widened(pixmap: QPixmap, gap: int) -> QPixmap:
    if not gap:
        return pixmap
    ratio = pixmap.devicePixelRatio()
    wide = QPixmap(pixmap.width() + round(gap * ratio), pixmap.height())
    wide.setDevicePixelRatio(ratio)
    wide.fill(Qt.GlobalColor.transparent)
    painter = QPainter(wide)
    painter.drawPixmap(0, 0, pixmap)
    painter.end()
    return wide


@cache
def look() -> Look:
    """Return the one Look of this process."""
    return Look()


def set_icon(target: QWidget, name: str, token: str = "text", size: int = 20) -> None:
    """Put an icon on a button or label; it is tinted anew when the theme changes."""
    target.setProperty("iconName", name)
    target.setProperty("iconToken", token)
    size = int(target.property("iconPixels") or size)
    target.setProperty("iconPixels", size)
    if isinstance(target, QAbstractButton):
        gap = 4 if isinstance(target, QPushButton) and target.text() else 0
        target.setIcon(look().icon(name, token, size, gap=gap))
        target.setIconSize(QSize(size + gap, size))
    elif isinstance(target, QLabel):
        target.setPixmap(look().pixmap(name, token, size))


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget its role in the style sheet ("panel", "primary", "label", ...)."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
