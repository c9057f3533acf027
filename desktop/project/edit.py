"""An edit: one undo step of a label, made of patches and of changed grades and findings."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from desktop.project import patch as patches_of
from desktop.project.errors import EditFormatError, PatchMismatch
from desktop.project.patch import Patch, decode_patch
from desktop.project.planes import Bits, Box, LabelPlanes, union_box
from desktop.project.provenance import Base

_MAGIC = b"OVE1"
_LENGTHS = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A grade or a finding that changed. `target` is "grade:<scale>" or "finding:<name>"; None: not set."""

    target: str
    before: str | None
    after: str | None


_Header = tuple[str, tuple[ValueChange, ...], Base | None]


@dataclass(frozen=True, slots=True)
class Edit:
    """One undo step.

    `origin` is set when the pixels are a model's and not drawn by a person: a late prediction, a threshold
    that was moved, a prediction that was taken. It says which model's, and how they were cut out.
    """

    text: str
    patches: tuple[Patch, ...] = ()
    values: tuple[ValueChange, ...] = ()
    origin: Base | None = None

    @property
    def box(self) -> Box | None:
        """The box around all patches; None when no pixel changes."""
        box: Box | None = None
        for patch in self.patches:
            box = patch.box if box is None else union_box(box, patch.box)
        return box

    @property
    def class_ids(self) -> frozenset[int]:
        """The classes whose pixels change."""
        return frozenset(patch.class_id for patch in self.patches)

    def encode(self) -> bytes:
        """Return the edit as bytes that `decode` reads."""
        header: dict[str, object] = {"text": self.text}
        if self.values:
            header["values"] = [[value.target, value.before, value.after] for value in self.values]
        if self.origin is not None:
            header["origin"] = self.origin.to_dict()
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        parts = [_MAGIC, _LENGTHS.pack(len(text), len(self.patches)), text]
        return b"".join(parts + [patch.encode() for patch in self.patches])

    @classmethod
    def decode(cls, data: bytes) -> Edit:
        """Read what `encode` wrote. Raises EditFormatError on anything else."""
        (text, values, origin), count, offset = _open(data)
        patches = []
        for _ in range(count):
            patch, offset = decode_patch(data, offset)
            patches.append(patch)
        if offset != len(data):
            raise EditFormatError("A journal row is longer than the edit that it holds; it is damaged.")
        return cls(text, tuple(patches), values, origin)


def read_origin(data: bytes) -> Base | None:
    """Return the origin of an encoded edit without reading its patches. Raises EditFormatError."""
    return _open(data)[0][2]


def merged(text: str, edits: Iterable[Edit]) -> Edit:
    """Return several edits, made one after the other, as one undo step."""
    edits = tuple(edits)
    patches = tuple(patch for edit in edits for patch in edit.patches)
    return Edit(text, patches, tuple(value for edit in edits for value in edit.values))


def apply_patches(planes: LabelPlanes, patches: Iterable[Patch]) -> None:
    """Apply patches in their order. Raises PatchMismatch, with the planes as they were."""
    _all_or_none(planes, tuple(patches), forward=True)


def revert_patches(planes: LabelPlanes, patches: Iterable[Patch]) -> None:
    """Take patches back, the last one first. Raises PatchMismatch, with the planes as they were."""
    _all_or_none(planes, tuple(patches)[::-1], forward=False)


def class_edit(
    planes: LabelPlanes,
    class_id: int,
    mask: Bits,
    text: str,
    *,
    box: Box | None = None,
    protect: bool = False,
) -> Edit | None:
    """Return the edit that gives a class the pixels `mask` where it is unprotected.

    `mask` is bool, of `box` or of the whole image; `planes` are only read. With `protect` the pixels that
    change become protected. None when nothing changes.
    """
    box = box or planes.whole
    before, protection = planes.class_mask(class_id, box), planes.class_protection(class_id, box)
    after = np.where(protection, before, mask)
    protection_after = protection | (before ^ after) if protect else protection
    patch = Patch.between(class_id, box, before, after, protection, protection_after)
    return None if patch is None else Edit(text, (patch,))


def _all_or_none(planes: LabelPlanes, patches: tuple[Patch, ...], *, forward: bool) -> None:
    step, back = (patches_of.apply, patches_of.revert) if forward else (patches_of.revert, patches_of.apply)
    for done, patch in enumerate(patches):
        try:
            step(planes, patch)
        except (PatchMismatch, EditFormatError):
            for earlier in reversed(patches[:done]):
                back(planes, earlier)
            raise


def _open(data: bytes) -> tuple[_Header, int, int]:
    """Return the header of an encoded edit, how many patches follow, and where they begin."""
    offset = len(_MAGIC) + _LENGTHS.size
    if data[: len(_MAGIC)] != _MAGIC or len(data) < offset:
        raise EditFormatError("A journal row is not an edit of a format that this version knows.")
    size, count = _LENGTHS.unpack_from(data, len(_MAGIC))
    return _read_header(data[offset : offset + size], size), count, offset + size


def _read_header(raw: bytes, size: int) -> _Header:
    try:
        if len(raw) != size:
            raise ValueError("cut short")
        header = json.loads(raw.decode("utf-8", "surrogatepass"))
        values = tuple(ValueChange(*value) for value in header.get("values", ()))
        origin = Base.from_dict(header["origin"]) if "origin" in header else None
        return str(header["text"]), values, origin
    except (ValueError, KeyError, TypeError) as error:
        raise EditFormatError("The text of a journal row cannot be read; the row is damaged.") from error
