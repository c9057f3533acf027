import numpy as np
import pytest

from desktop.project.edit import class_edit
from desktop.project.errors import LabelNotReady, ProjectError
from desktop.project.label import Label, LabelKey
from desktop.project.provenance import Base
from desktop.project.rows import FINISHED
from tests.desktop.project.helpers import SCHEMA, indexed, paint, stroke

PREDICTED = Base("prediction", "digest", {"MA": 0.5})


@pytest.fixture
def project(tmp_path):
    with indexed(tmp_path / "eyes", 4) as project:
        yield project


def predicted(project, number=0, seed=0):
    row = project.images()[number]
    label = project.load_label(row.id)
    label.set_base(
        np.random.default_rng(seed).integers(0, 8, (1, row.height, row.width), np.uint8), PREDICTED
    )
    return label


def status(project, label):
    return project.image(label.key.image_id).status_for_reader


def test_finishing_an_untouched_prediction_is_accepted_and_frozen(project):
    label = predicted(project)
    assert project.finish(label, [0, 1]).result(10) == "accepted" == status(project, label)
    assert project.review_states(label.key.image_id) == {"class:0": "reviewed", "class:1": "reviewed"}
    kept = project.load_label(label.key.image_id)
    assert not kept.is_virtual and kept.planes.equals(label.planes) and kept.base == PREDICTED
    other = np.zeros_like(label.planes.mask)
    assert kept.receive_prediction(other, Base("prediction", "new")) is None
    assert kept.planes.equals(label.planes)


def test_only_what_was_visible_is_confirmed(project):
    label = predicted(project)
    label.set_finding("edema", "absent")
    project.finish(label, [2], shown_findings={"edema": "absent"}).result(10)
    assert project.review_states(label.key.image_id) == {"class:2": "reviewed", "finding:edema": "reviewed"}
    project.finish(label, [0]).result(10)
    assert set(project.review_states(label.key.image_id)) == {"class:0", "class:2", "finding:edema"}


def test_a_difference_makes_it_corrected(project):
    painted, there_and_back, graded, undone = (predicted(project, number) for number in range(4))
    stroke(project, painted, 0, 20, 20)
    assert project.finish(painted, [0]).result(10) == "corrected"
    label = there_and_back
    label.planes.set_class(0, label.planes.whole, np.zeros(label.planes.mask.shape[1:], bool))
    label.set_base(label.planes.mask, PREDICTED)
    stroke(project, label, 0, 20, 20)
    label.record(paint(label, 0, 20, 20, erase=True))
    assert project.finish(label, [0]).result(10) == "accepted"
    graded.set_grade("severity", "2")
    assert project.finish(graded, [0], shown_grades={"severity": "1"}).result(10) == "corrected"
    stroke(project, undone, 0, 20, 20)
    undone.undo()
    assert project.finish(undone, [0]).result(10) == "accepted"
    assert project.counts_by_status() == {
        "unseen": 0,
        "in progress": 0,
        "accepted": 2,
        "corrected": 2,
        "rejected": 0,
        "second look": 0,
    }


def test_without_a_prediction_nothing_can_be_accepted(project):
    label = project.load_label(project.images()[0].id)
    assert project.finish(label, [0]).result(10) == "corrected"


def test_a_late_prediction_counts_as_shown(project):
    label = project.load_label(project.images()[0].id)
    label.record(paint(label, 1, 20, 20))
    label.undo()
    label.receive_prediction(np.full_like(label.planes.mask, 1), PREDICTED)
    assert project.finish(label, [0, 1]).result(10) == "accepted"


def test_a_late_prediction_never_fills_what_was_confirmed_as_empty(project):
    image_id = project.images()[0].id
    label = project.load_label(image_id)
    stroke(project, label, 1, 20, 20)
    project.finish(label, [0, 1]).result(10)
    everywhere = np.full_like(label.planes.mask, 0b111)
    for late in (label, project.load_label(image_id)):
        edit = late.receive_prediction(everywhere, PREDICTED)
        assert edit.class_ids == {2}
        assert not late.planes.class_mask(0).any() and late.planes.class_mask(2).all()
    other = project.load_label(image_id)
    assert other.take_fill(class_edit(other.planes, 0, np.ones((48, 64), bool), "Prediction")) is None
    assert other.take_fill(class_edit(other.planes, 2, np.ones((48, 64), bool), "Prediction")) is not None
    assert other.outbox[-1].row.kind == "fill"


def test_a_shown_grade_counts_when_it_is_accepted_expressly(project):
    label = predicted(project)
    project.finish(label, [0], shown_grades={"severity": "1"}).result(10)
    assert label.grades == {} and "grade:severity" not in project.review_states(label.key.image_id)
    result = project.finish(label, [0], shown_grades={"severity": "1"}, accepted=["grade:severity"]).result(
        10
    )
    assert result == "accepted" and label.grades == {"severity": "1"}
    kept = project.load_label(label.key.image_id)
    assert kept.grades == {"severity": "1"} and kept.undo_texts == ["Accepted"]
    assert project.review_states(label.key.image_id)["grade:severity"] == "reviewed"
    with pytest.raises(ProjectError, match="was shown"):
        project.finish(label, [0], accepted=["finding:edema"])


