"""Which mask file belongs to which image: the exact stem, else one suffix for the whole folder."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from inference.images import IMAGE_SUFFIXES
from training.errors import DatasetError

_SEPARATORS: Final = "_-."
_DIGITS: Final = re.compile(r"(\d+)")


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key by which "2.png" comes before "10.png"."""
    return tuple(
        (0, int(part), part) if part.isdigit() else (1, 0, part) for part in _DIGITS.split(text) if part
    )


def picture_files(folder: Path) -> list[str]:
    """All pictures below ``folder`` as posix paths inside it, in natural order; hidden ones are left out."""
    if not folder.is_dir():
        return []
    return sorted(_walk(folder, ""), key=natural_key)


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
                elif os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES:  # noqa: PTH122 - 100,000 times
                    yield prefix + entry.name
    except OSError as error:
        raise DatasetError(
            f"The folder {folder} cannot be read: {error.strerror or error}.", folder
        ) from error


def stem_of(relative: str) -> str:
    """The path without its last suffix: "a/b.x.png" -> "a/b.x"."""
    return PurePosixPath(relative).with_suffix("").as_posix()


@dataclass(frozen=True, slots=True)
class Pairing:
    """Image -> mask (both as paths inside their folders), masks that found no image, and the suffix used."""

    masks: Mapping[str, str]
    orphans: tuple[str, ...] = ()
    suffix: str = ""


@dataclass(slots=True)
class ImageIndex:
    """Finds images by what tables and masks call them. ``images`` are posix paths inside the image folder."""

    images: tuple[str, ...]
    _by_path: dict[str, str] = field(init=False)
    _by_stem: dict[str, list[str]] = field(init=False)
    _by_name: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_path = {image: image for image in self.images}
        self._by_stem, self._by_name = {}, {}
        for image in self.images:
            self._by_stem.setdefault(stem_of(image), []).append(image)
            path = PurePosixPath(image)
            for name in {path.name, path.stem}:
                self._by_name.setdefault(name, []).append(image)

    def named(self, name: str) -> tuple[str, ...]:
        """The images that a table's ``name`` may mean: as written, by path, by path without suffix, by bare
        name. A name on disk may begin with a space, hold a backslash or lie in a folder "images"."""
        if name in self._by_path:
            return (self._by_path[name],)
        name = name.strip().replace("\\", "/").removeprefix("./").removeprefix("images/")
        if name in self._by_path:
            return (self._by_path[name],)
        return tuple(self._by_stem.get(name) or self._by_name.get(name) or ())

    def with_stem(self, stem: str) -> tuple[str, ...]:
        """The images of this stem, or the one of this whole name (``a.jpg.png`` masks ``a.jpg``)."""
        if stem in self._by_path:
            return (stem,)
        return tuple(self._by_stem.get(stem, ()))


def pair(masks: Collection[str], index: ImageIndex, folder: Path) -> Pairing:
    """Pairs the ``masks`` (posix paths inside ``folder``) with the images.

    Raises DatasetError when two masks, or two images, claim the same partner, and when two suffixes fit
    equally well.
    """
    if any(index.with_stem(stem_of(mask)) for mask in masks):
        suffix = ""
    else:
        suffix = _common_suffix(masks, index, folder)
    pairs: dict[str, str] = {}
    orphans = []
    for mask in masks:
        stem = stem_of(mask)
        images = index.with_stem(stem.removesuffix(suffix)) if stem.endswith(suffix) else ()
        if len(images) > 1:
            raise DatasetError(
                f"The mask {folder / mask} could be of {images[0]} or of {images[1]}; "
                "say which in pairs.csv.",
                folder / mask,
            )
        if not images:
            orphans.append(mask)
        elif images[0] in pairs:
            raise DatasetError(
                f"The image {images[0]} has two masks in {folder}: {pairs[images[0]]} and {mask}; keep one.",
                folder / mask,
            )
        else:
            pairs[images[0]] = mask
    return Pairing(pairs, tuple(orphans), suffix)


def _common_suffix(masks: Collection[str], index: ImageIndex, folder: Path) -> str:
    counts: Counter[str] = Counter()
    for mask in masks:
        stem = stem_of(mask)
        start = stem.rfind("/") + 1
        for place in range(start + 1, len(stem)):
            if stem[place] in _SEPARATORS and index.with_stem(stem[:place]):
                counts[stem[place:]] += 1
    ranked = counts.most_common(2)
    if len(ranked) == 2 and ranked[0][1] == ranked[1][1]:
        raise DatasetError(
            f'In {folder} the endings "{ranked[0][0]}" and "{ranked[1][0]}" fit equally many images; '
            "keep one of them in this folder, or write pairs.csv.",
            folder,
        )
    return ranked[0][0] if ranked else ""
