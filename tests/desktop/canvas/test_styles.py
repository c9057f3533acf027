from __future__ import annotations

import pytest

from desktop.canvas.styles import LayerStyle, edge_table, fill_table


def argb(value: int) -> tuple[int, int, int, int]:
    value = int(value) & 0xFFFFFFFF
    return value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255


def test_fill_is_premultiplied_and_nothing_is_transparent():
    table = fill_table({1: LayerStyle(color="#FF8000", opacity=0.5)}, 0)
    assert argb(table[0]) == (0, 0, 0, 0)
    assert argb(table[1]) == (0, 0, 0, 0), "a class without a style is not shown"
    assert argb(table[2]) == (128, 128, 64, 0)
    assert argb(table[3]) == argb(table[2])


def test_the_higher_class_lies_over_the_lower():
    table = fill_table(
        {0: LayerStyle(color="#FF0000", opacity=1), 3: LayerStyle(color="#0000FF", opacity=0.25)}, 0
    )
    assert argb(table[0b1001]) == (255, 191, 0, 64)


def test_pages_take_their_own_classes():
    styles = {0: LayerStyle(), 9: LayerStyle(color="#010203", opacity=1)}
    assert argb(fill_table(styles, 1)[0b10]) == (255, 1, 2, 3)
    assert fill_table(styles, 2) is None


def test_hidden_faded_and_unfilled_layers_make_no_table():
    for style in (LayerStyle(visible=False), LayerStyle(opacity=0), LayerStyle(fill=False)):
        assert fill_table({0: style}, 0) is None
    assert edge_table({0: LayerStyle()}, 0) is None
    assert edge_table({0: LayerStyle(visible=False, outline=True)}, 0) is None


def test_outlines_are_opaque_whatever_the_fill():
    assert argb(edge_table({0: LayerStyle(color="#102030", opacity=0.1, outline=True)}, 0)[1]) == (
        255,
        16,
        32,
        48,
    )


@pytest.mark.parametrize("color", ["red", "#12345", "#GGGGGG", "", "#1234567"])
def test_no_colour_is_refused(color):
    with pytest.raises(ValueError, match="RRGGBB"):
        LayerStyle(color=color)


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_no_opacity_is_refused(opacity):
    with pytest.raises(ValueError, match="opacity"):
        LayerStyle(opacity=opacity)
