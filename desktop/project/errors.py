"""The errors of the project layer. Each carries one sentence: what is wrong and what to do."""

from __future__ import annotations


class ProjectError(Exception):
    """Base of everything that `desktop.project` raises; `str(error)` is one sentence for a person."""


class PatchMismatch(ProjectError):  # noqa: N818  the contract's name: it states a fact about two things
    """A patch does not fit the planes that it was asked to change (other content, other size)."""


class EditFormatError(ProjectError):
    """Stored bytes are not an edit or a patch of a known format."""


class LabelDamaged(ProjectError):  # noqa: N818
    """A journal does not replay: its rows do not fit one another or its base."""


class LabelNotReady(ProjectError):  # noqa: N818
    """A label was asked for something that needs its planes before its size is known."""


class StepNotLoaded(ProjectError):  # noqa: N818
    """The pixels of an old undo step were left to the store and have to be read first."""


class ScanError(ProjectError):
    """The root folder cannot be listed."""


class StoreError(ProjectError):
    """The store cannot be opened or read."""


class StoreVersionError(StoreError):
    """The store was written by a newer version of Overread, or by none that we know."""


class StoreWriteError(StoreError):
    """A write did not reach the disk (for example: the disk is full); it is kept and tried again."""


class ProjectLocked(ProjectError):  # noqa: N818
    """Another window, here or elsewhere, has the project open."""


class ProjectTakenOver(ProjectError):  # noqa: N818
    """This window had the project open until another one took it over."""


class ProjectNotFound(ProjectError):  # noqa: N818
    """There is no project for this folder."""


class ProjectExists(ProjectError):  # noqa: N818
    """There already is a project for this folder."""
