"""The mask files of a dataset: which classes there are, which file is whose, and the field of view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from training.errors import DatasetError
from training.pairing import ImageIndex, pair, picture_files

# The class of masks that lie in masks/ itself, where no schema gives it a name.
UNNAMED_CLASS: Final = "object"
# Folders of masks/ that are no class: outside these masks nothing counts, for any class.
_FIELD_OF_VIEW_NAMES: Final = frozenset({"fov", "field_of_view"})
_SHOWN: Final = 3


@dataclass(slots=True)
class MaskFiles:
    """Per class, image -> mask file; ``ignore`` likewise, its key "" counting for every class.

    ``unnamed`` says that the masks lay in masks/ itself, so that the class's name is only a stand-in.
    """

    classes: tuple[str, ...] = ()
    masks: dict[str, dict[str, Path]] = field(default_factory=dict)
    ignore: dict[str, dict[str, Path]] = field(default_factory=dict)
    field_of_view: dict[str, Path] = field(default_factory=dict)
    unnamed: bool = False
    notes: list[str] = field(default_factory=list)


def find_masks(
    folder: Path, index: ImageIndex, pairs: Mapping[tuple[str, str], str], known: tuple[str, ...] | None
) -> MaskFiles:
    """Finds and pairs all masks of the dataset in ``folder``. ``known`` are the schema's classes, if any.

    Raises DatasetError where names do not settle what belongs together.
    """
    found = MaskFiles()
    root = folder / "masks"
    files = picture_files(root)
    single = _is_single_class(files, index, root, known)
    if single:
        name = known[0] if known is not None and len(known) == 1 else UNNAMED_CLASS
        found.unnamed = known is None
        folders = {name: (root, files)}
    else:
        folders = {name: (root / name, part) for name, part in _by_first_folder(files).items()}
    paired_by_table = {name for _, name in pairs}
    for name, (place, part) in folders.items():
        own = _pair_folder(place, part, index, pairs, name, found)
        if part and not own and name not in paired_by_table:
            raise DatasetError(
                f"None of the {len(part)} masks in {place} carries an image's name ({part[0]}, for one); "
                "write pairs.csv with the columns image, class, mask.",
                place,
            )
        found.masks[name] = own
    for (image, name), mask in pairs.items():
        found.masks.setdefault(name, {})[image] = root / mask
    _take_field_of_view(found, known)
    found.classes = _class_order(found.masks, known)
    _find_ignore(folder, index, found)
    return found


def _pair_folder(
    place: Path,
    files: list[str],
    index: ImageIndex,
    pairs: Mapping[tuple[str, str], str],
    name: str,
    found: MaskFiles,
) -> dict[str, Path]:
    settled = {place.parent / mask for (_, owner), mask in pairs.items() if owner == name}
    settled |= {place / mask for (_, owner), mask in pairs.items() if owner == name}
    pairing = pair([file for file in files if place / file not in settled], index, place)
    if pairing.orphans and pairing.masks:
        shown = ", ".join(pairing.orphans[:_SHOWN])
        found.notes.append(f"{place}: {len(pairing.orphans)} masks belong to no image ({shown}).")
    jpegs = [file for file in files if PurePosixPath(file).suffix.lower() in (".jpg", ".jpeg")]
    if jpegs:
        found.notes.append(
            f"{place}: {len(jpegs)} masks are JPEGs, whose edges are not exact; above 127 is inside."
        )
    return {image: place / mask for image, mask in pairing.masks.items()}


def _is_single_class(files: list[str], index: ImageIndex, root: Path, known: tuple[str, ...] | None) -> bool:
    """Whether masks/ mirrors the images itself, rather than holding one folder a class.

    Images may lie in a folder of the same name as a class; where the classes are known, these go first.
    """
    tops = {file.split("/", 1)[0] for file in files if "/" in file}
    direct = any("/" not in file for file in files)
    if known is not None and not direct and tops <= set(known):
        return False
    image_tops = {image.split("/", 1)[0] for image in index.images if "/" in image}
    if direct and tops - image_tops:
        stranger = sorted(tops - image_tops)[0]
        raise DatasetError(
            f"{root} holds masks and the folder {stranger} beside them; "
            "put the masks into a folder of their class, or take that folder away.",
            root,
        )
    return direct or (bool(tops) and tops <= image_tops)


def _by_first_folder(files: list[str]) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {}
    for file in files:
        name, rest = file.split("/", 1)
        parts.setdefault(name, []).append(rest)
    return parts


def _take_field_of_view(found: MaskFiles, known: tuple[str, ...] | None) -> None:
    for name in list(found.masks):
        if name.lower() in _FIELD_OF_VIEW_NAMES and name not in (known or ()) and len(found.masks) > 1:
            found.field_of_view = found.masks.pop(name)
            found.notes.append(f"masks/{name} is read as the field of view: outside it nothing counts.")


def _class_order(masks: Mapping[str, object], known: tuple[str, ...] | None) -> tuple[str, ...]:
    if known is None:
        return tuple(sorted(masks))
    strangers = sorted(set(masks) - set(known))
    if strangers:
        raise DatasetError(f'masks/ holds "{strangers[0]}", which the schema in dataset.json does not know.')
    return known


def _find_ignore(folder: Path, index: ImageIndex, found: MaskFiles) -> None:
    """ignore/<class>/... for one class; files of ignore/ itself count for every class."""
    root = folder / "ignore"
    files = picture_files(root)
    by_class: dict[str, list[str]] = {}
    for file in files:
        top, _, rest = file.partition("/")
        name = top if rest and top in found.classes else ""
        by_class.setdefault(name, []).append(rest if name else file)
    for name, part in by_class.items():
        place = root / name if name else root
        pairing = pair(part, index, place)
        if pairing.orphans:
            # An area that should not count and does is worse than a run that does not start.
            raise DatasetError(f"{place / pairing.orphans[0]} belongs to no image and to no class.", place)
        found.ignore[name] = {image: place / mask for image, mask in pairing.masks.items()}
