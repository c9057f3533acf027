"""Grades by digit, classes by number, findings, and what cannot be assessed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from desktop.actions.record import Action

if TYPE_CHECKING:
    from desktop.desk import Desk

DIGITS = tuple("0123456789")


def actions(desk: Desk) -> tuple[Action, ...]:
    """The actions of this section, bound to this desk."""
    grade = partial(Action, section="Values", enabled_when=desk.can_grade)
    select = partial(Action, section="Classes", enabled_when=desk.has_classes)
    grades = tuple(
        grade(f"grade.{digit}", f"Set grade {digit}", partial(desk.grade_by_digit, digit), (digit,))
        for digit in DIGITS
    )
    classes = tuple(
        select(f"class.{n}", f"Select class {n}", partial(desk.class_by_number, n), (f"Ctrl+{n}",))
        for n in range(1, 10)
    )
    return grades + _values(desk) + classes


def _values(desk: Desk) -> tuple[Action, ...]:
    judging = desk.judging
    act = partial(Action, section="Values")
    return (
        act(
            "value.find",
            "Find a value of a long scale",
            judging.find_value,
            ("Ctrl+T",),
            icon="search",
            enabled_when=judging.can_find,
        ),
        act(
            "value.quality",
            "To the image quality",
            judging.focus_quality,
            ("Alt+Q",),
            enabled_when=judging.has_quality,
        ),
        act(
            "value.findings",
            "To the findings",
            judging.focus_findings,
            ("Alt+F",),
            enabled_when=judging.has_finding,
        ),
        *_findings(desk),
        act(
            "value.not_assessable",
            "Not assessable, with a reason",
            judging.ask_not_assessable,
            ("Ctrl+Shift+A",),
            icon="not-assessable",
            enabled_when=judging.can_assess,
        ),
    )


def _findings(desk: Desk) -> tuple[Action, ...]:
    judging = desk.judging
    return tuple(
        Action(
            f"finding.{n}",
            f"Finding {n}: present, absent, not assessed",
            partial(judging.cycle_finding, n),
            (f"Ctrl+Alt+{n}",),
            section="Values",
            enabled_when=partial(judging.has_finding, n),
        )
        for n in range(1, 10)
    )
