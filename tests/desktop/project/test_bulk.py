"""Bulk actions: one record, every image as it was before when it is taken back, nothing confirmed unseen."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from desktop.project import tables
from desktop.project.bulk_change import CHUNK, FinishValues, SetAside, SetValue
from desktop.project.errors import ProjectError
from desktop.project.journal import now
from desktop.project.project import Project
from desktop.project.uuid7 import uuid7
from tests.desktop.project.helpers import SCHEMA, indexed, stroke

STATE_TABLES = ("labels", "label_pages", "grades", "findings", "statuses", "review_states")


@pytest.fixture
def project(tmp_path):
    with indexed(tmp_path / "eyes", 5) as made:
        yield made


def ids_of(project: Project) -> list[str]:
    return [row.id for row in project.images()]


def do(project: Project, change, ids, at_hand=()) -> tuple[str, dict[str, str]]:
    bulk_id = project.begin_bulk(change).result()
    done: dict[str, str] = {}
    for start in range(0, len(ids), CHUNK):
        done |= project.bulk_step(bulk_id, change, ids[start : start + CHUNK], at_hand).result()
    return bulk_id, done


def undo(project: Project, bulk_id: str) -> dict[str, str]:
    ids = list(project.bulk_items(bulk_id))
    done: dict[str, str] = {}
    for start in range(0, len(ids), CHUNK):
        done |= project.bulk_undo_step(bulk_id, ids[start : start + CHUNK]).result()
    project.end_bulk_undo(bulk_id).result()
    return done


def everything(project: Project) -> dict[str, list[tuple]]:
    """All that says how far the review is, row by row; when it was written does not matter."""
    project.writer.flush()
    with closing(sqlite3.connect(project.store.path)) as connection:
        connection.row_factory = sqlite3.Row
        found = {}
        for name in STATE_TABLES:
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            unordered = ({k: v for k, v in row.items() if k != "updated"} for row in rows)
            found[name] = sorted(tuple(map(repr, row.items())) for row in unordered)
        return found


@pytest.fixture
def mixed(project):
    """One image of each kind: unseen, graded, corrected with a mask, rejected, second look."""
    ids = ids_of(project)
    graded = project.load_label(ids[1])
    graded.set_grade("severity", "1")
    project.save(graded).result()
    drawn = project.load_label(ids[2])
    stroke(project, drawn, 0, 20, 20)
    drawn.set_grade("severity", "2")
    project.save(drawn).result()
    project.finish(drawn, [0]).result()
    project.reject(ids[3], "Wrong image").result()
    project.second_look(ids[4], "Ask Eve").result()
    return project


def test_a_grade_for_all_is_one_step_on_each_and_taken_back_exactly(mixed) -> None:
    ids, before = ids_of(mixed), everything(mixed)
    bulk_id, done = do(mixed, SetValue("grade:severity", "2"), ids)
    assert set(done) == set(ids) - {ids[2]}, "what is so already is not touched"
    assert set(done.values()) == {"in progress"}
    for image_id in done:
        label = mixed.load_label(image_id)
        assert label.grades == {"severity": "2"} and label.undo_texts[0] == "severity: 2"
    assert mixed.image(ids[2]).status_for_reader == "corrected"
    statuses = undo(mixed, bulk_id)
    assert statuses == {
        ids[0]: "unseen",
        ids[1]: "in progress",
        ids[3]: "rejected",
        ids[4]: "second look",
    }
    after = everything(mixed)
    assert after["statuses"] == before["statuses"]
    assert after["grades"] == before["grades"] and after["label_pages"] == before["label_pages"]
    assert after["labels"] == before["labels"], "a label made by the action goes with it"
    assert mixed.load_label(ids[0]).is_virtual
    assert mixed.load_label(ids[1]).grades == {"severity": "1"}
    assert mixed.rejection_reason(ids[3]) == "Wrong image"
    assert mixed.last_bulk() is None


def test_one_image_can_be_undone_by_itself_and_the_rest_together(project) -> None:
    ids = ids_of(project)
    bulk_id, _ = do(project, SetValue("grade:severity", "1"), ids)
    label = project.load_label(ids[0])
    assert label.undo() is not None
    project.save(label).result()
    assert "severity" not in project.load_label(ids[0]).grades
    undo(project, bulk_id)
    assert all(not project.load_label(image_id).grades for image_id in ids)


def test_what_was_painted_after_a_bulk_grade_survives_its_undo(project) -> None:
    ids = ids_of(project)
    bulk_id, _ = do(project, SetValue("finding:edema", "present"), ids)
    label = project.load_label(ids[1])
    stroke(project, label, 1, 20, 20)
    painted = label.planes.class_mask(1).sum()
    undo(project, bulk_id)
    again = project.load_label(ids[1])
    assert again.planes.class_mask(1).sum() == painted > 0
    assert again.findings == {}
    assert project.image(ids[1]).status_for_reader == "in progress"
    assert project.image(ids[0]).status_for_reader == "unseen"


def test_another_value_or_a_finish_since_is_left_as_it_is(project) -> None:
    ids = ids_of(project)
    bulk_id, _ = do(project, SetValue("grade:severity", "1"), ids)
    regraded, finished, cleared, drawn_after = (project.load_label(one) for one in ids[:4])
    regraded.set_grade("severity", "2")
    project.save(regraded).result()
    project.finish(finished, []).result()
    cleared.set_grade("severity", None)
    project.save(cleared).result()
    project.finish(drawn_after, []).result()
    stroke(project, drawn_after, 0, 20, 20)  # finished, then in progress again
    since = {ids[0], ids[1], ids[3]}
    assert project.bulk_changed_since(bulk_id, project.bulk_items(bulk_id)) == since
    assert set(undo(project, bulk_id)) == {ids[2], ids[4]}
    grades = [project.load_label(one).grades.get("severity") for one in ids]
    assert grades == ["2", "1", None, "1", None]
    statuses = [project.image(one).status_for_reader for one in ids]
    assert statuses == ["in progress", "corrected", "in progress", "in progress", "unseen"]
    assert project.review_states(ids[1]) == {"grade:severity": "reviewed"}


def test_a_rejection_that_was_thought_over_since_is_left_as_it_is(mixed) -> None:
    ids = ids_of(mixed)
    bulk_id, _ = do(mixed, SetAside("rejected", "Blurred"), ids[:3])
    mixed.reject(ids[0], "Wrong eye").result()
    mixed.take_back_review(ids[1]).result()
    assert set(undo(mixed, bulk_id)) == {ids[2]}
    assert mixed.rejection_reason(ids[0]) == "Wrong eye"
    assert [mixed.image(one).status_for_reader for one in ids[1:3]] == ["in progress", "corrected"]


def test_bulk_finish_confirms_values_only(mixed) -> None:
    ids = ids_of(mixed)
    assert mixed.finishable(ids) == [ids[1]], "finished, rejected and empty ones are left alone"
    before = everything(mixed)
    bulk_id, done = do(mixed, FinishValues(), ids)
    assert done == {ids[1]: "corrected"}
    assert mixed.review_states(ids[1]) == {"grade:severity": "reviewed"}, "no class is confirmed"
    undo(mixed, bulk_id)
    assert everything(mixed) == before


def test_reject_and_second_look_keep_their_reasons(mixed) -> None:
    ids, before = ids_of(mixed), everything(mixed)
    first, done = do(mixed, SetAside("rejected", "Blurred"), ids)
    assert len(done) == 5 and mixed.rejection_reason(ids[3]) == "Blurred"
    second, done = do(mixed, SetAside("second look"), ids[:2])
    assert set(done.values()) == {"second look"}
    assert mixed.last_bulk().id == second
    undo(mixed, second)
    assert mixed.rejection_reason(ids[0]) == "Blurred" and mixed.last_bulk().id == first
    undo(mixed, first)
    assert everything(mixed) == before
    assert mixed.take_back_finish(mixed.load_label(ids[3])).result() == "unseen", "its own rejection is next"


def test_a_label_in_memory_is_changed_by_its_owner(project) -> None:
    ids = ids_of(project)
    label = project.load_label(ids[0])
    change = SetValue("grade:severity", "2")
    bulk_id = project.begin_bulk(change).result()
    step = project.bulk_step(bulk_id, change, ids, at_hand=[ids[0]])
    label.set_grade("severity", "2")
    project.save(label).result()
    assert set(step.result()) == set(ids)
    stroke(project, label, 0, 20, 20)  # its journal goes on without a gap
    label.set_grade("severity", None)
    project.save(label).result()
    project.bulk_undo_step(bulk_id, ids, at_hand=[ids[0]]).result()
    assert project.image(ids[0]).status_for_reader == "in progress", "it was painted on since"
    assert project.load_label(ids[0]).planes.class_mask(0).any()


@pytest.mark.parametrize(
    "change",
    [
        SetValue("grade:severity", "9"),
        SetValue("finding:edema", "perhaps"),
        SetAside("rejected", "  "),
        SetAside("accepted"),
    ],
)
def test_what_makes_no_sense_is_refused(project, change) -> None:
    with pytest.raises(ProjectError):
        project.begin_bulk(change)


def test_five_thousand_are_taken_back_without_one_missing(tmp_path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    with Project.create(folder, SCHEMA, reader="ann") as project:
        images = [
            {
                "id": uuid7(),
                "path": f"{n}.png",
                "frame": 0,
                "position": n,
                "state": "present",
                "created": now(),
            }
            for n in range(5_000)
        ]
        project.writer.submit(lambda c: c.execute(insert(tables.images), images)).result()
        ids = ids_of(project)
        for image_id in ids[:7]:
            project.second_look(image_id).result()
        before = everything(project)
        began = time.perf_counter()
        bulk_id, done = do(project, SetValue("grade:severity", "0"), ids)
        assert len(done) == 5_000 and project.last_bulk().images == 5_000
        assert len(undo(project, bulk_id)) == 5_000
        assert time.perf_counter() - began < 30.0  # some 2 s on an idle core
        assert everything(project) == before


def test_after_a_crash_in_the_middle_what_was_done_is_taken_back(tmp_path: Path) -> None:
    with indexed(tmp_path / "eyes", 4) as project:
        ids = ids_of(project)
        change = SetValue("grade:severity", "1")
        bulk_id = project.begin_bulk(change).result()
        project.bulk_step(bulk_id, change, ids[:2]).result()
    with Project.open(tmp_path / "eyes", reader="ann") as project:
        last = project.last_bulk()
        assert (last.id, last.images, last.kind) == (bulk_id, 2, "SetValue")
        undo(project, bulk_id)
        assert project.counts_by_status()["unseen"] == 4
