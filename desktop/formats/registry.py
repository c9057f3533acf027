"""The formats, one line each; a format's module is imported when it is used."""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.formats.base import ExportOptions, ExportReport, FormatError, ImportOptions, ImportReport

if TYPE_CHECKING:
    from desktop.project.project import Project


@dataclass(frozen=True, slots=True)
class Format:
    """One format. Its module has `export_project` if `exports` and `import_into` if `imports`."""

    name: str
    title: str
    module: str
    exports: bool = True
    imports: bool = True

    def export(self, project: Project, out: Path, options: ExportOptions) -> ExportReport:
        """Write the project's labels to `out`. Raises FormatError when this format cannot export."""
        if not self.exports:
            raise FormatError(f"The format {self.name} can only be imported.")
        report: ExportReport = importlib.import_module(self.module).export_project(project, out, options)
        return report

    def import_into(self, project: Project, source: Path, options: ImportOptions) -> ImportReport:
        """Take the labels in `source` into the project. Raises FormatError when this format cannot import."""
        if not self.imports:
            raise FormatError(f"The format {self.name} can only be exported.")
        report: ImportReport = importlib.import_module(self.module).import_into(project, source, options)
        return report


FORMATS: tuple[Format, ...] = (
    Format("dataset", "Overread dataset folder (what training reads)", "desktop.formats.dataset"),
)


def find_format(name: str) -> Format:
    """The format of this name. Raises FormatError that suggests the nearest."""
    for item in FORMATS:
        if item.name == name:
            return item
    names = [item.name for item in FORMATS]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}."
    raise FormatError(f'There is no format "{name}"; {hint}')
