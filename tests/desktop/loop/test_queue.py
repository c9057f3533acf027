"""The order of review."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desktop.loop.queue import FINISHED, Candidate, review_order

STATUSES = ["unseen", "in progress", "accepted", "corrected", "rejected", "second look"]


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(STATUSES),
                st.sampled_from(["train", "val", "test", ""]),
                st.sampled_from(["", "a", "b", "c"]),
                st.booleans(),
            ),
            max_size=40,
        )
    )
    return [
        Candidate(position=i, status=s, split=p, group=g, problem=b) for i, (s, p, g, b) in enumerate(drawn)
    ]


@given(candidates(), st.integers(0, 5))
def test_every_open_image_is_offered_once_begun_ones_first(images: list[Candidate], seed: int) -> None:
    order = review_order(images, seed=seed)
    assert sorted(order) == [c.position for c in images if c.status not in FINISHED and not c.problem]
    assert order == review_order(images, seed=seed)
    ranks = [{"in progress": 0, "second look": 1}.get(images[p].status, 2) for p in order]
    assert ranks == sorted(ranks)


def test_held_out_images_come_early_and_regularly() -> None:
    images = [Candidate(position=i, split="test" if i >= 40 else "train", group=str(i)) for i in range(50)]
    order = review_order(images)
    assert [p >= 40 for p in order[:10]] == [False] * 4 + [True] + [False] * 4 + [True]
    assert sum(p >= 40 for p in order[:50]) == 10


def test_no_group_is_asked_twice_before_every_group_was_asked_once() -> None:
    images = [Candidate(position=i, split="train", group=str(i // 10)) for i in range(60)]
    first_round = review_order(images, seed=3)[:6]
    assert {p // 10 for p in first_round} == set(range(6))
    assert review_order(images, seed=3) != review_order(images, seed=4)
