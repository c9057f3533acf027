"""Labels that break a consistency rule are exported, and the dataset says which and why."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from desktop.formats.base import ExportOptions
from desktop.formats.registry import find_format
from desktop.project.project import Project
from inference.rules import FindingRequires, GradeExcludes
from inference.schema import read_schema
from tests.desktop.project.helpers import SCHEMA, paint, pictures, run_index
from training.dataset import open_dataset

RULES = replace(
    SCHEMA,
    rules=(GradeExcludes("severity", ("0",), ("MA", "HE"), 5), FindingRequires("edema", ("EX",))),
)


def labelled(folder: Path, schema=RULES) -> Project:
    """Three finished images: one breaks two rules, one breaks one only in a class nobody confirmed."""
    project = Project.create(pictures(folder, 3), schema, reader="ann")
    run_index(project)
    for at, (visible, grade, edema) in enumerate(
        [((0, 1, 2), "0", "present"), ((1, 2), "0", "absent"), ((0, 1, 2), "2", None)]
    ):
        label = project.load_label(project.images()[at].id)
        label.record(paint(label, 0, 20, 20))
        label.set_grade("severity", grade)
        label.set_finding("edema", edema)
        project.finish(label, visible).result(10)
    return project


def test_the_report_counts_and_the_table_names_what_breaks_a_rule(tmp_path: Path) -> None:
    with labelled(tmp_path / "eyes") as project:
        report = find_format("dataset").export(project, tmp_path / "out", ExportOptions())
    assert report.counts["images"] == 3
    assert report.counts["with_remarks"] == 1
    assert report.notes == ("1 image breaks a consistency rule of the schema; remarks.csv says which.",)
    with (tmp_path / "out/remarks.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["image", "remark"],
        ["img1.png", "“severity” 0 excludes MA, yet 49 pixels are drawn."],
        ["img1.png", "“edema” requires EX to be drawn."],
    ]
    dataset = open_dataset(tmp_path / "out")
    assert dataset.schema.rules == RULES.rules
    assert len(dataset.items) == 3


def test_without_rules_nothing_is_counted_and_no_table_written(tmp_path: Path) -> None:
    with labelled(tmp_path / "eyes", SCHEMA) as project:
        report = find_format("dataset").export(project, tmp_path / "out", ExportOptions())
    assert "with_remarks" not in report.counts and report.notes == ()
    assert not (tmp_path / "out/remarks.csv").exists()


def test_the_command_line_says_it_too(tmp_path: Path, call) -> None:
    with labelled(tmp_path / "eyes"):
        pass
    words = ("export", tmp_path / "eyes", "--format", "dataset", "--reader", "ann")
    said = call(*words, "--out", tmp_path / "out")
    assert "1 image breaks a consistency rule of the schema; remarks.csv says which." in said
    assert call.json(*words, "--out", tmp_path / "again")[-1]["counts"]["with_remarks"] == 1


def test_a_schema_file_with_rules_makes_a_project(tmp_path: Path) -> None:
    with labelled(tmp_path / "eyes") as project:
        assert project.schema == RULES
    with Project.open(tmp_path / "eyes", reader="ann") as again:
        assert again.schema.rules == RULES.rules
    (tmp_path / "schema.json").write_text(
        '{"classes": [{"name": "MA"}], "rules": [{"kind": "minimal-area", "class_name": "MA", "pixels": 3}]}'
    )
    assert read_schema(tmp_path / "schema.json").rules[0].pixels == 3
