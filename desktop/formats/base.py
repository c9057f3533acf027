"""What every import and export format shares: options, reports, cancelling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from desktop.errors import DesktopError

if TYPE_CHECKING:
    from desktop.project.project import Project

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


class FormatError(DesktopError):
    """An import or export that cannot be done as asked; nothing was half done."""


class TransferCancelledError(FormatError):
    """Stopped on request; nothing was half done."""


def no_progress(done: int, total: int) -> None:
    """Nobody is watching."""


def never() -> bool:
    """Nobody cancels."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """How to export.

    Attributes:
        reader: whose labels; None = the reader who has the project open.
        link: hard links instead of copies of the image files, where the file system can.
        progress: called with (images done, images in all).
        cancelled: asked between images; true stops with TransferCancelledError.
    """

    reader: str | None = None
    link: bool = False
    progress: Progress = no_progress
    cancelled: Cancelled = never


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What an export wrote. `notes` are sentences about what was left out or changed."""

    folder: Path
    counts: dict[str, Any]
    digest: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How to import.

    Attributes:
        missing_mask: what a missing mask means where the source does not say it; None asks by an error.
        reviewed_by: the reader who stands behind the labels; None leaves them in progress.
        progress, cancelled: as in ExportOptions.
    """

    missing_mask: Literal["empty", "unlabelled"] | None = None
    reviewed_by: str | None = None
    progress: Progress = no_progress
    cancelled: Cancelled = never


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What an import took. `notes` are sentences about what was left out or changed."""

    images: int = 0
    masks: int = 0
    grades: int = 0
    findings: int = 0
    unmatched: int = 0
    already_labelled: int = 0
    notes: list[str] = field(default_factory=list)


Export = Callable[["Project", Path, ExportOptions], ExportReport]
Import = Callable[["Project", Path, ImportOptions], ImportReport]
