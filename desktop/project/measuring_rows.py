"""Pixel spacings, callipers and points as values: what the store keeps, without the store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from desktop.project.errors import ProjectError
from desktop.project.journal import now
from desktop.project.measures import Point, Spacing
from desktop.project.rows import ImageRow
from desktop.project.uuid7 import uuid7

IMAGE: Final = "image"
GROUP: Final = "group"
SIZE: Final = "size"
SCOPES: Final = (IMAGE, GROUP, SIZE)
"""For what a spacing holds, the closest first: it goes before the others."""

CALLIPER: Final = "calliper"
POINT: Final = "point"


@dataclass(frozen=True, slots=True)
class SpacingRow:
    """A spacing that a person gave, for one image, a group, or all images of one size.

    ``source`` is "calliper" (a line of known length) or "entered"; ``text`` says how it was found.
    """

    scope: str
    target: str
    spacing: Spacing
    source: str
    text: str
    id: str = field(default_factory=uuid7)
    reader: str = ""
    created: str = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class Mark:
    """A calliper or a named point of this reader on an image, in image coordinates.

    ``mark`` stays when it is moved or renamed, ``id`` is that of one state of it. A point has no second end.
    """

    image_id: str
    kind: str
    name: str
    x: float
    y: float
    x2: float | None = None
    y2: float | None = None
    mark: str = field(default_factory=uuid7)
    id: str = field(default_factory=uuid7)

    @property
    def start(self) -> Point:
        """The first end, or the point."""
        return self.x, self.y

    @property
    def end(self) -> Point:
        """The second end; of a point the point itself."""
        return (self.x, self.y) if self.x2 is None or self.y2 is None else (self.x2, self.y2)

    def moved(self, start: Point, end: Point | None = None) -> Mark:
        """The same mark elsewhere, as a new state of it."""
        x2, y2 = end if end is not None else (None, None)
        return replace(self, id=uuid7(), x=start[0], y=start[1], x2=x2, y2=y2)

    def renamed(self, name: str) -> Mark:
        """The same mark under another name, as a new state of it."""
        return replace(self, id=uuid7(), name=name)


def spacing_target(image: ImageRow, scope: str) -> str:
    """What a spacing of this scope is kept under. Raises ProjectError when the image has no such thing."""
    if scope == IMAGE:
        return image.id
    if scope == GROUP and image.group:
        return image.group
    if scope == SIZE and image.width and image.height:
        return f"{image.width}x{image.height}"
    raise ProjectError(f"This image has no {scope} yet for which a pixel spacing could hold; index it first.")
