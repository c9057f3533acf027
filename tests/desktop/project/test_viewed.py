import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.project.viewed import ViewedArea

sizes = st.tuples(st.integers(1, 200), st.integers(1, 200))
edges = st.integers(-20, 220)
boxes = st.lists(st.tuples(edges, edges, edges, edges), max_size=5)


@settings(max_examples=150, deadline=None)
@given(sizes, boxes, st.integers(1, 64))
def test_a_cell_is_seen_when_its_centre_was(size, looks, cell):
    height, width = size
    area = ViewedArea(height, width, cell=cell)
    seen = np.zeros((height, width), bool)
    for y0, x0, y1, x1 in looks:
        before = area.cells.copy()
        assert area.see((y0, x0, y1, x1)) == (area.cells != before).any()
    for row in range(area.cells.shape[0]):
        for column in range(area.cells.shape[1]):
            y0, x0 = row * cell, column * cell
            y1, x1 = min(y0 + cell, height), min(x0 + cell, width)
            cy, cx = (y0 + y1) / 2, (x0 + x1) / 2
            expected = any(
                max(b[0], 0) <= cy < min(b[2], height) and max(b[1], 0) <= cx < min(b[3], width)
                for b in looks
            )
            assert area.cells[row, column] == expected
            assert area.saw(cx, cy) == expected
            seen[y0:y1, x0:x1] = expected
    assert area.share == pytest.approx(seen.mean())
    again = ViewedArea.from_bytes(area.to_bytes(), height, width, cell=cell)
    assert np.array_equal(again.cells, area.cells)


def test_the_whole_image_is_all_of_it_and_two_halves_leave_no_line():
    area = ViewedArea(2848, 4288)
    assert area.share == 0.0 and len(area.to_bytes()) == -(-89 * 134 // 8)
    area.see((0, 0, 2848, 1000))
    area.see((0, 1000, 2848, 4288))
    assert area.share == 1.0
    assert not area.saw(-1, 5) and not area.saw(5, 2848) and area.saw(4287, 2847)


def test_areas_of_one_image_are_put_together_and_others_are_refused():
    first, second = ViewedArea(100, 100), ViewedArea(100, 100)
    first.see((0, 0, 100, 50))
    second.see((0, 50, 100, 100))
    first.merge(second)
    assert first.share == 1.0
    with pytest.raises(ValueError, match="one image"):
        first.merge(ViewedArea(100, 200))
    with pytest.raises(ValueError, match="no viewed area"):
        ViewedArea.from_bytes(b"\0", 100, 100)
    with pytest.raises(ValueError, match="at least one"):
        ViewedArea(0, 5)
    with pytest.raises(ValueError, match="cover"):
        ViewedArea(64, 64, cells=np.zeros((3, 3), bool))
