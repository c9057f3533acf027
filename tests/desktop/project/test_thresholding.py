"""Cuts: what is recorded of them, and that older records are read."""

import pytest
from sqlalchemy import select

from desktop.project import tables
from desktop.project.edit import Edit, read_origin
from desktop.project.errors import EditFormatError
from desktop.project.project import Project
from desktop.project.provenance import Base, Cut
from tests.desktop.project.helpers import indexed


def test_the_cuts_of_unseen_images_are_kept_for_each_model_with_who_and_when(tmp_path):
    with indexed(tmp_path / "eyes", 1) as project:
        project.share_cut("one", "MA", Cut(0.4))
        project.share_cut("one", "MA", Cut(0.42, 30, fill_holes=True))
        project.share_cut("two", "MA", Cut(0.9))
        project.share_cut("one", "HE", Cut(0.1))
        assert project.shared_cuts("one")["MA"] == Cut(0.42, 30, fill_holes=True)
        project.share_cut("one", "HE", None).result(10)
    with Project.open(tmp_path / "eyes", reader="bob") as project:
        assert project.shared_cuts("one") == {"MA": Cut(0.42, 30, fill_holes=True)}
        assert project.shared_cuts("two") == {"MA": Cut(0.9)} and project.shared_cuts("three") == {}
        with project.store.read() as connection:
            rows = connection.execute(select(tables.cuts).order_by(tables.cuts.c.seq)).mappings().all()
    assert [row["threshold"] for row in rows] == [0.4, 0.42, 0.9, 0.1, None]
    assert {row["reader"] for row in rows} == {"ann"} and all(row["created"] for row in rows)


def test_a_base_says_how_it_was_cut_and_reads_what_older_versions_wrote():
    base = Base.predicted("digest", {"MA": Cut(0.4, 25), "HE": Cut(0.6, 0, fill_holes=True)})
    assert Base.from_dict(base.to_dict()) == base
    assert (base.cut("MA"), base.cut("HE"), base.cut("EX")) == (
        Cut(0.4, 25),
        Cut(0.6, 0, fill_holes=True),
        None,
    )
    plain = Base("prediction", "digest", {"MA": 0.5})
    assert set(plain.to_dict()) == {"kind", "model_digest", "thresholds", "source"}
    old = {"kind": "prediction", "model_digest": "digest", "thresholds": {"MA": 0.5}, "source": ""}
    assert Base.from_dict(old) == plain and plain.cut("MA") == Cut(0.5)
    with pytest.raises(EditFormatError, match="does not know"):
        Base.from_dict({**old, "something": 1})


def test_the_origin_of_an_edit_is_read_without_its_pixels():
    origin = Base.predicted("digest", {"MA": Cut(0.3)})
    assert read_origin(Edit("Threshold", (), (), origin).encode()) == origin
    assert read_origin(Edit("Brush").encode()) is None
    with pytest.raises(EditFormatError):
        read_origin(b"nothing")


@pytest.mark.parametrize("values", [{"threshold": 1.2}, {"threshold": -0.1}, {"min_area": -1}])
def test_a_cut_that_makes_no_sense_is_refused(values):
    with pytest.raises(ValueError, match=r"threshold|area"):
        Cut(**values)
