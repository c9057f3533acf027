"""The tables of the store (SQLAlchemy Core), in types that SQLite and PostgreSQL share."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def _image_key() -> list[Column[object]]:
    return [
        Column("image_id", Text, ForeignKey("images.id"), nullable=False),
        Column("reader", Text, ForeignKey("readers.name"), nullable=False),
        Column("reading", Integer, nullable=False, default=0),
    ]


meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

readers = Table(
    "readers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False, default=""),
    Column("created", Text, nullable=False),
)

# `position` is the order of first appearance, which the split follows; merged groups stay, so it never moves.
groups = Table(
    "groups",
    metadata,
    Column("key", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("split", Text, nullable=False),
    Column("merged_into", Text, nullable=True),
)

# `state`: present, missing (the file is gone) or superseded (its path holds other bytes now).
images = Table(
    "images",
    metadata,
    Column("id", Text, primary_key=True),
    Column("path", Text, nullable=False),
    Column("frame", Integer, nullable=False, default=0),
    Column("position", Integer, nullable=False, default=0),
    Column("state", Text, nullable=False, default="present"),
    Column("size", BigInteger, nullable=False, default=0),
    Column("mtime_ns", BigInteger, nullable=False, default=0),
    Column("content_hash", Text, nullable=True),
    Column("perceptual_hash", Text, nullable=True),
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    Column("group_key", Text, ForeignKey("groups.key"), nullable=True),
    Column("split", Text, nullable=True),
    Column("split_given", Boolean, nullable=False, default=False),
    Column("retired_from_gate", Boolean, nullable=False, default=False),
    Column("problem", Text, nullable=False, default=""),
    Column("created", Text, nullable=False),
    Index("images_by_position", "state", "position", "frame"),
    Index("images_by_path", "path", "frame"),
    Index("images_by_content", "content_hash", "frame"),
    Index("images_by_group", "group_key"),
)

# 40 x 40 grey, to tell near-duplicates; apart from `images`, so that lists stay small.
thumbnails = Table(
    "thumbnails",
    metadata,
    Column("image_id", Text, ForeignKey("images.id"), primary_key=True),
    Column("grey", LargeBinary, nullable=False),
)

labels = Table(
    "labels",
    metadata,
    Column("id", Text, primary_key=True),
    *_image_key(),
    Column("base", JSON, nullable=False),
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    Column("created", Text, nullable=False),
    UniqueConstraint("image_id", "reader", "reading"),
)

# The PNG pages of a label after journal row `seq`; 0 is the base. Empty bytes: nothing on that page.
label_pages = Table(
    "label_pages",
    metadata,
    Column("label_id", Text, ForeignKey("labels.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("page", Integer, nullable=False),
    Column("mask", LargeBinary, nullable=False),
    Column("protection", LargeBinary, nullable=False),
    PrimaryKeyConstraint("label_id", "seq", "page"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("label_id", Text, ForeignKey("labels.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("grades", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("created", Text, nullable=False),
    PrimaryKeyConstraint("label_id", "seq"),
)

journal = Table(
    "journal",
    metadata,
    Column("label_id", Text, ForeignKey("labels.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Integer, nullable=False, default=0),
    Column("classes", Text, nullable=False, default=""),
    Column("text", Text, nullable=False, default=""),
    Column("payload", LargeBinary, nullable=False),
    Column("created", Text, nullable=False),
    PrimaryKeyConstraint("label_id", "seq"),
)

review_states = Table(
    "review_states",
    metadata,
    *_image_key(),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Column("reason", Text, nullable=False, default="", server_default=""),
    PrimaryKeyConstraint("image_id", "reader", "reading", "target"),
)

grades = Table(
    "grades",
    metadata,
    *_image_key(),
    Column("scale", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("image_id", "reader", "reading", "scale"),
)

findings = Table(
    "findings",
    metadata,
    *_image_key(),
    Column("finding", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("image_id", "reader", "reading", "finding"),
)

statuses = Table(
    "statuses",
    metadata,
    Column("image_id", Text, ForeignKey("images.id"), nullable=False),
    Column("reader", Text, ForeignKey("readers.name"), nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("updated", Text, nullable=False),
    PrimaryKeyConstraint("image_id", "reader"),
    Index("statuses_by_status", "reader", "status"),
)

# Append-only: every finish, rejection and second look, with what was so before, so that it can be taken back.
reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    *_image_key(),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("targets", JSON, nullable=False),
    Column("prediction_digest", Text, nullable=False, default=""),
    Column("before", JSON, nullable=False),
    Column("taken_back", Boolean, nullable=False, default=False),
    Column("created", Text, nullable=False),
    Index("reviews_by_image", "image_id", "reader", "reading"),
)

# Append-only: how all unseen images are cut, the last row of a model and class holds. A threshold that is
# null goes back to the model's own.
cuts = Table(
    "cuts",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("model_digest", Text, nullable=False),
    Column("class_name", Text, nullable=False),
    Column("threshold", Float, nullable=True),
    Column("min_area", Integer, nullable=False, default=0),
    Column("fill_holes", Boolean, nullable=False, default=False),
    Column("reader", Text, ForeignKey("readers.name"), nullable=False),
    Column("created", Text, nullable=False),
)

comments = Table(
    "comments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("image_id", Text, ForeignKey("images.id"), nullable=False),
    Column("reader", Text, ForeignKey("readers.name"), nullable=False),
    Column("text", Text, nullable=False),
    Column("y", Integer, nullable=True),
    Column("x", Integer, nullable=True),
    Column("created", Text, nullable=False),
    Index("comments_by_image", "image_id"),
)

# Append-only: `kind` is edit (with the new text), remove, restore, resolve or reopen.
comment_changes = Table(
    "comment_changes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("comment_id", Text, ForeignKey("comments.id"), nullable=False),
    Column("reader", Text, ForeignKey("readers.name"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False, default=""),
    Column("created", Text, nullable=False),
    Index("comment_changes_by_comment", "comment_id"),
)

predictions = Table(
    "predictions",
    metadata,
    Column("image_id", Text, ForeignKey("images.id"), nullable=False),
    Column("model_digest", Text, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("created", Text, nullable=False),
    PrimaryKeyConstraint("image_id", "model_digest"),
    Index("predictions_by_model", "model_digest"),
)

models = Table(
    "models",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("domain", Text, nullable=False, default=""),
    Column("parent", Text, nullable=True),
    Column("metrics", JSON, nullable=False),
    Column("class_map", JSON, nullable=False),
    Column("created", Text, nullable=False),
)

# Append-only: the last row is the incumbent; a rollback is a new row that names the one before.
promotions = Table(
    "promotions",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("digest", Text, ForeignKey("models.digest"), nullable=True),
    Column("previous", Text, nullable=True),
    Column("kind", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("created", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("folder", Text, nullable=False),
    Column("recipe", Text, nullable=False, default=""),
    Column("parent", Text, nullable=True),
    Column("dataset_digest", Text, nullable=True),
    Column("outcome", Text, nullable=False, default="running"),
    Column("message", Text, nullable=False, default=""),
    Column("model_digest", Text, nullable=True),
    Column("started", Text, nullable=False),
    Column("ended", Text, nullable=True),
)

trained_on = Table(
    "trained_on",
    metadata,
    Column("image_id", Text, ForeignKey("images.id"), nullable=False),
    Column("model_digest", Text, ForeignKey("models.digest"), nullable=False),
    Column("role", Text, nullable=False),
    PrimaryKeyConstraint("image_id", "model_digest"),
)

# How large a pixel is, as a person said. `scope`: image, size or group; `target` names which one. The newest
# row that is not `removed` holds.
spacings = Table(
    "spacings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("x_mm", Float, nullable=False),
    Column("y_mm", Float, nullable=False),
    Column("source", Text, nullable=False),
    Column("text", Text, nullable=False, default=""),
    Column("reader", Text, ForeignKey("readers.name"), nullable=False),
    Column("created", Text, nullable=False),
    Column("removed", Text, nullable=True),
    Index("spacings_by_target", "scope", "target"),
)

# Callipers (two ends) and named points of a reader; a mark that is moved is a new row with the same `mark`.
marks = Table(
    "marks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("mark", Text, nullable=False),
    Column("image_id", Text, ForeignKey("images.id"), nullable=False),
    Column("reader", Text, ForeignKey("readers.name"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("x", Float, nullable=False),
    Column("y", Float, nullable=False),
    Column("x2", Float, nullable=True),
    Column("y2", Float, nullable=True),
    Column("created", Text, nullable=False),
    Column("removed", Text, nullable=True),
    Index("marks_by_image", "image_id", "reader"),
)

# What a reader had on screen at 100 % or more: `cells` holds one bit a cell of `cell` x `cell` pixels.
viewed = Table(
    "viewed",
    metadata,
    Column("image_id", Text, ForeignKey("images.id"), nullable=False),
    Column("reader", Text, ForeignKey("readers.name"), nullable=False),
    Column("cell", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("cells", LargeBinary, nullable=False),
    Column("updated", Text, nullable=False),
    PrimaryKeyConstraint("image_id", "reader"),
)

# What lists need of a label, made behind from its pixels after journal row `seq` and one model's prediction.
label_facts = Table(
    "label_facts",
    metadata,
    *_image_key(),
    Column("seq", Integer, nullable=False),
    Column("areas", JSON, nullable=False),
    Column("model_digest", Text, nullable=False, default=""),
    Column("disagreement", Float, nullable=True),
    Column("disagreements", JSON, nullable=False),
    Column("updated", Text, nullable=False),
    PrimaryKeyConstraint("image_id", "reader", "reading"),
)

# Something done to many images at once; each item keeps what was so before, so that it can be taken back.
bulk_actions = Table(
    "bulk_actions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("reader", Text, ForeignKey("readers.name"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("undone", Text, nullable=True),
)

bulk_items = Table(
    "bulk_items",
    metadata,
    Column("bulk_id", Text, ForeignKey("bulk_actions.id"), nullable=False),
    Column("image_id", Text, ForeignKey("images.id"), nullable=False),
    Column("before", JSON, nullable=False),
    Column("undone", Boolean, nullable=False, default=False),
    PrimaryKeyConstraint("bulk_id", "image_id"),
)
