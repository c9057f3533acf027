"""What the queries of a project give back: plain records, safe to hand to any thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

UNSEEN: Final = "unseen"
IN_PROGRESS: Final = "in progress"
ACCEPTED: Final = "accepted"
CORRECTED: Final = "corrected"
REJECTED: Final = "rejected"
SECOND_LOOK: Final = "second look"
STATUSES: Final = (UNSEEN, IN_PROGRESS, ACCEPTED, CORRECTED, REJECTED, SECOND_LOOK)
FINISHED: Final = (ACCEPTED, CORRECTED)

UNREVIEWED: Final = "unreviewed"
REVIEWED: Final = "reviewed"
NOT_ASSESSABLE: Final = "not assessable"
REVIEW_STATES: Final = (UNREVIEWED, REVIEWED, NOT_ASSESSABLE)


def class_target(class_id: int) -> str:
    """Return the review-state target of a class."""
    return f"class:{class_id}"


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image of the list. `path` is relative to the project's folder, with forward slashes.

    `content_hash`, `width`, `height`, `group` and `split` are None until the image is indexed. `problem` is
    one sentence, or empty. `position` is the place in the list, from 0. `state` is present, missing or
    superseded.
    """

    id: str
    path: str
    frame: int
    content_hash: str | None
    width: int | None
    height: int | None
    group: str | None
    split: str | None
    problem: str
    status_for_reader: str
    position: int
    state: str = "present"
    retired_from_gate: bool = False


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A registered model bundle. `class_map` maps its class names to the project's class ids."""

    digest: str
    name: str
    path: str
    domain: str
    parent: str | None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    class_map: Mapping[str, int] = field(default_factory=dict)
    created: str = ""


@dataclass(frozen=True, slots=True)
class PromotionRow:
    """One change of the incumbent. `digest` None: no model is in use. `kind` is promote or rollback."""

    seq: int
    digest: str | None
    previous: str | None
    kind: str
    reader: str
    evidence: Mapping[str, Any]
    created: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One training run. `outcome` is running, finished, stopped or failed."""

    id: str
    folder: str
    recipe: str
    parent: str | None
    dataset_digest: str | None
    outcome: str
    message: str
    model_digest: str | None
    started: str
    ended: str | None


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A note on an image, at a pixel when `y` and `x` are given.

    `edited` is when its text was changed last, or empty; `resolved_by` names who settled it, or is empty.
    """

    id: str
    image_id: str
    reader: str
    text: str
    y: int | None
    x: int | None
    created: str
    edited: str = ""
    removed: bool = False
    resolved_by: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a reader said of one target ("class:<id>", "grade:<scale>", "finding:<name>") by hand."""

    state: str
    reason: str = ""
