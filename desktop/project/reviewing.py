"""Finishing, rejecting and putting aside: review states and the status that follows from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from desktop.project import tables
from desktop.project.edit import Edit, ValueChange
from desktop.project.errors import LabelNotReady, ProjectError
from desktop.project.journal import net_change, now
from desktop.project.label import Label, LabelKey, Recorded
from desktop.project.label_store import (
    Freeze,
    confirmed_classes,
    read_states,
    set_status,
    standing_edits,
    write_changes,
)
from desktop.project.labelling import LabelCommands
from desktop.project.rows import (
    ACCEPTED,
    CORRECTED,
    NOT_ASSESSABLE,
    REJECTED,
    REVIEW_STATES,
    REVIEWED,
    SECOND_LOOK,
    UNREVIEWED,
    class_target,
)
from desktop.project.store import upsert
from desktop.project.uuid7 import uuid7


@dataclass(frozen=True, slots=True)
class Finish:
    """Everything that decides about a finish, taken from the label at that moment."""

    label_id: str
    key: LabelKey
    recorded: tuple[Recorded, ...]
    freeze: Freeze | None
    targets: tuple[str, ...]
    shown: bool
    values_differ: bool
    prediction_digest: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A review that was undone: the image, its status from before, and the classes confirmed before."""

    image_id: str
    status: str
    confirmed: frozenset[int]


class ReviewCommands(LabelCommands):
    """The commands that say how far a reader is with an image."""

    def finish(
        self,
        label: Label,
        visible_classes: Collection[int],
        *,
        prediction_digest: str = "",
        shown_grades: Mapping[str, str] | None = None,
        shown_findings: Mapping[str, str] | None = None,
        accepted: Collection[str] = (),
    ) -> Future[str]:
        """Confirm what the reader saw; the Future gives the status, "accepted" or "corrected".

        Confirmed are the classes that were visible, the grades and findings that are set, and those shown
        that `accepted` names ("grade:<scale>", "finding:<name>"), which are set by this. Accepted means: a
        prediction was shown (`prediction_digest`, or the base or filled prediction) and no mask pixel, grade
        or finding differs from it. Raises LabelNotReady when classes are to be confirmed and the planes
        are not known, ProjectError for a target that was not shown.
        """
        if visible_classes and label.planes is None:
            raise LabelNotReady("The image has not been read yet, so its mask cannot be finished.")
        grades, findings = dict(shown_grades or {}), dict(shown_findings or {})
        self._accept(label, accepted, grades, findings)
        targets = [class_target(item) for item in sorted(visible_classes)]
        targets += [f"grade:{name}" for name in sorted(label.grades)]
        targets += [f"finding:{name}" for name in sorted(label.findings)]
        filled = label.base.kind == "prediction" or bool(label.history.fills)
        freeze = self.freeze(label)
        label.confirmed_classes.update(visible_classes)
        finish = Finish(
            label.label_id,
            label.key,
            tuple(label.take_outbox()),
            freeze,
            tuple(targets),
            bool(prediction_digest) or filled,
            _differs(label.grades, grades) or _differs(label.findings, findings),
            prediction_digest or label.base.model_digest,
        )
        return self.writer.submit(lambda connection: _finish(connection, finish))

    def take_back_finish(self, label: Label) -> Future[str]:
        """Undo the last finish, rejection or second look; the Future gives the status from before.

        It raises ProjectError when there is nothing to take back.
        """
        self.save(label)
        return self.writer.submit(lambda connection: _take_back(connection, label.key))

    def take_back_review(self, image_id: str) -> Future[str]:
        """Undo the last finish, rejection or second look of an image; the Future gives the status before.

        It raises ProjectError when there is nothing to take back.
        """
        key = self.key(image_id)
        return self.writer.submit(lambda connection: _take_back(connection, key))

    def take_back_last(self) -> Future[TakenBack | None]:
        """Undo what this reader finished, rejected or put aside last, of what stands; None: there is nothing.

        It finds and undoes in one step of the writer, so that several in a row go back one by one.
        """
        return self.writer.submit(lambda connection: _take_back_last(connection, self.reader))

    def reject(self, image_id: str, reason: str) -> Future[str]:
        """Put an image aside for good; the Future gives its status.

        Raises ProjectError for an empty reason.
        """
        if not reason.strip():
            raise ProjectError("An image is rejected for a reason; say which.")
        return self._set_aside(image_id, REJECTED, reason.strip())

    def second_look(self, image_id: str, reason: str = "") -> Future[str]:
        """Mark an image for another look, by this reader or another."""
        return self._set_aside(image_id, SECOND_LOOK, reason.strip())

    def set_review_state(self, label: Label, target: str, state: str, reason: str = "") -> Future[None]:
        """Set one review state by hand, such as "not assessable" with a reason. Raises ProjectError."""
        if state not in REVIEW_STATES:
            raise ProjectError(f"“{state}” is not a review state.")
        states = {target: state}
        return self.writer.submit(lambda connection: _write_states(connection, label.key, states, reason))

    def _accept(
        self, label: Label, accepted: Collection[str], grades: Mapping[str, str], findings: Mapping[str, str]
    ) -> None:
        changes = []
        for target in sorted(accepted):
            kind, _, name = target.partition(":")
            shown, held = (grades, label.grades) if kind == "grade" else (findings, label.findings)
            if name not in shown:
                raise ProjectError(f"No prediction of “{name}” was shown, so it cannot be accepted.")
            if name not in held:
                changes.append(ValueChange(target, None, shown[name]))
        if changes:
            label.perform(Edit("Accepted", (), tuple(changes)))

    def _set_aside(self, image_id: str, status: str, reason: str) -> Future[str]:
        key = self.key(image_id)

        def write(connection: Connection) -> str:
            before = _remember(connection, key, ())
            _log_review(connection, key, status, status, reason, (), "", before)
            set_status(connection, key, status, reason)
            return status

        return self.writer.submit(write)


