"""What can be asked of a project. Every query reads the store on a connection of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, func, select

from desktop.project import tables
from desktop.project.base import ProjectBase
from desktop.project.errors import ProjectError
from desktop.project.groups import split_crossings
from desktop.project.image_rows import (
    LIST_ORDER,
    find_image,
    has_status,
    image_row,
    image_select,
)
from desktop.project.label import Label, LabelKey
from desktop.project.label_store import read_label, read_payloads, read_states
from desktop.project.rows import (
    STATUSES,
    UNSEEN,
    ImageRow,
    ModelRow,
    PromotionRow,
    RunRow,
)

_PAGE = 500


class ProjectQueries(ProjectBase):
    """The queries of a project; none for the GUI's thread."""

    def images(
        self, offset: int = 0, limit: int | None = None, *, statuses: Collection[str] | None = None
    ) -> list[ImageRow]:
        """Return a page of the list in its order: present images, or those of them with one of `statuses`.

        With `statuses`, `position` is the place in that shorter list; `image` tells the one in the whole.
        """
        statement = image_select(self.reader).where(tables.images.c.state == "present")
        if statuses is not None:
            statement = statement.where(has_status(statuses))
        statement = statement.order_by(*LIST_ORDER).offset(offset).limit(limit)
        with self.store.read() as connection:
            return [image_row(row, offset + place) for place, row in enumerate(connection.execute(statement))]

    def image_count(self) -> int:
        """Return how many images the list has."""
        with self.store.read() as connection:
            count = select(func.count()).where(tables.images.c.state == "present")
            return int(connection.execute(count).scalar_one())

    def image(self, image_id: str) -> ImageRow:
        """Return one image, with its place in the list. Raises ProjectError when there is none."""
        with self.store.read() as connection:
            return find_image(connection, self.reader, tables.images.c.id == image_id)

    def image_at(self, path: str, frame: int = 0) -> ImageRow | None:
        """Return the image that has a path now, or None before it is registered."""
        columns = tables.images.c
        with self.store.read() as connection:
            try:
                return find_image(
                    connection,
                    self.reader,
                    and_(columns.path == path, columns.frame == frame, columns.state == "present"),
                )
            except ProjectError:
                return None

    def images_of(self, paths: Collection[str]) -> list[ImageRow]:
        """Return all frames of these paths that are present; `position` is the stored one."""
        wanted, rows = list(paths), []
        columns = tables.images.c
        with self.store.read() as connection:
            for start in range(0, len(wanted), _PAGE):
                condition = and_(columns.path.in_(wanted[start : start + _PAGE]), columns.state == "present")
                statement = image_select(self.reader).where(condition).order_by(*LIST_ORDER)
                rows += [image_row(row, row.position) for row in connection.execute(statement)]
        return rows

    def absent_images(self) -> list[ImageRow]:
        """Return the images whose file is gone or holds another picture; their labels are kept."""
        statement = image_select(self.reader).where(tables.images.c.state != "present").order_by(*LIST_ORDER)
        with self.store.read() as connection:
            return [image_row(row, -1) for row in connection.execute(statement)]

    def load_label(self, image_id: str, reading: int = 0, *, reader: str | None = None) -> Label:
        """Return the label of an image, replayed from the journal. Raises LabelDamaged."""
        key = LabelKey(image_id, reader or self.reader, reading)
        with self.store.read() as connection:
            return read_label(connection, key, self.schema)

    def step_payloads(self, label: Label, seqs: Sequence[int]) -> dict[int, bytes]:
        """Return the encoded edits of a label's journal rows, by number: undo steps left to the store."""
        with self.store.read() as connection:
            return read_payloads(connection, label.label_id, seqs)

    def label_keys(self, image_id: str) -> list[LabelKey]:
        """Return all labels of an image: of every reader, every reading."""
        columns = tables.labels.c
        statement = select(columns.image_id, columns.reader, columns.reading).where(
            columns.image_id == image_id
        )
        with self.store.read() as connection:
            found = connection.execute(statement.order_by(columns.reader, columns.reading))
            return [LabelKey(*row) for row in found]

    def counts_by_status(self) -> dict[str, int]:
        """Return how many images of the list have each status for this reader."""
        statement = image_select(self.reader).where(tables.images.c.state == "present").subquery()
        counts = select(statement.c.status, func.count()).group_by(statement.c.status)
        with self.store.read() as connection:
            found = {row[0] or UNSEEN: int(row[1]) for row in connection.execute(counts)}
        return {status: found.get(status, 0) for status in STATUSES}

    def review_states(self, image_id: str, reading: int = 0, *, reader: str | None = None) -> dict[str, str]:
        """Return the review states that are not "unreviewed", by target."""
        with self.store.read() as connection:
            return read_states(connection, LabelKey(image_id, reader or self.reader, reading))

    def rejection_reason(self, image_id: str) -> str:
        """Return why this reader put an image aside, or an empty text."""
        columns = tables.statuses.c
        statement = select(columns.reason).where(columns.image_id == image_id, columns.reader == self.reader)
        with self.store.read() as connection:
            return connection.execute(statement).scalar() or ""

    def predictions_for(self, model_digest: str) -> dict[str, dict[str, Any]]:
        """Return the prediction summaries of a model by image id."""
        columns = tables.predictions.c
        statement = select(columns.image_id, columns.summary).where(columns.model_digest == model_digest)
        with self.store.read() as connection:
            return {row[0]: dict(row[1]) for row in connection.execute(statement)}

    def models(self) -> list[ModelRow]:
        """Return the registered models, the oldest first."""
        with self.store.read() as connection:
            found = connection.execute(select(tables.models).order_by(tables.models.c.created)).mappings()
            return [ModelRow(**row) for row in found]

    def model(self, digest: str) -> ModelRow | None:
        """Return a registered model, or None."""
        with self.store.read() as connection:
            statement = select(tables.models).where(tables.models.c.digest == digest)
            found = connection.execute(statement).mappings().first()
            return None if found is None else ModelRow(**found)

    def incumbent(self) -> ModelRow | None:
        """Return the model in use, or None."""
        promotions = self.promotions()
        if not promotions or promotions[-1].digest is None:
            return None
        return self.model(promotions[-1].digest)

    def promotions(self) -> list[PromotionRow]:
        """Return every change of the incumbent, the oldest first."""
        with self.store.read() as connection:
            statement = select(tables.promotions).order_by(tables.promotions.c.seq)
            return [PromotionRow(**row) for row in connection.execute(statement).mappings()]

    def runs(self) -> list[RunRow]:
        """Return the training runs, the oldest first."""
        with self.store.read() as connection:
            statement = select(tables.runs).order_by(tables.runs.c.started, tables.runs.c.id)
            return [RunRow(**row) for row in connection.execute(statement).mappings()]

    def trained_on(self, model_digest: str) -> dict[str, str]:
        """Return what a model was trained on: image id to role, "train" or "val"."""
        columns = tables.trained_on.c
        statement = select(columns.image_id, columns.role).where(columns.model_digest == model_digest)
        with self.store.read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def split_crossings(self) -> list[str]:
        """Return the groups that a given split cuts; a run must not start while there are any."""
        with self.store.read() as connection:
            return split_crossings(connection)

    def last_position(self) -> dict[str, Any] | None:
        """Return where this reader was last: path, frame, position; or None."""
        found: dict[str, Any] | None = self.store.setting(f"last:{self.reader}")
        return found
