"""Locks, solo and looks that are remembered for this reader and project."""

from __future__ import annotations

from tests.desktop.session_tools import SCHEMA, close, make_folder, new_session, open_and_wait


def test_looks_and_locks_are_remembered_and_written_once(qtbot, qapp, tmp_path, monkeypatch):
    folder = make_folder(tmp_path / "images", 1)
    session = new_session()
    open_and_wait(qtbot, session, folder)
    written = []
    kept = type(session.project).set_setting
    monkeypatch.setattr(
        type(session.project), "set_setting",
        lambda self, key, value: (written.append(key), kept(self, key, value))[1],
    )  # fmt: skip
    for opacity in range(10):
        session.set_layer_style(0, opacity=opacity / 10)
    session.set_layer_style(1, visible=False, fill=False, color="#123456")
    session.layers.set_locked(1, True)
    session.layers.flush()
    qtbot.waitUntil(lambda: session.pending == 0)
    assert [key for key in written if key.startswith("layers:")] == [f"layers:{session.project.reader}"]
    with qtbot.waitSignal(session.opening.indexing.done, timeout=20_000):
        session.open_folder(folder, schema=SCHEMA)
    assert session.styles[0].opacity == 0.9 and session.layers.locked == {1}
    other = session.styles[1]
    assert (other.visible, other.fill, other.outline, other.color) == (False, False, True, "#123456")
    close(qtbot, session)


def test_a_damaged_memory_of_looks_is_left_alone(qtbot, qapp, tmp_path):
    folder = make_folder(tmp_path / "images", 1)
    session = new_session()
    open_and_wait(qtbot, session, folder)
    before = dict(session.styles)
    record = {"styles": {"0": {"opacity": 7}, "1": {"glow": True}, "x": {}}, "locked": []}
    session.project.set_setting(f"layers:{session.project.reader}", record).result(10)
    with qtbot.waitSignal(session.opening.indexing.done, timeout=20_000):
        session.open_folder(folder, schema=SCHEMA)
    assert dict(session.styles) == before
    close(qtbot, session)


def test_solo_shows_one_layer_and_gives_back_what_was_shown(qtbot, qapp, tmp_path):
    session = new_session()
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 1))
    session.set_layer_style(1, visible=False)
    session.layers.toggle_solo(1)
    assert [style.visible for style in session.styles.values()] == [False, True]
    session.layers.toggle_solo(0)
    assert session.layers.solo == 0
    assert [style.visible for style in session.styles.values()] == [True, False]
    session.layers.toggle_solo(0)
    assert [style.visible for style in session.styles.values()] == [
        True,
        False,
    ] and session.layers.solo is None
    close(qtbot, session)


def test_layers_are_counted_behind(qtbot, qapp, tmp_path):
    from tests.desktop.session_tools import dab

    session = new_session()
    open_and_wait(qtbot, session, make_folder(tmp_path / "images", 2))
    dab(session, 20, 20)
    dab(session, 60, 90)
    qtbot.waitUntil(lambda: 0 in session.layer_counts.counts and session.layer_counts.counts[0].pixels > 0)
    count = session.layer_counts.counts
    assert (count[0].pixels, count[0].regions) == (200, 2) and (count[1].pixels, count[1].regions) == (0, 0)
    session.next()
    assert session.layer_counts.counts == {}
    close(qtbot, session)