def _finish(connection: Connection, finish: Finish) -> str:
    before = _remember(connection, finish.key, finish.targets)
    write_changes(connection, finish.label_id, finish.key, finish.recorded, finish.freeze)
    differs = finish.values_differ or net_change(standing_edits(connection, finish.label_id))
    status = ACCEPTED if finish.shown and not differs else CORRECTED
    _log_review(
        connection, finish.key, "finish", status, "", finish.targets, finish.prediction_digest, before
    )
    # "Not assessable" is a statement too: a finish that shows the class does not take it back.
    open_ones = [target for target in finish.targets if before["states"][target] != NOT_ASSESSABLE]
    _write_states(connection, finish.key, dict.fromkeys(open_ones, REVIEWED))
    set_status(connection, finish.key, status)
    return status


def _differs(values: Mapping[str, str], shown: Mapping[str, str]) -> bool:
    return any(shown.get(name) != value for name, value in values.items())


def _remember(connection: Connection, key: LabelKey, targets: Sequence[str]) -> dict[str, Any]:
    status = connection.execute(
        select(tables.statuses.c.status, tables.statuses.c.reason).where(
            tables.statuses.c.image_id == key.image_id, tables.statuses.c.reader == key.reader
        )
    ).first()
    states = read_states(connection, key)
    return {
        "status": list(status) if status is not None else None,
        "states": {target: states.get(target, UNREVIEWED) for target in targets},
    }


def _log_review(
    connection: Connection,
    key: LabelKey,
    kind: str,
    status: str,
    reason: str,
    targets: Sequence[str],
    prediction_digest: str,
    before: Mapping[str, Any],
) -> None:
    connection.execute(
        insert(tables.reviews).values(
            id=uuid7(),
            image_id=key.image_id,
            reader=key.reader,
            reading=key.reading,
            kind=kind,
            status=status,
            reason=reason,
            targets=list(targets),
            prediction_digest=prediction_digest,
            before=dict(before),
            taken_back=False,
            created=now(),
        )
    )


def _last_review(connection: Connection, reader: str) -> str | None:
    columns, images = tables.reviews.c, tables.images.c
    found = connection.execute(
        select(columns.image_id)
        .join(tables.images, images.id == columns.image_id)
        .where(
            columns.reader == reader,
            columns.reading == 0,
            columns.taken_back.is_(False),
            images.state == "present",
        )
        .order_by(columns.id.desc())
        .limit(1)
    ).first()
    return None if found is None else str(found[0])


def _take_back_last(connection: Connection, reader: str) -> TakenBack | None:
    image_id = _last_review(connection, reader)
    if image_id is None:
        return None
    key = LabelKey(image_id, reader, 0)
    status = _take_back(connection, key)
    return TakenBack(image_id, status, frozenset(confirmed_classes(connection, key)))


def _take_back(connection: Connection, key: LabelKey) -> str:
    columns = tables.reviews.c
    last = connection.execute(
        select(columns.id, columns.before)
        .where(
            columns.image_id == key.image_id,
            columns.reader == key.reader,
            columns.reading == key.reading,
            columns.taken_back.is_(False),
        )
        .order_by(columns.id.desc())
        .limit(1)
    ).first()
    if last is None:
        raise ProjectError("This image was not finished, so there is nothing to take back.")
    connection.execute(update(tables.reviews).where(columns.id == last[0]).values(taken_back=True))
    states = {target: state for target, state in last[1]["states"].items() if state != NOT_ASSESSABLE}
    _write_states(connection, key, states)
    before = last[1]["status"]
    if before is not None:
        set_status(connection, key, before[0], before[1])
        return str(before[0])
    statuses = tables.statuses
    connection.execute(
        delete(statuses).where(statuses.c.image_id == key.image_id, statuses.c.reader == key.reader)
    )
    return "unseen"


def _write_states(connection: Connection, key: LabelKey, states: Mapping[str, str], reason: str = "") -> None:
    for target, state in states.items():
        owner = {"image_id": key.image_id, "reader": key.reader, "reading": key.reading, "target": target}
        if state == UNREVIEWED:
            connection.execute(delete(tables.review_states).filter_by(**owner))
        else:
            values = {"state": state, "updated": now(), "reason": reason}
            upsert(connection, tables.review_states, owner, values)
