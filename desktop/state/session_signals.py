"""What a session tells: its signals, each with what it means. All are emitted in the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class SessionSignals(QObject):
    """The signals of `desktop.session.Session`."""

    # --- what is open
    project_changed = Signal()
    """A project (or none) is open now, or its schema changed."""
    entries_reset = Signal()
    """The list was emptied: another folder is being opened, or the session was closed."""
    entries_appended = Signal(int, int)
    """(first, count): rows were added to the end of `entries`."""
    entries_changed = Signal(int, int)
    """(first, last) inclusive: identity, problem or status of these entries changed."""
    opened = Signal()
    """Scanning is over: `entries` is complete. Indexing goes on behind."""
    progress = Signal(object)
    """A `desktop.jobs.background.Progress` (task, done, total, text) of scanning, indexing or closing."""

    # --- the current image
    image_changed = Signal(object)
    """The current `Entry` (or None) is another one. Its pixels may follow later by `display_changed`."""
    display_changed = Signal()
    """`image_pyramid` / `overlay` / `image_problem` of the current image are others now."""
    label_changed = Signal(object)
    """The label's planes changed inside the box (y0, x0, y1, x1); None: everything, or another label."""
    values_changed = Signal()
    """A grade, a finding or a review state of the current label changed."""
    history_changed = Signal()
    """`undo_text` and `redo_text` changed."""
    prediction_changed = Signal()
    """`prediction` of the current image arrived, went or was replaced."""
    turned = Signal()
    """All signals of a change that takes several (another image, its label read) were emitted.

    While they are, `turning` is true: who listens to several of them and does the same for each does it now.
    """

    # --- choices
    selection_changed = Signal()
    """`class_id` changed."""
    options_changed = Signal()
    """`brush_radius` or a threshold changed."""
    styles_changed = Signal()
    """`styles` changed: recolour, no pixel touched."""
    model_changed = Signal()
    """`model` or `model_allowed` or `prediction_state` changed."""

    # --- the store
    saved_changed = Signal(int)
    """How many edits wait for the writer; 0: everything is acknowledged."""
    statuses_changed = Signal()
    """`status_counts` changed."""
    problem = Signal(str, str)
    """(sentence for a person, details or ""): something failed; nothing was lost."""
    noted = Signal(str)
    """A sentence that a person should know (a folder passed over, where the project lies); nothing failed."""
    write_refused = Signal(str)
    """The sentence, when the disk begins to refuse what was done; it is kept and tried again."""
    closed = Signal()
    """After `close()`: everything is written, no thread is left. Only now may the window go."""

    thumbnail_ready = Signal(int)
    """`thumbnail(position)` now returns a picture."""
