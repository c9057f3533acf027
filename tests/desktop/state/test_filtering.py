"""Filtering in a real sitting: facts from the store and from what happens now, ways through a filter."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from desktop.project.facts import POOLED, LabelFacts, area_column
from desktop.project.filter import ClassIs, Filter, FilterError, GradeIs, Sort, Span
from desktop.session import Session
from desktop.state.names import Names, natural_key
from inference.prediction import Geometry, Prediction
from tests.desktop.session_tools import SCHEMA, close, dab, make_folder, new_session, open_and_wait


@pytest.fixture
def opened(qtbot, session, tmp_path) -> Session:
    open_and_wait(qtbot, session, make_folder(tmp_path / "eyes", 6))
    loaded(qtbot, session)
    return session


def loaded(qtbot, session: Session) -> None:
    """Wait until the facts of the store are in."""
    session.filtering._load.stop()
    session.filtering.readers = ()
    session.filtering.load()
    qtbot.waitUntil(lambda: bool(session.filtering.readers), timeout=5_000)


def listed(qtbot, session: Session, wanted: Filter, order: Sort | None = None) -> list[int]:
    with qtbot.waitSignal(session.filtering.changed, timeout=5_000):
        session.filtering.set(wanted, order)
    return [session.filtering.position(row) for row in range(len(session.filtering))]


def on(qtbot, session: Session, position: int) -> None:
    session.go_to(position)
    qtbot.waitUntil(lambda: session.label is not None and session.pixels is not None, timeout=10_000)


def saved(qtbot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.pending == 0, timeout=10_000)


def test_what_is_done_now_is_found_at_once_and_again_after_a_restart(qtbot, tmp_path) -> None:
    session = new_session()
    open_and_wait(qtbot, session, make_folder(tmp_path / "eyes", 6))
    loaded(qtbot, session)
    on(qtbot, session, 2)
    session.set_grade("severity", "mild")
    dab(session)
    session.finish()
    saved(qtbot, session)
    facts = session.filtering.facts
    qtbot.waitUntil(lambda: facts.values(area_column(0))[2] > 0, timeout=5_000)
    mild = Filter(grades=(GradeIs("severity", ("mild",)),), statuses=("corrected",), classes=(ClassIs(0),))
    assert listed(qtbot, session, mild) == [2]
    assert listed(qtbot, session, Filter(grades=(GradeIs("severity", (None,)),))) == [0, 1, 3, 4, 5]
    project = session.project
    qtbot.waitUntil(lambda: project.labels_without_facts() == [], timeout=5_000)
    close(qtbot, session)

    again = new_session()
    open_and_wait(qtbot, again, tmp_path / "eyes", schema=None)
    loaded(qtbot, again)
    assert listed(qtbot, again, mild) == [2]
    assert listed(qtbot, again, Filter(readers=(again.project.reader,))) == [2]
    assert again.filtering.facts.values("changed")[2] > 1.6e9
    close(qtbot, again)


def test_notes_are_counted_as_they_are_written_and_removed(qtbot, opened) -> None:
    session = opened
    on(qtbot, session, 3)
    session.notes.begin()
    session.notes.keep("Look again")
    assert listed(qtbot, session, Filter(comments=True)) == [3]
    saved(qtbot, session)
    session.notes.remove(session.notes.rows[0])
    assert listed(qtbot, session, Filter(comments=False)) == [0, 1, 2, 3, 4, 5]
    saved(qtbot, session)


def test_facts_that_are_missing_in_the_store_are_made_when_idle(qtbot, opened) -> None:
    session, project = opened, opened.project
    label = project.load_label(session.entries[4].image_id)
    label.ensure_planes(96, 128)
    label.set_grade("severity", "none")
    stroke = label.begin_stroke(1)
    box = stroke.touch((0, 0, 48, 128))
    inside = np.ones((48, 128), bool)
    label.planes.set_class(1, box, inside, inside)
    label.record(stroke.commit("Brush"))
    project.save(label).result(5)
    assert project.labels_without_facts() == [session.entries[4].image_id]
    session.fact_keeping._fill()
    qtbot.waitUntil(lambda: session.filtering.facts.values(area_column(1))[4] == 0.5, timeout=5_000)
    assert project.labels_without_facts() == []


def test_doubt_of_old_summaries_is_made_from_the_cache(qtbot, opened) -> None:
    session, project = opened, opened.project
    geometry = Geometry((96, 128), (8, 8), (0.0, 0.0, 8.0, 8.0))
    half = Prediction("m" * 64, ("MA",), np.full((1, 8, 8), 128, np.uint8), geometry)
    row = session.entries[2].row
    session.opening.source.cache.put(row.content_hash, 0, half)
    for position in (2, 4):  # the cache knows nothing of the second one
        project.store_prediction_summary(
            session.entries[position].image_id, "m" * 64, {"classes": {}}
        ).result(5)
    session.fact_keeping._digest = "m" * 64
    session.fact_keeping._fill()
    qtbot.waitUntil(lambda: session.filtering.facts.values("uncertainty")[2] > 0.99, timeout=5_000)
    qtbot.waitUntil(lambda: not session.fact_keeping._filling, timeout=5_000)
    left = [one[0] for one in project.predictions_without_uncertainty("m" * 64)]
    assert left == [session.entries[4].image_id]


def test_stored_facts_come_as_columns(qtbot, opened) -> None:
    session, project = opened, opened.project
    ids = [entry.image_id for entry in session.entries]
    project.store_label_facts([LabelFacts(ids[1], 0, {0: 0.25}, "m", 0.5, {0: 0.5})]).result(5)
    project.store_prediction_summary(
        ids[3], "m", {"classes": {"HE": {"fraction": 0.1}}, "uncertainty": 0.7}
    ).result(5)
    project.add_comment(ids[0], "Look here").result(5)
    columns = {one.name: one for one in project.stored_facts(session.entries.position_of_path, "m")}
    assert columns[area_column(0)].positions.tolist() == [1] and columns[area_column(0)].values == [0.25]
    assert columns[POOLED].values == [0.5]
    assert columns["uncertainty"].positions.tolist() == [3] and columns["predicted:1"].values == [0.1]
    assert columns["comments"].positions.tolist() == [0]
    assert set(columns["group"].positions.tolist()) == set(range(6))
    assert "uncertainty" not in {one.name for one in project.stored_facts(session.entries.position_of_path)}


def test_a_reading_of_the_store_does_not_undo_what_happened_meanwhile(qtbot, opened) -> None:
    session = opened
    on(qtbot, session, 1)
    session.filtering.load()
    session.set_grade("severity", "severe")
    loaded(qtbot, session)
    assert listed(qtbot, session, Filter(grades=(GradeIs("severity", ("severe",)),))) == [1]
    saved(qtbot, session)


def test_ways_lead_along_the_filter(qtbot, opened) -> None:
    session, routes = opened, opened.filtering.routes
    facts = session.filtering.facts
    facts.put("uncertainty", [0, 2, 3, 5], [0.1, 0.9, 0.4, 0.4])
    doubtful = Filter(uncertainty=Span(0.05))
    assert listed(qtbot, session, doubtful, Sort("uncertainty", True)) == [2, 3, 5, 0]
    on(qtbot, session, 2)
    assert (routes.along(1), routes.along(-1), routes.ahead(1)) == (3, None, [3, 5])
    on(qtbot, session, 4)
    assert (routes.along(1), routes.along(-1)) == (5, 3), "from outside: the nearest by place"
    on(qtbot, session, 3)
    assert routes.doubtful() == 5
    on(qtbot, session, 0)
    assert routes.doubtful() == 2, "the lowest of all: round again"
    on(qtbot, session, 5)
    session.finish_and_next()
    assert session.position == 0, "finish goes on inside the filter, in its order"
    saved(qtbot, session)
    session.next_unfinished()
    assert session.position == 2
    session.filtering.set(Filter(), Sort())
    assert session.filtering.rows is None and routes.ahead(1) == []


def test_the_last_one_says_that_nothing_is_left(qtbot, opened) -> None:
    session, said = opened, []
    session.noted.connect(said.append)
    for _ in range(5):
        session.second_look()
    assert not said, "a second look is still to come, here or there"
    for position in range(6):
        on(qtbot, session, position)
        session.reject("Blurred")
        saved(qtbot, session)
    assert said == ["No other image is unfinished."]
    listed(qtbot, session, Filter(statuses=("rejected",)))
    session.next_unfinished()
    assert said[1:] == ["No other image of this filter is unfinished."]


def test_images_of_the_filter_are_read_ahead(qtbot, opened) -> None:
    session = opened
    facts = session.filtering.facts
    facts.put("uncertainty", [0, 5], [0.5, 0.2])
    listed(qtbot, session, Filter(uncertainty=Span(0.1)))
    on(qtbot, session, 0)
    qtbot.waitUntil(lambda: 5 in session.showing.pool.positions(), timeout=5_000)


def test_saved_filters_live_in_the_project(qtbot, tmp_path) -> None:
    session = new_session()
    open_and_wait(qtbot, session, make_folder(tmp_path / "eyes", 2))
    listed(qtbot, session, Filter(statuses=("unseen",)), Sort("name"))
    session.filtering.save(" To do ")
    with pytest.raises(FilterError):
        session.filtering.save("  ")
    saved(qtbot, session)
    strange = {"name": "Newer", "filter": {"colour": "red"}}
    kept = session.project.store.setting("gallery.filters")
    session.project.set_setting("gallery.filters", [*kept, strange]).result(5)
    close(qtbot, session)
    again = new_session()
    open_and_wait(qtbot, again, tmp_path / "eyes", schema=None)
    qtbot.waitUntil(lambda: len(again.filtering.saved) == 1, timeout=5_000)
    one = again.filtering.saved[0]
    assert (one.name, one.filter, one.sort) == ("To do", Filter(statuses=("unseen",)), Sort("name"))
    again.filtering.forget("To do")
    saved(qtbot, again)
    assert again.project.store.setting("gallery.filters") == [strange], "what a newer version wrote stays"
    close(qtbot, again)


def test_names_sort_as_a_person_counts() -> None:
    assert natural_key("eye 10b") == ["eye ", 10, "b"]
    assert natural_key("9") < natural_key("10") and natural_key("a2") < natural_key("a10")
    entries = [SimpleNamespace(path=path, title=path) for path in ("b/Eye 10.png", "a/eye 9.png", "c/2.png")]
    names = Names(entries)
    assert names.ranks(3).tolist() == [2, 1, 0]
    assert names.paths(3)[0] == "b/eye 10.png"
    assert SCHEMA.grades, "the schema of these tests has a scale"
