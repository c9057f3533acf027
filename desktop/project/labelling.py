"""Saving labels: every change of a label becomes a journal row, in order, off the caller's thread."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from sqlalchemy import Connection

from desktop.project.base import ProjectBase
from desktop.project.label import Label
from desktop.project.label_store import (
    SNAPSHOT_BYTES,
    SNAPSHOT_ROWS,
    Freeze,
    take_snapshot,
    write_changes,
)
from desktop.project.pages import Prepared
from desktop.project.uuid7 import uuid7


class LabelCommands(ProjectBase):
    """The commands that record a label's changes. None of them waits for the disk."""

    def save(self, label: Label) -> Future[int]:
        """Send a label's unsaved rows to the store, the frozen base before the first of them.

        What `record`, `perform`, `undo`, `redo`, `receive_prediction` and `settle` did is saved alike. The
        only work on the caller's thread is one copy of the mask pages, once in a label's life. The Future
        gives the number of the last journal row once it is on the disk (the edit is acknowledged), or 0 when
        there was nothing to save.
        """
        recorded = label.take_outbox()
        if not recorded:
            nothing: Future[int] = Future()
            nothing.set_result(0)
            return nothing
        freeze = self.freeze(label)
        future = self.writer.submit(
            partial(
                write_changes, label_id=label.label_id, key=label.key, recorded=tuple(recorded), freeze=freeze
            )
        )
        self._snapshot_when_due(label)
        return future

    def prepare(self, label: Label) -> None:
        """Encode a virtual label's base at an idle moment, before its first edit; nothing happens otherwise.

        A desk calls this when a person takes up a tool: then even the first stroke is acknowledged at once.
        It copies the mask pages (some 3 ms for 12 megapixels). During a stroke it does nothing.
        """
        planes = label.planes
        if not label.is_virtual or planes is None or label.base.kind == "empty" or label.stroke_open:
            return
        if label.prepared is None or label.prepared[0] != label.base_token:
            prepared = Prepared(planes.mask.copy())
            label.prepared = (label.base_token, prepared)
            self.writer.submit_idle(partial(_encode, prepared=prepared))

    def freeze(self, label: Label) -> Freeze | None:
        """Take the base of a label that is not frozen yet; None when it is. The caller has to store it."""
        if label.frozen:
            return None
        label.frozen = True
        label.label_id = uuid7()
        planes = label.planes
        size = None if planes is None else (planes.height, planes.width)
        # An empty base has no pixel and no base has protection: only a predicted or imported mask is copied.
        if planes is None or label.base.kind == "empty":
            return Freeze(label.base, size, None)
        if label.prepared is not None and label.prepared[0] == label.base_token:
            return Freeze(label.base, size, None, label.prepared[1])
        return Freeze(label.base, size, planes.mask.copy())

    def _snapshot_when_due(self, label: Label) -> None:
        seq = label.history.last_seq
        if seq - label.snapshot_seq < SNAPSHOT_ROWS and label.unsnapshot_bytes < SNAPSHOT_BYTES:
            return
        label.snapshot_seq = seq
        label.unsnapshot_bytes = 0
        self.writer.submit_idle(partial(_snapshot, label_id=label.label_id))


def _encode(connection: Connection, prepared: Prepared) -> None:  # noqa: ARG001  an operation of the writer
    prepared.pngs()


def _snapshot(connection: Connection, label_id: str) -> None:
    take_snapshot(connection, label_id)
