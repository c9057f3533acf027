"""Grades by digit, classes by number."""

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
    return grades + classes
