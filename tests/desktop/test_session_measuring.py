"""What is measured and viewed in a real session: kept, counted anew after strokes, over restarts."""

from __future__ import annotations

import pytest

from desktop.canvas.viewport import Viewport
from desktop.project.errors import ProjectError
from desktop.project.measures import Spacing
from desktop.project.measuring_rows import CALLIPER, POINT
from tests.desktop.session_tools import HEIGHT, WIDTH, close, dab, make_folder, new_session, open_and_wait


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "images", 3)


@pytest.fixture
def opened(qtbot, session, folder):
    open_and_wait(qtbot, session, folder)
    ready(qtbot, session)
    return session


def ready(qtbot, session) -> None:
    qtbot.waitUntil(lambda: session.measuring._image_id is not None and session.viewing.area is not None)


def saved(qtbot, session) -> None:
    qtbot.waitUntil(lambda: session.pending == 0 and session.project.writer.pending == 0, timeout=10_000)


def test_marks_and_spacing_stay_with_their_image_and_come_back(qtbot, folder):
    session = new_session()
    open_and_wait(qtbot, session, folder)
    ready(qtbot, session)
    part = session.measuring
    line = part.add(CALLIPER, "Disc", (10.0, 10.0), (40.0, 50.0))
    part.add(POINT, "Fovea", (60.0, 40.0))
    part.set_spacing(
        Spacing.of_line(line.start, line.end, 1.5), "image", CALLIPER, "Disc: 1.50 mm over 50 px"
    )
    assert part.provenance == "Disc: 1.50 mm over 50 px, for this image"
    saved(qtbot, session)
    session.next()
    ready(qtbot, session)
    qtbot.waitUntil(lambda: part.marks == () and part.spacing is None)
    session.previous()
    qtbot.waitUntil(lambda: len(part.marks) == 2 and part.spacing is not None)
    assert session.entry.status == "unseen", "measuring is no review"
    close(qtbot, session)
    again = new_session()
    open_and_wait(qtbot, again, folder)
    qtbot.waitUntil(lambda: [one.name for one in again.measuring.marks] == ["Disc", "Fovea"])
    assert again.measuring.spacing.x_mm == pytest.approx(0.03)
    close(qtbot, again)


def test_what_is_said_last_holds_for_all_it_was_said_of(qtbot, opened):
    session, part = opened, opened.measuring
    part.set_spacing(Spacing(0.01, 0.01), "image", CALLIPER, "")
    part.set_spacing(Spacing(0.02, 0.02), "size", CALLIPER, "")
    assert part.spacing.x_mm == 0.02 and part.provenance == "for all images of this size"
    saved(qtbot, session)
    assert [row.scope for row in session.project.spacings(session.entry.row)] == ["size"]
    session.next()
    qtbot.waitUntil(lambda: part.spacing is not None)
    part.set_spacing(Spacing(0.03, 0.03), "image", CALLIPER, "")
    assert part.spacing.x_mm == 0.03
    part.forget_spacing()
    assert part.spacing.x_mm == 0.02, "what it had hidden holds again"
    part.forget_spacing()
    assert part.spacing is None
    saved(qtbot, session)
    assert session.project.spacings(session.entry.row) == []


def test_a_scope_that_the_image_lacks_is_refused_and_changes_nothing(qtbot, opened):
    part = opened.measuring
    with pytest.raises(ProjectError):
        part.set_spacing(Spacing(0.01, 0.01), "nothing", CALLIPER, "")
    assert part.spacing is None


def test_the_table_follows_strokes_only_while_somebody_looks(qtbot, opened):
    session, part = opened, opened.measuring
    dab(session, y=20, x=30, radius=5)
    assert part.measures is None
    part.want_table(True)
    qtbot.waitUntil(lambda: part.measures is not None)
    assert part.measures[0].count == 1 and part.measures[0].area_px == 100
    assert part.measures[1].count == 0
    part.add(POINT, "Fovea", (60.0, 20.0))
    qtbot.waitUntil(lambda: part.measures[0].nearest_px is not None)
    assert part.measures[0].nearest_px == pytest.approx(25.5 + 0.0, abs=0.6)
    dab(session, y=60, x=100, radius=4)
    dab(session, y=80, x=20, radius=4)
    qtbot.waitUntil(lambda: part.measures[0].count == 3)
    session.undo()
    qtbot.waitUntil(lambda: part.measures[0].count == 2)
    part.want_table(False)
    session.undo()
    assert part.measures[0].count == 2
    part.want_table(True)
    qtbot.waitUntil(lambda: part.measures[0].count == 1)
    saved(qtbot, session)


def test_what_is_seen_at_full_size_for_a_moment_is_kept(qtbot, opened):
    session, viewing = opened, opened.viewing
    small = Viewport(WIDTH, HEIGHT, 64, 48).fit()
    viewing.look(small)
    assert viewing.area.share == 0.0
    left = small.scaled_to(1.0, 0, 0)
    viewing.look(left)
    with qtbot.waitSignal(viewing.changed, timeout=3000):
        pass
    first = viewing.area.share
    assert first == pytest.approx(2 / 12), "two cells have their centre in sight"
    viewing.look(left.centred_on(WIDTH, HEIGHT))
    qtbot.waitUntil(lambda: viewing.area.share > first)
    second = viewing.area.share
    image_id = session.entry.image_id
    session.next()
    saved(qtbot, session)
    assert session.project.viewed(image_id).share == pytest.approx(second)
    ready(qtbot, session)
    assert viewing.area.share == 0.0
    session.previous()
    qtbot.waitUntil(lambda: viewing.area is not None and viewing.area.share == pytest.approx(second))


def test_what_flies_past_is_not_seen(qtbot, opened):
    viewing = opened.viewing
    left = Viewport(WIDTH, HEIGHT, 64, 48).fit().scaled_to(1.0, 0, 0)
    viewing.look(left)
    viewing.look(left.centred_on(WIDTH, HEIGHT))
    assert viewing._dwell.isActive()
    viewing._dwelt()
    assert viewing.area.share == 0.0, "the two looks have no place in common"


def test_closing_keeps_what_was_seen(qtbot, folder):
    session = new_session()
    open_and_wait(qtbot, session, folder)
    ready(qtbot, session)
    session.viewing.look(Viewport(WIDTH, HEIGHT, 400, 400).fit())
    qtbot.waitUntil(lambda: session.viewing.area.share == 1.0)
    close(qtbot, session)
    again = new_session()
    open_and_wait(qtbot, again, folder)
    qtbot.waitUntil(lambda: again.viewing.area is not None and again.viewing.area.share == 1.0)
    close(qtbot, again)
