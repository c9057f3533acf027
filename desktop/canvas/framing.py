"""From where a piece of the image is seen comfortably: large enough to judge, with what lies around it."""

from __future__ import annotations

from desktop.canvas.viewport import Viewport
from desktop.project.planes import Box

__all__ = ["framed"]

_SHARE = 0.18
"""A piece that is zoomed to takes this part of the view; twice as much lies around it on every side."""
_MOST_SHARE = 0.6
_LEAST_PIXELS = 36.0
"""A piece smaller than this on screen (device pixels) is zoomed to."""
_CLOSEST = 3.0
"""Nearer than this (device pixels an image pixel) only squares are seen."""


def framed(viewport: Viewport, box: Box) -> Viewport:
    """The viewport with ``box`` (image pixels) in the middle.

    The scale stays while the piece is neither too small to be judged nor too large for the view: going from
    one speck to the next then moves the image and does not jump about in scale.
    """
    height, width = max(1, box[2] - box[0]), max(1, box[3] - box[1])
    share = max(height * viewport.scale / viewport.view_height, width * viewport.scale / viewport.view_width)
    large_enough = max(height, width) * viewport.scale >= _LEAST_PIXELS or viewport.scale >= _CLOSEST
    middle = (box[1] + box[3]) / 2, (box[0] + box[2]) / 2
    if share <= _MOST_SHARE and large_enough and viewport.scale <= 2 * _CLOSEST:
        return viewport.centred_on(*middle)
    wanted = min(viewport.view_height * _SHARE / height, viewport.view_width * _SHARE / width)
    scale = max(min(wanted, _CLOSEST), min(viewport.fit_scale, _CLOSEST))
    x, y = viewport.view_width / 2, viewport.view_height / 2
    return viewport.scaled_to(scale, x, y).centred_on(*middle)
