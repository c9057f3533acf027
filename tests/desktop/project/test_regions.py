from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from desktop.project import regions

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14))
radii = st.one_of(st.integers(1, 6).map(float), st.floats(0.5, 6.0))
quick = settings(max_examples=60, deadline=None)


def pieces(mask: np.ndarray, diagonal: bool) -> list[set[tuple[int, int]]]:
    """The connected pieces, by walking from pixel to pixel."""
    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)] if diagonal else []
    left = set(zip(*map(list, np.nonzero(mask)), strict=True))
    found = []
    while left:
        piece, open_ = set(), [left.pop()]
        while open_:
            row, column = open_.pop()
            piece.add((row, column))
            for dy, dx in steps:
                if (row + dy, column + dx) in left:
                    left.remove((row + dy, column + dx))
                    open_.append((row + dy, column + dx))
        found.append(piece)
    return found


def within(mask: np.ndarray, radius: float) -> np.ndarray:
    """The definition: some True pixel is at most the radius away."""
    rows, columns = np.nonzero(mask)
    y, x = np.indices(mask.shape)
    out = np.zeros_like(mask)
    for row, column in zip(rows, columns, strict=True):
        out |= (y - row) ** 2 + (x - column) ** 2 <= radius * radius + 1e-9
    return out


@quick
@given(masks, st.integers(0, 9))
def test_holes_up_to_an_area_are_filled(mask, largest):
    expected = mask.copy()
    height, width = mask.shape
    for hole in pieces(~mask, diagonal=False):
        border = any(y in (0, height - 1) or x in (0, width - 1) for y, x in hole)
        if not border and (largest == 0 or len(hole) <= largest):
            for pixel in hole:
                expected[pixel] = True
    before = mask.copy()
    assert np.array_equal(regions.fill_holes(mask, largest), expected)
    assert np.array_equal(mask, before), "nothing is changed in place"


@quick
@given(masks, st.integers(1, 12))
def test_specks_below_an_area_are_dropped(mask, smallest):
    expected = np.zeros_like(mask)
    for piece in pieces(mask, diagonal=True):
        for pixel in piece if len(piece) >= smallest else ():
            expected[pixel] = True
    assert np.array_equal(regions.drop_specks(mask, smallest), expected)


@quick
@given(masks, radii)
def test_growing_takes_a_euclidean_disc_round_every_pixel(mask, radius):
    assert np.array_equal(regions.grow(mask, radius), within(mask, radius))


@quick
@given(masks, radii)
def test_shrinking_is_growing_what_is_outside(mask, radius):
    assert np.array_equal(regions.shrink(mask, radius), mask & ~within(~mask, radius))


@quick
@given(masks, radii)
def test_opening_never_adds_and_closing_never_removes(mask, radius):
    opened, closed = regions.smooth(mask, radius, "opening"), regions.smooth(mask, radius, "closing")
    assert not (opened & ~mask).any()
    assert not (mask & ~closed).any()
    shrunk = mask & ~within(~mask, radius)
    assert np.array_equal(opened, within(shrunk, radius)), "an opening is the union of the discs that fit"


def test_smoothing_evens_bumps_and_leaves_a_straight_edge():
    mask = np.zeros((60, 60), bool)
    mask[30:] = True
    straight = mask.copy()
    mask[29, 20] = True
    mask[30, 40] = False
    assert np.array_equal(regions.smooth(mask, 3), straight)
    assert np.array_equal(regions.smooth(straight, 3), straight)


@quick
@given(masks, masks)
def test_the_nearest_pixels_of_two_pieces(first, second):
    shape = np.minimum(first.shape, second.shape)
    first, second = first[: shape[0], : shape[1]], second[: shape[0], : shape[1]]
    if not (first.any() and second.any()):
        with pytest.raises(ValueError, match="nearest"):
            regions.nearest_pixels(first, second)
        return
    here, there = regions.nearest_pixels(first, second)
    assert first[here] and second[there]
    pairs = [
        (a - c) ** 2 + (b - d) ** 2
        for a, b in zip(*np.nonzero(first), strict=True)
        for c, d in zip(*np.nonzero(second), strict=True)
    ]
    assert (here[0] - there[0]) ** 2 + (here[1] - there[1]) ** 2 == min(pairs)


@quick
@given(st.tuples(*[st.integers(0, 29)] * 4), st.floats(1.0, 7.0))
def test_a_bridge_joins_its_ends(ends, width):
    start, end = ends[:2], ends[2:]
    bar = regions.bridge((30, 30), start, end, width)
    assert bar[start] and bar[end]
    assert len(pieces(bar, diagonal=True)) == 1


@quick
@given(masks, st.tuples(*[st.floats(0, 13.9)] * 4), st.sampled_from([1.0, 2.0, 3.0]))
def test_a_cut_parts_pieces_and_touches_no_other(mask, ends, gap):
    line = regions.cut_line(mask.shape, ends[:2], ends[2:], gap)
    after = regions.cut_apart(mask, line)
    expected = mask.copy()
    for piece in pieces(mask, diagonal=True):
        alone = np.zeros_like(mask)
        alone[tuple(np.array(list(piece)).T)] = True
        if len(pieces(alone & ~line, diagonal=True)) >= 2:
            expected &= ~(alone & line)
    assert np.array_equal(after, expected)


def test_a_thin_cut_across_a_block_makes_two_of_it():
    mask = np.ones((40, 40), bool)
    for end in ((39.2, 31.0), (39.0, 0.0), (12.0, 39.5)):
        line = regions.cut_line(mask.shape, (0.0, 12.0), end, 1)
        assert len(pieces(regions.cut_apart(mask, line), diagonal=True)) == 2
        assert line.sum() < 80


@quick
@given(masks, st.data())
def test_the_piece_at_a_pixel(mask, data):
    row = data.draw(st.integers(0, mask.shape[0] - 1))
    column = data.draw(st.integers(0, mask.shape[1] - 1))
    expected = np.zeros_like(mask)
    for piece in pieces(mask, diagonal=True):
        if (row, column) in piece:
            expected[tuple(np.array(list(piece)).T)] = True
    assert np.array_equal(regions.piece_at(mask, row, column), expected)


def test_an_empty_and_a_full_mask_stay():
    for mask in (np.zeros((9, 7), bool), np.ones((9, 7), bool)):
        for changed in (
            regions.fill_holes(mask), regions.drop_specks(mask, 5), regions.grow(mask, 2),
            regions.shrink(mask, 2), regions.smooth(mask, 2), regions.smooth(mask, 2, "opening"),
        ):  # fmt: skip
            assert np.array_equal(changed, mask)
