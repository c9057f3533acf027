"""The look: contrast from the tokens, icons that exist and take the theme's colour, files that agree."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from desktop.panels.status import MARKS
from desktop.theme import RESOURCES, ThemeError, contrast, load_theme, look, palette_of, set_icon, style_sheet
from inference.schema import DEFAULT_COLORS

THEMES = ("dark", "light")
GROUNDS = ("window", "panel", "raised", "hover", "selection", "notice")
ICONS = sorted(path.stem for path in (RESOURCES / "icons").glob("*.svg"))


def test_contrast_is_the_wcag_ratio() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the well-known near miss
    assert contrast("#123456", "#123456") == pytest.approx(1.0)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_can_be_read_on_every_ground(name: str, ground: str) -> None:
    tokens = load_theme(name).tokens
    for text in ("text", "text_quiet", "bad", "good", "warn"):
        assert contrast(tokens[text], tokens[ground]) >= 4.5, f"{text} on {ground}"


@pytest.mark.parametrize(("name", "ink"), [("dark", "#a0a0a0"), ("light", "#3c3c3c")])
def test_words_on_the_empty_canvas_can_be_read(name: str, ink: str) -> None:
    assert contrast(load_theme(name).tokens["surround"], ink) >= 4.5  # desktop/canvas/placard.py, muted


@pytest.mark.parametrize("name", THEMES)
def test_accent_carries_text_and_can_be_seen(name: str) -> None:
    tokens = load_theme(name).tokens
    for fill in ("accent", "accent_hover", "accent_pressed"):
        assert contrast(tokens["on_accent"], tokens[fill]) >= 4.5, fill
    for ground in GROUNDS:
        # Focus rings and the edges of controls are no text: 3 : 1 (WCAG 2.2, 1.4.11).
        assert contrast(tokens["accent"], tokens[ground]) >= 3.0, ground
    for ground in ("window", "panel"):
        assert contrast(tokens["control_line"], tokens[ground]) >= 3.0, ground
        assert contrast(tokens["model_bar"], tokens["raised"]) >= 2.5


@pytest.mark.parametrize("name", THEMES)
def test_what_surrounds_the_image_is_neutral_grey(name: str) -> None:
    tokens = load_theme(name).tokens
    for ground in ("surround", *GROUNDS, "line", "text", "text_quiet", "model_bar"):
        color = QColor(tokens[ground])
        assert color.red() == color.green() == color.blue(), ground


@pytest.mark.parametrize("name", THEMES)
def test_no_class_colour_is_an_interface_colour(name: str) -> None:
    used = {value.lower() for value in load_theme(name).tokens.values()}
    assert not used & {color.lower() for color in DEFAULT_COLORS}


@pytest.mark.parametrize("name", THEMES)
def test_the_style_sheet_has_no_open_token(name: str) -> None:
    text = style_sheet(load_theme(name))
    assert not re.findall(r"@\w+@", text)
    assert set(re.findall(r"font-size: (\d+px)", text)) == {"13px", "11px"}  # one to read, one for labels


@pytest.mark.parametrize("name", THEMES)
def test_fixed_icons_have_the_themes_colours(name: str) -> None:
    tokens = load_theme(name).tokens
    assert tokens["text"] in (RESOURCES / "icons" / f"chevron-down-{name}.svg").read_text()
    assert tokens["on_accent"] in (RESOURCES / "icons" / f"check-{name}.svg").read_text()


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_drawn_on_one_grid_with_one_weight(name: str, qapp: QApplication) -> None:
    text = (RESOURCES / "icons" / f"{name}.svg").read_text()
    assert 'viewBox="0 0 24 24"' in text
    assert 'stroke-linecap="round"' in text
    if not name.startswith(("status-", "state-", "check-")):
        assert 'stroke-width="1.5"' in text
    image = look().pixmap(name, "text", 24, 1.0).toImage()
    opaque = sum(image.pixelColor(x, y).alpha() > 64 for x in range(24) for y in range(24))
    assert 2 < opaque < 400, f"{name} is empty or a block"


def test_statuses_differ_in_shape_not_only_in_colour(qapp: QApplication) -> None:
    shapes = {}
    for status, mark in MARKS.items():
        image = (
            look().pixmap(mark.icon, "text", 24, 1.0).toImage().convertToFormat(QImage.Format.Format_Alpha8)
        )
        shapes[status] = bytes(image.constBits())
    assert len(set(shapes.values())) == len(MARKS)


def test_applying_a_theme_retints_what_is_there(qapp: QApplication) -> None:
    sign = QLabel()
    look().apply(qapp, "dark")
    set_icon(sign, "check")
    dark = sign.pixmap().toImage()
    changes: list[bool] = []
    connection = look().changed.connect(lambda: changes.append(True))
    look().apply(qapp, "light")
    look().changed.disconnect(connection)
    assert changes == [True]
    assert sign.pixmap().toImage() != dark
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(load_theme("light").tokens["window"])
    look().apply(qapp, "dark")
    sign.deleteLater()


def test_disabled_text_is_quieter(qapp: QApplication) -> None:
    palette = palette_of(load_theme("dark"))
    plain = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text)
    assert palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text) != plain


def test_a_missing_theme_or_icon_is_one_sentence(qapp: QApplication) -> None:
    with pytest.raises(ThemeError, match=r"pink\.json cannot be read"):
        load_theme("pink")
    with pytest.raises(ThemeError, match=r"nothing\.svg is missing"):
        look().pixmap("nothing")
