"""What an image is: its bytes and its frame. Reading that from files, off the store's thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop.project.likeness import thumbnail
from inference.hashing import content_hash, perceptual_hash
from inference.images import ImageError, probe, read_rgb8

# What a hash and a thumbnail need; a JPEG is decoded at an eighth of its size for it.
_SMALL = 128


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What one frame shows. `problem` is one sentence when it cannot be read; then the rest is empty."""

    width: int | None = None
    height: int | None = None
    perceptual_hash: str = ""
    thumbnail: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one file holds: the hash of its bytes (empty when unreadable) and its frames, at least one."""

    path: str
    size: int
    mtime_ns: int
    content_hash: str
    frames: tuple[FrameFacts, ...]


def read_facts(folder: Path, path: str) -> FileFacts:
    """Read a file, `path` relative to `folder`, and say what it holds. A broken file becomes its problem."""
    file = folder / path
    try:
        status = file.stat()
        digest = content_hash(file)
    except OSError as error:
        problem = f"“{file.name}” cannot be read: {error.strerror}."
        return FileFacts(path, 0, 0, "", (FrameFacts(problem=problem),))
    try:
        count = max(1, probe(file).frames)
    except ImageError as error:
        return FileFacts(
            path, status.st_size, status.st_mtime_ns, digest, (FrameFacts(problem=error.reason),)
        )
    frames = tuple(_frame_facts(file, frame) for frame in range(count))
    return FileFacts(path, status.st_size, status.st_mtime_ns, digest, frames)


def _frame_facts(file: Path, frame: int) -> FrameFacts:
    try:
        small = read_rgb8(file, frame, at_least=_SMALL)
        height, width = _full_size(file, frame, small.shape)
    except ImageError as error:
        return FrameFacts(problem=error.reason)
    return FrameFacts(width, height, perceptual_hash(small), thumbnail(small))


def _full_size(file: Path, frame: int, decoded: tuple[int, ...]) -> tuple[int, int]:
    """Return (height, width) at full size: the header's for the first frame, the pixels' for the others.

    Only JPEG is decoded reduced, and it has one frame; pages of a TIFF may differ in size.
    """
    if frame > 0:
        return decoded[0], decoded[1]
    info = probe(file)
    return info.height, info.width
