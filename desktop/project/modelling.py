"""Models, the incumbent, runs, and which images a model was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from desktop.project import tables
from desktop.project.base import ProjectBase
from desktop.project.errors import ProjectError
from desktop.project.groups import keep_trained_groups
from desktop.project.journal import now
from desktop.project.rows import PromotionRow
from desktop.project.store import upsert
from desktop.project.uuid7 import uuid7

RUN_OUTCOMES = ("running", "finished", "stopped", "failed")


class ModelCommands(ProjectBase):
    """The commands about model bundles and training runs."""

    def register_model(
        self,
        path: Path | str,
        digest: str,
        name: str,
        *,
        domain: str = "",
        parent: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        class_map: Mapping[str, int] | None = None,
    ) -> Future[None]:
        """Make a bundle known to the project, or change what is known of it.

        `class_map` maps the model's class names to the project's class ids; unmapped ones are shown as such.
        """
        values = {
            "name": name,
            "path": str(path),
            "domain": domain,
            "parent": parent,
            "metrics": dict(metrics or {}),
            "class_map": dict(class_map or {}),
            "created": now(),
        }
        return self.writer.submit(
            lambda connection: upsert(connection, tables.models, {"digest": digest}, values)
        )

    def set_incumbent(
        self, digest: str | None, *, evidence: Mapping[str, Any] | None = None
    ) -> Future[PromotionRow]:
        """Make a registered model the one in use (None: no model), with the evidence that was looked at."""
        reader = self.reader
        return self.writer.submit(
            lambda connection: _promote(connection, digest, "promote", reader, dict(evidence or {}))
        )

    def roll_back(self) -> Future[PromotionRow]:
        """Put the model back in use that was so before. Fails with ProjectError when there is none."""
        reader = self.reader

        def write(connection: Connection) -> PromotionRow:
            stack = _promoted(connection)
            if not stack:
                raise ProjectError("No model was put in use here, so there is nothing to go back to.")
            return _promote(connection, stack[-2] if len(stack) > 1 else None, "rollback", reader, {})

        return self.writer.submit(write)

    def store_prediction_summary(
        self, image_id: str, model_digest: str, summary: Mapping[str, Any]
    ) -> Future[None]:
        """Keep what a model said of an image in short (areas, grades, findings), for lists and queues."""
        key = {"image_id": image_id, "model_digest": model_digest}
        values = {"summary": dict(summary), "created": now()}
        return self.writer.submit(lambda connection: upsert(connection, tables.predictions, key, values))

    def start_run(
        self,
        folder: Path | str,
        *,
        recipe: str = "",
        parent: str | None = None,
        dataset_digest: str | None = None,
    ) -> Future[str]:
        """Record that a run began; the Future gives its id."""
        values = {
            "id": uuid7(),
            "folder": str(folder),
            "recipe": recipe,
            "parent": parent,
            "dataset_digest": dataset_digest,
            "started": now(),
        }

        def write(connection: Connection) -> str:
            connection.execute(insert(tables.runs).values(**values))
            return str(values["id"])

        return self.writer.submit(write)

    def end_run(
        self, run_id: str, outcome: str, *, message: str = "", model_digest: str | None = None
    ) -> Future[None]:
        """Record how a run ended, with its sentence and its model.

        Raises ProjectError unless `outcome` is one of RUN_OUTCOMES (finished, stopped, failed).
        """
        if outcome not in RUN_OUTCOMES:
            raise ProjectError(f"A run cannot end as “{outcome}”.")
        values = {"outcome": outcome, "message": message, "model_digest": model_digest, "ended": now()}

        def write(connection: Connection) -> None:
            connection.execute(update(tables.runs).where(tables.runs.c.id == run_id).values(**values))

        return self.writer.submit(write)

    def record_trained_on(self, model_digest: str, images: Iterable[tuple[str, str]]) -> Future[None]:
        """Record (image id, "train" or "val") of a model, so that no gate ever scores it on these images.

        Their groups become train groups for good where they were trained on; held-out images in them retire.
        """
        rows = [
            {"image_id": image_id, "model_digest": model_digest, "role": role} for image_id, role in images
        ]

        def write(connection: Connection) -> None:
            for row in rows:
                key = {"image_id": row["image_id"], "model_digest": model_digest}
                upsert(connection, tables.trained_on, key, {"role": row["role"]})
            keep_trained_groups(connection, {row["image_id"] for row in rows if row["role"] == "train"})
            self.image_index.forget()

        return self.writer.submit(write)


def last_promotion(connection: Connection) -> PromotionRow | None:
    """Return the last change of the incumbent, or None."""
    found = (
        connection.execute(select(tables.promotions).order_by(tables.promotions.c.seq.desc()).limit(1))
        .mappings()
        .first()
    )
    return None if found is None else PromotionRow(**found)


def _promoted(connection: Connection) -> list[str | None]:
    """Return the models in use so far, the present one last, without those that were rolled back."""
    columns = tables.promotions.c
    stack: list[str | None] = []
    for kind, digest in connection.execute(select(columns.kind, columns.digest).order_by(columns.seq)):
        if kind == "rollback":
            stack.pop()
        else:
            stack.append(digest)
    return stack


def _promote(
    connection: Connection, digest: str | None, kind: str, reader: str, evidence: dict[str, Any]
) -> PromotionRow:
    if digest is not None:
        known = connection.execute(
            select(tables.models.c.digest).where(tables.models.c.digest == digest)
        ).first()
        if known is None:
            raise ProjectError("This model is not registered with the project; add it first.")
    last = last_promotion(connection)
    row = PromotionRow(
        1 if last is None else last.seq + 1,
        digest,
        None if last is None else last.digest,
        kind,
        reader,
        evidence,
        now(),
    )
    connection.execute(
        insert(tables.promotions).values(
            seq=row.seq,
            digest=row.digest,
            previous=row.previous,
            kind=row.kind,
            reader=row.reader,
            evidence=evidence,
            created=row.created,
        )
    )
    return row