def test_a_finish_can_be_taken_back(project):
    label = predicted(project)
    stroke(project, label, 0, 20, 20)
    project.set_review_state(label, "class:2", "not assessable").result(10)
    project.finish(label, [0, 2]).result(10)
    assert project.take_back_finish(label).result(10) == "in progress" == status(project, label)
    assert project.review_states(label.key.image_id) == {"class:2": "not assessable"}
    with pytest.raises(ProjectError, match="nothing to take back"):
        project.take_back_finish(label).result(10)
    other = predicted(project, 1)
    project.finish(other, [0]).result(10)
    assert project.take_back_finish(other).result(10) == "unseen" == status(project, other)


def test_an_edit_after_the_finish_opens_the_image_again(project):
    label = predicted(project)
    project.finish(label, [0]).result(10)
    stroke(project, label, 0, 20, 20)
    assert status(project, label) == "in progress"
    assert project.review_states(label.key.image_id) == {"class:0": "reviewed"}


def test_rejecting_and_second_look(project):
    first, second = project.images()[:2]
    assert project.reject(first.id, " out of focus ").result(10) == "rejected"
    assert project.rejection_reason(first.id) == "out of focus"
    assert project.second_look(second.id).result(10) == "second look"
    with pytest.raises(ProjectError, match="reason"):
        project.reject(first.id, "  ")
    assert [row.id for row in project.images(statuses=["rejected", "unseen"])] == [
        row.id for row in (project.images()[0], *project.images()[2:])
    ]
    assert project.take_back_finish(project.load_label(first.id)).result(10) == "unseen"
    with pytest.raises(ProjectError, match="not a review state"):
        project.set_review_state(project.load_label(first.id), "class:0", "perhaps")


def test_a_label_without_planes_cannot_confirm_classes(project):
    label = Label(LabelKey(project.images()[0].id, "ann"), SCHEMA)
    with pytest.raises(LabelNotReady):
        project.finish(label, [0])
    label.set_grade("severity", "0")
    assert project.finish(label, []).result(10) == "corrected"


def test_finished_images_come_in_order_with_their_states(project):
    for number in (2, 0, 3):
        label = predicted(project, number, seed=number)
        if number:
            stroke(project, label, 0, 20, 20)
        project.finish(label, [0, 1]).result(10)
    stroke(project, predicted(project, 1), 0, 20, 20)
    found = project.images(statuses=FINISHED)
    assert [(row.path, row.status_for_reader) for row in found] == [
        ("img1.png", "accepted"),
        ("img3.png", "corrected"),
        ("img4.png", "corrected"),
    ]
    both = {"class:0": "reviewed", "class:1": "reviewed"}
    assert all(project.review_states(row.id) == both for row in found)
    assert project.review_states(found[0].id, reader="bea") == {}


def test_models_are_promoted_and_rolled_back(project):
    for digest in ("a", "b", "c"):
        project.register_model(f"/models/{digest}", digest, digest.upper(), class_map={"MA": 0}).result(10)
    assert project.incumbent() is None
    with pytest.raises(ProjectError, match="not registered"):
        project.set_incumbent("x").result(10)
    for digest in ("a", "b", "c"):
        project.set_incumbent(digest, evidence={"dice": 0.5}).result(10)
    assert project.incumbent().name == "C" and project.incumbent().class_map == {"MA": 0}
    backwards = [project.roll_back().result(10).digest for _ in range(3)]
    assert backwards == ["b", "a", None] and project.incumbent() is None
    with pytest.raises(ProjectError, match="nothing to go back to"):
        project.roll_back().result(10)
    assert [row.kind for row in project.promotions()] == ["promote"] * 3 + ["rollback"] * 3
    project.register_model("/elsewhere/a", "a", "A2").result(10)
    assert project.model("a").path == "/elsewhere/a" and len(project.models()) == 3
    project.store_prediction_summary(project.images()[0].id, "a", {"areas": {"MA": 3}}).result(10)
    assert project.predictions_for("a") == {project.images()[0].id: {"areas": {"MA": 3}}}


def test_runs_are_recorded(project):
    run = project.start_run("/runs/1", recipe="fine-tune", parent="a", dataset_digest="d").result(10)
    assert project.runs()[0].outcome == "running"
    project.end_run(run, "failed", message="Out of memory.").result(10)
    assert [(r.id, r.outcome, r.message) for r in project.runs()] == [(run, "failed", "Out of memory.")]
    with pytest.raises(ProjectError, match="cannot end"):
        project.end_run(run, "vanished")


def test_what_was_trained_on_keeps_its_group_in_training(tmp_path):
    folder = tmp_path / "eyes"
    folder.mkdir()
    lines = [f"img{number}.png,g{number}" for number in range(1, 31)]
    (folder / "groups.csv").write_text("image,group\n" + "\n".join(lines))
    with indexed(folder, 30) as project:
        held = next(row for row in project.images() if row.split == "test")
        project.register_model("/m", "m", "M").result(10)
        project.record_trained_on("m", [(held.id, "train"), (project.images()[0].id, "val")]).result(10)
        row = project.image(held.id)
        assert (row.split, row.retired_from_gate) == ("train", True)
        assert project.trained_on("m") == {held.id: "train", project.images()[0].id: "val"}
