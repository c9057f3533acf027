"""Grades, findings and reasons by keyboard: what the Values actions do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.panels.reject import REASONS
from desktop.project.rows import class_target

if TYPE_CHECKING:
    from desktop.session import Session
    from desktop.window import Window


class Judging(QObject):
    """The hands on the Values panel and the reason strip. Panels are reached once the window has them."""

    def __init__(self, window: Window, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session

    # ---- conditions

    def can_find(self) -> bool:
        """There is a scale whose values are found by typing."""
        return self._window.desk.can_label() and bool(self._window.review.values.long_scales)

    def has_quality(self) -> bool:
        """There is a scale that judges the picture itself."""
        scales = self._session.schema.grades
        return self._window.desk.can_label() and any(scale.role == "quality" for scale in scales)

    def has_finding(self, number: int = 1) -> bool:
        """There is an n-th finding."""
        return self._window.desk.can_label() and len(self._session.schema.findings) >= number

    def can_assess(self) -> bool:
        """There is a label with something to be assessed."""
        schema = self._session.schema
        return self._window.desk.can_label() and bool(schema.active_classes or schema.grades)

    # ---- values

    def find_value(self) -> None:
        """Put the keyboard into the field of a long scale."""
        self._window.review.values.find_value()
        self._in_sight()

    def focus_quality(self) -> None:
        """Put the keyboard on the image quality."""
        self._window.review.values.focus_quality()
        self._in_sight()

    def focus_findings(self) -> None:
        """Put the keyboard on the findings."""
        self._window.review.values.focus_findings()
        self._in_sight()

    def _in_sight(self) -> None:
        focus = self._window.focusWidget()
        if focus is not None:
            self._window.review.side.bring_into_sight(focus)

    def cycle_finding(self, number: int) -> None:
        """The n-th finding: present, absent, not assessed, not set."""
        findings = self._window.review.values.findings
        if number <= len(findings):
            findings[number - 1].cycle()

    # ---- reasons

    def ask_reason(self) -> None:
        """Ask why the image is rejected; its quality, when that is the matter, is the first reason."""
        schema, review = self._session.schema, self._window.review
        quality = review.values.quality_reasons()
        review.reject.ask((*quality, *(schema.reject_reasons or REASONS)))

    def ask_not_assessable(self, target: str = "") -> None:
        """Ask why a class or a scale cannot be assessed; ``target`` "": the class that is selected."""
        session = self._session
        schema = session.schema
        targets = [(class_target(item.id), item.label) for item in schema.active_classes]
        targets += [(f"grade:{scale.name}", scale.label) for scale in schema.grades]
        if not targets:
            return
        chosen = target or (class_target(session.class_id) if session.class_id is not None else "")
        self._window.review.reject.ask_target(targets, chosen, schema.not_assessable_reasons, self._kept)

    def _kept(self, target: str, reason: str) -> None:
        self._session.assessments.set_not_assessable(target, reason)
        self._window.canvas.setFocus()
