import cv2
import numpy as np
import pytest

from inference.images import read_mask
from inference.remarks import Needs, Piece
from inference.rule_facts import components, measure


def masks():
    one = np.zeros((40, 60), bool)
    one[3:5, 4:9] = True
    one[5, 9] = True  # touches by a corner: the same component
    one[30:33, 50:60] = True
    other = np.zeros((40, 60), np.uint8)
    other[0:10, 0:8] = 4
    return {"a": one, "b": other, "none": None}


def test_components_with_area_and_box():
    assert components(masks()["a"].view(np.uint8)) == (Piece(11, (3, 4, 6, 10)), Piece(30, (30, 50, 33, 60)))
    assert components(np.zeros((5, 5), np.uint8)) == ()


def test_only_what_is_needed_is_measured():
    asked = []
    found = masks()

    def mask_of(name):
        asked.append(name)
        return found[name]

    facts = measure(
        Needs(frozenset(["a", "none"]), frozenset(["b"]), frozenset([("a", "b"), ("b", "none")])), mask_of
    )
    assert facts.areas == {"a": 41, "none": 0}
    assert facts.pieces == {"b": (Piece(80, (0, 0, 10, 8)),)}
    outside = facts.outside[("a", "b")]
    assert outside[0] == Piece(3, (3, 8, 6, 10))
    assert facts.outside[("b", "none")] == facts.pieces["b"]
    assert sorted(asked) == ["a", "b", "none"]


def test_nothing_needed_asks_for_no_mask():
    assert measure(Needs(), lambda name: 1 / 0).areas == {}


@pytest.mark.real_images
def test_real_lesions_are_measured_and_found_again(real_images):
    """Four true layers of 12 megapixels: every component is where its box says, none is lost."""
    folder = real_images / "retina" / "masks"
    found = {}
    for path in sorted(folder.rglob("IDRiD_03*")):
        found[path.parent.name] = read_mask(path)
    assert {"MA", "HE", "EX"} <= set(found)
    facts = measure(Needs(pieces=frozenset(found), areas=frozenset(found)), found.__getitem__)
    for name, mask in found.items():
        assert facts.areas[name] == int(mask.sum())
        assert sum(piece.area for piece in facts.pieces[name]) == facts.areas[name]
        assert len(facts.pieces[name]) == cv2.connectedComponents(mask.view(np.uint8))[0] - 1
        for piece in facts.pieces[name]:
            y0, x0, y1, x1 = piece.box
            assert int(mask[y0:y1, x0:x1].sum()) >= piece.area
