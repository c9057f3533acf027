"""`overread init`, `import` and `export`."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.commands.base import Output, add_command
from desktop.errors import DesktopError

if TYPE_CHECKING:
    from desktop.project.project import Project
    from training.grouping import Grouping

# A pattern is sought in this many names; more would not make it plainer.
SUGGESTION_NAMES = 2000
READERS = 4


def declare(commands: Any) -> None:
    """Add `init`, `import` and `export` to the command line."""
    _declare_init(commands)
    _declare_import(commands)
    _declare_export(commands)


def _declare_init(commands: Any) -> None:
    init = add_command(
        commands,
        "init",
        run_init,
        help="make a project for a folder of images",
        examples="overread init photographs\n"
        "overread init photographs --schema schema.json --groups folder\n"
        "overread init photographs --groups '^(?P<group>P[0-9]+)_'",
    )
    init.add_argument("folder", metavar="FOLDER", type=Path, help="the folder of images, or a dataset")
    init.add_argument(
        "--schema", metavar="FILE", type=Path, help="a JSON file with classes, grades and findings"
    )
    init.add_argument(
        "--groups",
        metavar="G",
        help="what belongs together (patient, video): the word folder for sub-folders, a regular expression "
        "on the path, or a CSV file with image and group (default: groups.csv there, else unknown)",
    )
    init.add_argument("--name", help="the project's name (default: the folder's)")


def _declare_import(commands: Any) -> None:
    take = add_command(
        commands,
        "import",
        run_import,
        help="take labels from elsewhere into a project",
        examples="overread import photographs --format dataset old-labels\n"
        "overread import photographs --format dataset old-labels --reviewed-by ana --missing-mask empty",
    )
    take.add_argument("project", metavar="PROJECT", type=Path, help="the project's folder")
    take.add_argument("source", metavar="SOURCE", type=Path, help="what to take the labels from")
    take.add_argument("--format", metavar="F", required=True, help="dataset")
    take.add_argument(
        "--missing-mask",
        choices=("empty", "unlabelled"),
        help="what an image without a mask means: nothing of it there, or not labelled",
    )
    take.add_argument(
        "--reviewed-by", metavar="NAME", help="the reader who stands behind the labels (default: in progress)"
    )


def _declare_export(commands: Any) -> None:
    give = add_command(
        commands,
        "export",
        run_export,
        help="write a project's reviewed labels",
        examples="overread export photographs --format dataset --out labelled",
    )
    give.add_argument("project", metavar="PROJECT", type=Path, help="the project's folder")
    give.add_argument("--format", metavar="F", required=True, help="dataset")
    give.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="a new folder, or an older export"
    )
    give.add_argument("--reader", metavar="NAME", help="whose labels (default: yours)")
    give.add_argument("--link", action="store_true", help="hard links instead of copies of the images")


def run_init(args: argparse.Namespace, output: Output) -> int:
    """Make the project and index its images."""
    from desktop.formats.suggestion import grouping_from, suggest_grouping, suggest_schema
    from desktop.project.project import Project
    from inference.schema import read_schema

    if not args.folder.is_dir():
        raise DesktopError(f"{args.folder} is not a folder; give a folder of images.")
    schema = read_schema(args.schema) if args.schema else suggest_schema(args.folder)
    grouping = grouping_from(args.groups) if args.groups else suggest_grouping(args.folder)
    with Project.create(args.folder, schema, grouping=grouping, name=args.name) as project:
        summary = index(project, output)
        record = {
            "event": "project",
            "folder": str(project.folder),
            "name": project.name,
            "store": str(project.location.store),
            "schema": schema.to_dict(),
            "grouping_known": grouping.known,
            **summary,
        }
        output.event(record)
        _tell(project, grouping, summary, output)
    return 0


def run_import(args: argparse.Namespace, output: Output) -> int:
    """Take labels into the project."""
    from desktop.formats.base import ImportOptions
    from desktop.formats.registry import find_format
    from desktop.project.project import Project

    chosen = find_format(args.format)
    with Project.open(args.project) as project:
        index(project, output)
        options = ImportOptions(
            missing_mask=args.missing_mask,
            reviewed_by=args.reviewed_by,
            progress=output.progress("imported"),
        )
        report = chosen.import_into(project, args.source, options)
    output.event(
        {
            "event": "imported",
            "images": report.images,
            "masks": report.masks,
            "grades": report.grades,
            "findings": report.findings,
            "unmatched": report.unmatched,
            "already_labelled": report.already_labelled,
            "notes": report.notes,
        }
    )
    state = f"reviewed by {args.reviewed_by}" if args.reviewed_by else "in progress"
    output.line(
        f"Labels of {report.images} images imported, {state}: {report.masks} masks, {report.grades} grades, "
        f"{report.findings} findings."
    )
    for note in report.notes:
        output.line(note)
    return 0


def run_export(args: argparse.Namespace, output: Output) -> int:
    """Write the reviewed labels."""
    from desktop.formats.base import ExportOptions
    from desktop.formats.registry import find_format
    from desktop.project.project import Project

    chosen = find_format(args.format)
    options = ExportOptions(reader=args.reader, link=args.link, progress=output.progress("exported"))
    with Project.open(args.project) as project:
        report = chosen.export(project, args.out, options)
    output.event(
        {
            "event": "exported",
            "out": str(report.folder),
            "counts": report.counts,
            "digest": report.digest,
            "notes": list(report.notes),
        }
    )
    splits = ", ".join(f"{n} {name}" for name, n in report.counts["splits"].items())
    output.line(f"{report.counts['images']} images exported to {report.folder} ({splits}).")
    for note in report.notes:
        output.line(note)
    return 0


def index(project: Project, output: Output) -> dict[str, Any]:
    """Bring the project up to date with its folder; what was found, in figures and sentences."""
    show = output.progress("images read")
    notes: list[str] = []
    with ThreadPoolExecutor(READERS, thread_name_prefix="overread-index") as pool:
        for step in project.index(mapper=pool.map):
            notes += step.notes
            if step.total:
                show(step.done, step.total)
    rows = project.images()
    return {
        "images": len(rows),
        "groups": len({row.group for row in rows if row.group}),
        "problems": sum(1 for row in rows if row.problem),
        "notes": notes,
    }


def _tell(project: Project, grouping: Grouping, found: dict[str, Any], output: Output) -> None:
    output.line(f"Project “{project.name}” made in {project.location.directory}: {found['images']} images.")
    if project.location_note:
        output.line(project.location_note)
    if found["problems"]:
        output.line(f"{found['problems']} files cannot be read; the window tells why.")
    for note in found["notes"]:
        output.line(note)
    schema = project.schema
    if not (schema.active_classes or schema.grades or schema.findings):
        output.line("The schema is empty; give one with --schema, or add classes in the window.")
    if grouping.known:
        output.line(f"{found['groups']} groups.")
        return
    output.line(grouping.note or "")
    suggested = _suggested_pattern(project)
    if suggested is not None:
        output.line(f"The file names suggest: --groups '{suggested}'")


def _suggested_pattern(project: Project) -> str | None:
    from itertools import islice

    from desktop.project.scan import scan
    from training.grouping import suggest_pattern

    return suggest_pattern(found.path for found in islice(scan(project.folder), SUGGESTION_NAMES))
