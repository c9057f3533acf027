"""Two views that look at the same place: geometry only, no Qt."""

from __future__ import annotations

from dataclasses import replace

from desktop.canvas.viewport import MAX_SCALE, Viewport

__all__ = ["followed", "same_place"]


def followed(leader: Viewport, follower: Viewport, *, mirrored: bool = False) -> Viewport:
    """The follower's viewport when it shows what the leader shows.

    The middle of both views is the same place of the image (relative to its size, seen from the other side
    when ``mirrored``: a left and a right eye), and a part of the image's width is as long in both. A leader
    that shows the whole image is followed by the whole image.
    """
    if leader.fitted:
        return follower.fit()
    x, y = leader.to_image(leader.view_width / 2, leader.view_height / 2)
    scale = leader.scale * leader.image_width / follower.image_width
    scale = min(max(scale, follower.min_scale), MAX_SCALE)
    x, y = same_place(x, y, leader, follower, mirrored=mirrored)
    return replace(follower, scale=scale, fitted=False).centred_on(x, y)


def same_place(
    x: float, y: float, of: Viewport, other: Viewport, *, mirrored: bool = False
) -> tuple[float, float]:
    """The image coordinates in ``other`` that correspond to ``x, y`` in ``of``."""
    across = x / of.image_width
    if mirrored:
        across = 1.0 - across
    return across * other.image_width, y / of.image_height * other.image_height
