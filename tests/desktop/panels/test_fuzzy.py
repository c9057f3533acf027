"""What is found by a few letters, and what is found first."""

from __future__ import annotations

from desktop.panels.fuzzy import score


def best(wanted: str, *texts: str) -> str:
    found = [(value, text) for text in texts if (value := score(wanted, text)) is not None]
    return max(found)[1]


def test_letters_in_their_order_are_enough() -> None:
    assert score("fin", "Finish and next") is not None
    assert score("fan", "Finish and next") is not None
    assert score("zoom", "Finish and next") is None
    assert score("xfi", "Finish and next") is None


def test_every_word_must_be_there() -> None:
    assert score("next image", "Next image") is not None
    assert score("image next", "Next image") is not None
    assert score("next zoom", "Next image") is None


def test_what_was_meant_comes_first() -> None:
    assert best("red", "Take back, then go to the reader", "Redo") == "Redo"
    assert best("nu", "Run a menu", "Next unfinished image") == "Next unfinished image"
    assert best("fit", "Fit the image", "A far interesting thing") == "Fit the image"
    assert best("next", "Next image", "Next unfinished image of this very long filter") == "Next image"


def test_scattered_letters_are_no_answer() -> None:
    assert score("idrid", "Hide the layers while held") is None


def test_nothing_typed_fits_everything() -> None:
    assert score("", "Finish") is not None
