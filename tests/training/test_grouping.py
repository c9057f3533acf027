import pytest

from training.grouping import Grouping, GroupingError, by_folder, by_pattern, by_table, suggest_pattern


def test_folder():
    grouping = by_folder()
    assert grouping.group_of("a/b/1.png") == "a/b"
    assert grouping.group_of("1.png") == "1.png"
    assert grouping.known and grouping.note is None


def test_pattern_named_first_and_whole():
    assert by_pattern(r"^(?P<group>\d+)_").group_of("12_left.png") == "12"
    assert by_pattern(r"^p(\d+)").group_of("sub/x.png") == "sub/x.png"
    assert by_pattern(r"p\d+").group_of("sub/p3_x.png") == "p3"
    with pytest.raises(GroupingError, match="not a regular expression"):
        by_pattern("(")


def test_table():
    grouping = by_table([("1.png", "a"), ("2", "b")])
    assert grouping.group_of("1.png") == "a"
    assert grouping.group_of("x/2.png") == "b"
    assert grouping.group_of("3.png") == "3.png"
    with pytest.raises(GroupingError, match="two groups"):
        by_table([("1.png", "a"), ("1.png", "b")])


def test_unknown_says_so_and_round_trips():
    assert "Grouping unknown" in (Grouping().note or "")
    for grouping in (Grouping(), by_folder(), by_pattern("a"), by_table([("x", "y")])):
        assert Grouping.from_dict(grouping.to_dict()) == grouping
    with pytest.raises(GroupingError, match="colour"):
        Grouping.from_dict({"kind": "folder", "colour": 1})


def eyes(pattern, names):
    return {by_pattern(pattern).group_of(name) for name in names}


def test_suggestions():
    names = [f"{p}_{e}.jpeg" for p in range(10, 20) for e in ("left", "right")]
    assert eyes(suggest_pattern(names), names) == {str(p) for p in range(10, 20)}
    names = [f"seq{s:02d}_{f:04d}.png" for s in range(5) for f in range(8)]
    assert eyes(suggest_pattern(names), names) == {f"seq{s:02d}" for s in range(5)}
    names = [f"P{p:03d}-{date}-{view}.png" for p in range(6) for date in ("2019", "2020") for view in "AB"]
    assert suggest_pattern(names) is not None


@pytest.mark.parametrize(
    "names",
    [
        [f"IDRiD_{i:02d}.jpg" for i in range(1, 55)],
        [f"{i}.png" for i in range(400)],
        [f"ISIC_{i:07d}.jpg" for i in range(50)],
        ["a_1.png", "a_2.png"],
        [f"horse{i:03d}.jpg" for i in range(100)],
    ],
)
def test_not_sure_suggests_nothing(names):
    assert suggest_pattern(names) is None
