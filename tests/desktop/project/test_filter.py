"""Filters and sorts as records: written and read back the same, strange ones refused in a sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.project.filter import (
    BROKEN,
    ClassIs,
    Filter,
    FilterError,
    FindingIs,
    GradeIs,
    SavedFilter,
    Sort,
    Span,
)
from desktop.project.rows import STATUSES

spans = st.one_of(
    st.none(),
    st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda pair: Span(min(pair), max(pair))),
    st.floats(0, 1).map(lambda low: Span(low)),
)
filters = st.builds(
    Filter,
    text=st.text(max_size=3),
    statuses=st.lists(st.sampled_from([*STATUSES, BROKEN]), unique=True, max_size=3).map(tuple),
    grades=st.lists(
        st.builds(GradeIs, st.just("severity"), st.lists(st.sampled_from(["0", "1", None])).map(tuple)),
        max_size=1,
    ).map(tuple),
    findings=st.lists(
        st.builds(FindingIs, st.just("DME"), st.lists(st.sampled_from(["present", None])).map(tuple)),
        max_size=1,
    ).map(tuple),
    classes=st.lists(
        st.builds(
            ClassIs,
            st.integers(0, 2),
            st.sampled_from([True, False, None]),
            spans.map(lambda one: one or Span()),
            st.sampled_from(["shown", "label", "prediction"]),
        ),
        max_size=2,
    ).map(tuple),
    uncertainty=spans,
    disagreement=spans,
    groups=st.lists(st.sampled_from(["a", "b"]), unique=True).map(tuple),
    splits=st.lists(st.sampled_from(["train", "val", "test"]), unique=True).map(tuple),
    readers=st.lists(st.sampled_from(["ann", "bob"]), unique=True).map(tuple),
    comments=st.sampled_from([None, True, False]),
    problem=st.sampled_from([None, True, False]),
)


@given(filters)
def test_a_filter_survives_json(wanted) -> None:
    saved = SavedFilter("mine", wanted, Sort("area", True, 3))
    assert SavedFilter.from_dict(json.loads(json.dumps(saved.to_dict()))) == saved


@pytest.mark.parametrize(
    "record",
    [
        {"colour": "red"},
        {"statuses": ["done"]},
        {"splits": ["all"]},
        {"text": 3},
        {"grades": [{"scale": "severity"}]},
        {"grades": [{"scale": "severity", "values": [1]}]},
        {"findings": [{"finding": "DME", "states": ["perhaps"]}]},
        {"classes": [{"class_id": "MA"}]},
        {"classes": [{"class_id": 1, "where": "truth"}]},
        {"classes": [{"class_id": 1, "size": 2}]},
        {"uncertainty": {"low": 0.8, "high": 0.2}},
        {"uncertainty": {"low": "much"}},
        {"comments": "yes"},
        [],
    ],
)
def test_what_is_not_understood_is_refused_in_a_sentence(record) -> None:
    with pytest.raises(FilterError) as caught:
        Filter.from_dict(record)
    assert str(caught.value).endswith(".")


def test_sorts_are_strict() -> None:
    with pytest.raises(FilterError):
        Sort.from_dict({"key": "beauty"})
    with pytest.raises(FilterError):
        Sort.from_dict({"key": "area"})
    with pytest.raises(FilterError):
        Sort.from_dict({"key": "name", "class_id": 1})
    with pytest.raises(FilterError):
        Sort.from_dict({"key": "name", "descending": 1})
    with pytest.raises(FilterError):
        SavedFilter.from_dict({"name": " ", "filter": {}})


def test_conditions_are_taken_away_one_by_one() -> None:
    both = Filter(
        text="x",
        classes=(ClassIs(0), ClassIs(1)),
        grades=(GradeIs("severity", ("1",)), GradeIs("quality", (None,))),
        splits=("train", "val"),
    )
    assert both and not Filter()
    assert both.without("text").text == ""
    assert both.without("classes", 0).classes == (ClassIs(1),)
    assert both.without("grades", "quality").grades == (GradeIs("severity", ("1",)),)
    assert both.without("splits", "val").splits == ("train",)
    assert not Filter(uncertainty=Span(0.5)).without("uncertainty")
