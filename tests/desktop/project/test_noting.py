import pytest

from desktop.project.errors import ProjectError
from desktop.project.project import Project
from desktop.project.rows import Assessment
from tests.desktop.project.helpers import indexed


@pytest.fixture
def project(tmp_path):
    with indexed(tmp_path / "eyes", 2) as made:
        yield made


def test_a_note_is_edited_removed_and_brought_back_without_losing_a_row(project):
    image = project.images()[0].id
    note = project.add_comment(image, "  drusen? ", (7, 9)).result(10)
    project.edit_comment(note.id, "drusen, two of them").result(10)
    (found,) = project.comments(image)
    assert (found.text, found.y, found.x, found.reader) == ("drusen, two of them", 7, 9, "ann")
    assert found.edited >= found.created and not found.removed
    project.remove_comment(note.id).result(10)
    assert project.comments(image) == []
    assert [one.removed for one in project.comments(image, removed=True)] == [True]
    project.restore_comment(note.id).result(10)
    assert [one.text for one in project.comments(image)] == ["drusen, two of them"]
    assert project.comments(project.images()[1].id) == []


def test_another_reader_may_resolve_a_note_but_not_change_it(project, tmp_path):
    image = project.images()[0].id
    note = project.add_comment(image, "is this a vessel?").result(10)
    project.close()
    with Project.open(tmp_path / "eyes", reader="bob") as bobs:
        with pytest.raises(ProjectError, match="This note is ann's"):
            bobs.edit_comment(note.id, "no").result(10)
        with pytest.raises(ProjectError, match="only ann may change it"):
            bobs.remove_comment(note.id).result(10)
        bobs.resolve_comment(note.id).result(10)
        answer = bobs.add_comment(image, "It is.").result(10)
        assert [(n.reader, n.resolved_by) for n in bobs.comments(image)] == [("ann", "bob"), ("bob", "")]
        bobs.resolve_comment(note.id, False).result(10)
        assert bobs.comments(image)[0].resolved_by == ""
        assert bobs.comments(image)[1].id == answer.id


def test_a_note_needs_words_and_must_be_there(project):
    image = project.images()[0].id
    with pytest.raises(ProjectError, match="some words"):
        project.add_comment(image, " \n ")
    with pytest.raises(ProjectError, match="not in the project"):
        project.remove_comment("nothing").result(10)


def test_not_assessable_has_a_reason_and_outlives_a_finish_and_taking_it_back(project):
    image = project.images()[0].id
    label = project.load_label(image)
    project.set_review_state(label, "class:1", "not assessable", "Cataract").result(10)
    project.finish(label, [0, 1]).result(10)
    assert project.assessments(image) == {
        "class:0": Assessment("reviewed"),
        "class:1": Assessment("not assessable", "Cataract"),
    }
    project.take_back_finish(label).result(10)
    assert project.assessments(image) == {"class:1": Assessment("not assessable", "Cataract")}
    project.set_review_state(label, "class:1", "unreviewed").result(10)
    assert project.assessments(image) == {}
