"""Facts: the columns answer as a loop over plain records would, whatever the filter and the sort."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.project.facts import (
    POOLED,
    Facts,
    area_column,
    finding_column,
    grade_column,
    predicted_column,
    reader_column,
)
from desktop.project.filter import BROKEN, ClassIs, Filter, GradeIs, Sort, Span
from desktop.project.rows import STATUSES
from tests.desktop.project.test_filter import filters

fractions = st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 1.0]))


@dataclass
class Plain:
    """One image as a plain record; None: not known."""

    path: str
    status: str
    problem: bool
    group: str | None
    split: str | None
    comments: int
    grade: str | None
    finding: str | None
    uncertainty: float | None
    disagreement: float | None
    changed: float | None
    label: dict[int, float | None] = field(default_factory=dict)
    said: dict[int, float | None] = field(default_factory=dict)
    readers: frozenset[str] = frozenset()


plain = st.builds(
    Plain,
    path=st.sampled_from(["A/eye 1.png", "a/Eye 2.png", "b/ä.png", "x"]),
    status=st.sampled_from(STATUSES),
    problem=st.booleans(),
    group=st.sampled_from([None, "a", "b", "c"]),
    split=st.sampled_from([None, "train", "val", "test"]),
    comments=st.integers(0, 2),
    grade=st.sampled_from([None, "0", "1"]),
    finding=st.sampled_from([None, "present", "absent", "not assessed"]),
    uncertainty=fractions,
    disagreement=fractions,
    changed=fractions,
    label=st.dictionaries(st.integers(0, 2), fractions),
    said=st.dictionaries(st.integers(0, 2), fractions),
    readers=st.frozensets(st.sampled_from(["ann", "bob"])),
)


def columns_of(images: list[Plain]) -> Facts:
    facts = Facts()
    for position, image in enumerate(images):
        facts.grow(position + 1)
        facts.put("status", [position], [image.status])
        for name, value in (("problem", image.problem), ("comments", image.comments)):
            facts.put_one(name, position, value)
        for name, text in (
            ("group", image.group),
            ("split", image.split),
            (grade_column("severity"), image.grade),
            (finding_column("DME"), image.finding),
        ):
            facts.put_one(name, position, text)
        numbers = {"uncertainty": image.uncertainty, POOLED: image.disagreement, "changed": image.changed}
        numbers |= {area_column(number): value for number, value in image.label.items()}
        numbers |= {predicted_column(number): value for number, value in image.said.items()}
        for name, value in numbers.items():
            facts.put_one(name, position, np.nan if value is None else value)
        for reader in image.readers:
            facts.put_one(reader_column(reader), position, True)
    return facts


def inside(value: float | None, span: Span) -> bool:
    if value is None:
        return False
    low = -math.inf if span.low is None else np.float32(span.low)
    high = math.inf if span.high is None else np.float32(span.high)
    return bool(low <= np.float32(value) <= high)


def covers(image: Plain, one: ClassIs) -> bool:
    label, said = image.label.get(one.class_id), image.said.get(one.class_id)
    part = {"label": label, "prediction": said, "shown": said if label is None else label}[one.where]
    if part is None or not inside(part, one.area):
        return False
    return one.present is None or one.present == (part > 0)


def meets(image: Plain, wanted: Filter) -> bool:
    status = BROKEN if image.problem else image.status
    return all(
        (
            wanted.text.strip().casefold() in image.path.casefold(),
            not wanted.statuses or status in wanted.statuses,
            all(image.grade in one.values for one in wanted.grades),
            all(image.finding in one.states for one in wanted.findings),
            all(covers(image, one) for one in wanted.classes),
            wanted.uncertainty is None or inside(image.uncertainty, wanted.uncertainty),
            wanted.disagreement is None or inside(image.disagreement, wanted.disagreement),
            not wanted.groups or image.group in wanted.groups,
            not wanted.splits or image.split in wanted.splits,
            not wanted.readers or bool(image.readers & set(wanted.readers)),
            wanted.comments is None or (image.comments > 0) == wanted.comments,
            wanted.problem is None or image.problem == wanted.problem,
        )
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(plain, max_size=12), filters)
def test_a_filter_answers_as_a_loop_would(images, wanted) -> None:
    found = columns_of(images).ask(wanted, Sort()).answer([one.path.casefold() for one in images])
    assert found.tolist() == [at for at, image in enumerate(images) if meets(image, wanted)]


values = {
    "uncertainty": lambda image: image.uncertainty,
    "disagreement": lambda image: image.disagreement,
    "changed": lambda image: image.changed,
    "status": lambda image: STATUSES.index(image.status),
}


@settings(max_examples=100, deadline=None)
@given(st.lists(plain, max_size=12), st.sampled_from(sorted(values)), st.booleans())
def test_a_sort_is_stable_and_puts_what_is_not_known_last(images, key, descending) -> None:
    found = columns_of(images).ask(Filter(), Sort(key, descending)).answer()
    known = [at for at, image in enumerate(images) if values[key](image) is not None]
    rest = [at for at in range(len(images)) if at not in known]
    sign = -1 if descending else 1
    assert found.tolist() == sorted(known, key=lambda at: sign * values[key](images[at])) + rest


def test_sorts_by_class_by_name_and_at_random() -> None:
    facts = Facts()
    facts.grow(4)
    facts.put(area_column(7), [0, 2], [0.1, 0.3])
    assert facts.ask(Filter(), Sort("area", True, 7)).answer().tolist() == [2, 0, 1, 3]
    ranks = np.array([3, 1, 2], np.int32)
    assert facts.ask(Filter(), Sort("name")).answer((), ranks).tolist() == [1, 2, 0, 3]
    assert facts.ask(Filter(), Sort("position", True)).answer().tolist() == [3, 2, 1, 0]
    first = facts.ask(Filter(), Sort("random", seed=1)).answer().tolist()
    assert first == facts.ask(Filter(), Sort("random", seed=1)).answer().tolist()
    assert sorted(first) == [0, 1, 2, 3]
    orders = {tuple(facts.ask(Filter(), Sort("random", seed=n)).answer()) for n in range(9)}
    assert len(orders) > 1


def test_a_value_nobody_gave_is_found_by_nobody() -> None:
    facts = Facts()
    facts.grow(3)
    facts.put(grade_column("severity"), [0, 1], ["mild", None])
    assert facts.ask(Filter(grades=(GradeIs("severity", ("severe",)),)), Sort()).answer().tolist() == []
    assert facts.ask(Filter(grades=(GradeIs("quality", (None,)),)), Sort()).answer().tolist() == [0, 1, 2]
    assert facts.ask(Filter(grades=(GradeIs("severity", (None, "mild")),)), Sort()).answer().size == 3


def test_a_question_is_a_copy_and_columns_can_be_forgotten() -> None:
    facts = Facts()
    facts.grow(2)
    facts.put(predicted_column(1), slice(0, 2), [0.5, 0.0])
    question = facts.ask(Filter(classes=(ClassIs(1),)), Sort())
    facts.put_one(predicted_column(1), 0, 0.0)
    assert question.answer().tolist() == [0]
    facts.forget("predicted")
    assert facts.ask(Filter(classes=(ClassIs(1),)), Sort()).answer().tolist() == []


def test_groups_are_told_in_order() -> None:
    facts = Facts()
    facts.grow(4)
    facts.put("group", range(4), ["left", "right", None, "left"])
    assert facts.group_members("left").tolist() == [0, 3]
    assert facts.group_members("nobody").tolist() == []


def test_a_hundred_thousand_images_are_filtered_while_one_blinks() -> None:
    count = 100_000
    chance = np.random.default_rng(0)
    facts = Facts()
    facts.grow(count)
    facts.put("status", slice(None, count), [STATUSES[n] for n in chance.integers(0, 6, count)])
    for number in range(4):
        facts.put(area_column(number), slice(None, count), chance.random(count))
    paths = [f"folder {n // 1000}/image {n}.png" for n in range(count)]
    wanted = Filter(text="image 9", statuses=("unseen", "accepted"), classes=(ClassIs(0), ClassIs(1)))
    began = time.perf_counter()
    found = facts.ask(wanted, Sort("area", True, 2)).answer(paths)
    assert 1_000 < len(found) < count
    # Some 25 ms on an idle core; this only notices a loop over Python objects.
    assert time.perf_counter() - began < 1.0
