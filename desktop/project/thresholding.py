"""How classes are cut out of predictions that nobody edited: a recorded setting, for each model apart."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

from sqlalchemy import Connection, insert, select

from desktop.project import tables
from desktop.project.base import ProjectBase
from desktop.project.journal import now
from desktop.project.provenance import Cut


class ThresholdCommands(ProjectBase):
    """The cuts of all unseen images. They are kept with who set them and when; the last one holds."""

    def shared_cuts(self, model_digest: str) -> Mapping[str, Cut]:
        """Return the cuts set here for a model, by class name; classes without one follow the model.

        It is answered from memory, so the desk may ask at any time.
        """
        return dict(self._cuts.get(model_digest, {}))

    def share_cut(self, model_digest: str, class_name: str, cut: Cut | None) -> Future[None]:
        """Cut a class like this in all unseen images from now on; None: as the model itself does it."""
        held = self._cuts.setdefault(model_digest, {})
        if cut is None:
            held.pop(class_name, None)
        else:
            held[class_name] = cut
        values = {
            "model_digest": model_digest,
            "class_name": class_name,
            "threshold": None if cut is None else cut.threshold,
            "min_area": 0 if cut is None else cut.min_area,
            "fill_holes": False if cut is None else cut.fill_holes,
            "reader": self.reader,
            "created": now(),
        }

        def write(connection: Connection) -> None:
            connection.execute(insert(tables.cuts).values(**values))

        return self.writer.submit(write)


def read_cuts(connection: Connection) -> dict[str, dict[str, Cut]]:
    """Return the cuts that hold: model digest to class name to cut."""
    held: dict[str, dict[str, Cut]] = {}
    columns = tables.cuts.c
    rows = connection.execute(
        select(
            columns.model_digest, columns.class_name, columns.threshold, columns.min_area, columns.fill_holes
        ).order_by(columns.seq)
    )
    for digest, name, threshold, min_area, fill_holes in rows:
        of_model = held.setdefault(digest, {})
        if threshold is None:
            of_model.pop(name, None)
        else:
            of_model[name] = Cut(threshold, min_area, fill_holes)
    return held
