"""Grades and findings. The model is quiet (a bar, italic, an outline); what a person set is filled."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from desktop.panels.widgets import Elided, clear, column, heading, label, line
from desktop.session import Session
from desktop.theme import GRID, LABEL, look
from inference.schema import Finding, GradeScale

_SHORT = 3
_PER_ROW = 6
STATES = (("present", "present"), ("absent", "absent"), ("not assessed", "not-assessed"))


class ValueButton(QAbstractButton):
    """One choice. Filled with the accent: a person chose it. Outlined with dashes: the model would.

    ``probability`` (0..1 or None) is drawn as a quiet bar; an ``icon_name`` takes the place of the text.
    """

    def __init__(self, text: str, *, icon_name: str = "", wide: bool = False, key: str = "") -> None:
        super().__init__()
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        horizontal = QSizePolicy.Policy.Expanding
        self.setSizePolicy(horizontal, QSizePolicy.Policy.Fixed)
        self._icon_name, self._wide, self._key = icon_name, wide, key
        self.probability: float | None = None
        self.suggested = False

    def sizeHint(self) -> QSize:
        """One row of the grid."""
        return QSize(20 * GRID if self._wide else 4 * GRID, 4 * GRID)

    def minimumSizeHint(self) -> QSize:
        """May become narrow: the text is shortened."""
        return QSize(4 * GRID, 4 * GRID)

    def nextCheckState(self) -> None:  # noqa: N802 - Qt's name
        """The session says what is chosen, not the click."""

    def show_state(self, chosen: bool, probability: float | None, suggested: bool) -> None:
        """Show what the person chose and what the model says."""
        self.setChecked(chosen)
        self.probability, self.suggested = probability, suggested
        words = [self.text() + (" (your choice)" if chosen else "")]
        if probability is not None:
            words.append(f"model {100 * probability:.0f} %")
        self.setAccessibleDescription(", ".join(words))
        tip = ", ".join(words)
        self.setToolTip(f"{tip}  [{self._key}]" if self._key else tip)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, bar and text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        self._bar(painter)
        token = "on_accent" if self.isChecked() else "text" if self.isEnabled() else "text_disabled"
        painter.setPen(look().color(token))
        if self._icon_name:
            icon = look().pixmap(self._icon_name, token, 16, self.devicePixelRatioF())
            painter.drawPixmap(self.rect().center().x() - 7, self.rect().center().y() - 7, icon)
        else:
            self._text(painter)

    def _ground(self, painter: QPainter, ground: QRectF) -> None:
        theme = look().theme
        pen = QPen(theme.color("line"), 1)
        if self.suggested and not self.isChecked():
            pen = QPen(theme.color("text_quiet"), 1, Qt.PenStyle.DashLine)
        fill = "raised"
        if self.isChecked():
            fill = "accent_pressed" if self.isDown() else "accent"
            pen = QPen(theme.color("accent"), 1)
        elif self.isDown():
            fill = "pressed"
        elif self.underMouse() and self.isEnabled():
            fill = "hover"
        if self.hasFocus():
            pen = QPen(theme.color("text" if self.isChecked() else "accent"), 2)
            ground = ground.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(pen)
        painter.setBrush(theme.color(fill))
        painter.drawRoundedRect(ground, 4, 4)

    def _bar(self, painter: QPainter) -> None:
        if self.probability is None:
            return
        width = round((self.width() - GRID) * self.probability)
        token = "on_accent" if self.isChecked() else "model_bar"
        painter.fillRect(QRect(GRID // 2, self.height() - 6, width, 3), look().color(token))

    def _text(self, painter: QPainter) -> None:
        place = self.rect().adjusted(0, 0, 0, -3)
        if not self._wide:
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.text())
            return
        place = place.adjusted(GRID, 0, -GRID, 0)
        said = "" if self.probability is None else f"{self.probability:.2f}".lstrip("0")
        small = painter.font()
        small.setPixelSize(LABEL)
        keys = QFontMetrics(small).horizontalAdvance("00") if self._key else 0
        figure = QFontMetrics(small).horizontalAdvance(".000")
        middle = place.adjusted(keys, 0, -figure, 0)
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, middle.width())
        painter.drawText(middle, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        if not self.isChecked():
            painter.setPen(look().color("text_quiet"))
        painter.setFont(small)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self._key)
        small.setItalic(True)
        painter.setFont(small)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), said)


def digit_of(scale: GradeScale, value: str) -> str:
    """Return a value's digit key: the value itself where all are single digits, else its place.

    Places of an ordinal scale count from 0 (as severities do), of a nominal one from 1.
    """
    if all(len(one) == 1 and one.isdigit() for one in scale.values):
        return value
    at = scale.values.index(value) + (0 if scale.kind == "ordinal" else 1)
    return str(at) if at < 10 else ""


class Grade(QWidget):
    """One scale: short values in a strip, long ones in a list."""

    def __init__(self, scale: GradeScale, session: Session) -> None:
        super().__init__()
        self.scale = scale
        self._session = session
        self.setAccessibleName(f"Grade {scale.label}")
        self.model_says = label("", "model")
        layout = column(self)
        layout.addWidget(heading(scale.label, self.model_says))
        short = all(len(value) <= _SHORT for value in scale.values)
        grid = QGridLayout()
        grid.setSpacing(GRID // 2)
        self.buttons: dict[str, ValueButton] = {}
        for at, value in enumerate(scale.values):
            made = ValueButton(value, wide=not short, key=digit_of(scale, value))
            made.setAccessibleName(f"{scale.label} {value}")
            made.clicked.connect(lambda _=False, value=value: self.choose(value))
            self.buttons[value] = made
            grid.addWidget(made, at // _PER_ROW if short else at, at % _PER_ROW if short else 0)
        layout.addLayout(grid)

    def choose(self, value: str) -> None:
        """Set the grade; the one that is set already is cleared."""
        label_now = self._session.label
        same = label_now is not None and label_now.grades.get(self.scale.name) == value
        self._session.set_grade(self.scale.name, None if same else value)

    def refresh(self) -> None:
        """Show the person's grade and the model's probabilities."""
        label_now, prediction = self._session.label, self._session.prediction
        mine = label_now.grades.get(self.scale.name) if label_now is not None else None
        said = tuple(prediction.grades.get(self.scale.name, ())) if prediction is not None else ()
        if len(said) != len(self.scale.values):
            said = ()
        best = max(range(len(said)), key=said.__getitem__) if said else -1
        for at, (value, made) in enumerate(self.buttons.items()):
            made.setEnabled(label_now is not None)
            made.show_state(value == mine, said[at] if said else None, at == best)
        words = f"model {self.scale.values[best]} · {100 * said[best]:.0f} %" if said else ""
        self.model_says.setText(words)


class FindingRow(QWidget):
    """One finding: its name, what the model says, and three choices."""

    def __init__(self, finding: Finding, session: Session) -> None:
        super().__init__()
        self.finding = finding
        self._session = session
        self.name = Elided(finding.label, mode=Qt.TextElideMode.ElideRight)
        self.model_says = label("", "model")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self.name, 1)
        layout.addWidget(self.model_says)
        self.buttons: dict[str, ValueButton] = {}
        for state, icon in STATES:
            made = ValueButton(state.capitalize(), icon_name=icon)
            made.setFixedWidth(4 * GRID + 4)
            made.setAccessibleName(f"{finding.label} {state}")
            made.clicked.connect(lambda _=False, state=state: self.choose(state))
            self.buttons[state] = made
            layout.addWidget(made)

    def choose(self, state: str) -> None:
        """Set the finding; the state that is set already is cleared."""
        label_now = self._session.label
        same = label_now is not None and label_now.findings.get(self.finding.name) == state
        self._session.set_finding(self.finding.name, None if same else state)

    def refresh(self) -> None:
        """Show the person's choice and the model's probability."""
        label_now, prediction = self._session.label, self._session.prediction
        mine = label_now.findings.get(self.finding.name) if label_now is not None else None
        said = prediction.findings.get(self.finding.name) if prediction is not None else None
        for state, made in self.buttons.items():
            made.setEnabled(label_now is not None)
            suggested = said is not None and state == ("present" if said >= 0.5 else "absent")
            made.show_state(state == mine, None, suggested)
        self.model_says.setText("" if said is None else f"{said:.2f}".lstrip("0"))


class Values(QWidget):
    """All scales and findings of the schema."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("Grades and findings")
        self.grades: list[Grade] = []
        self.findings: list[FindingRow] = []
        self._column = column(self, spacing=2 * GRID)
        session.project_changed.connect(self.rebuild)
        session.values_changed.connect(self.refresh)
        session.prediction_changed.connect(self.refresh)
        session.image_changed.connect(lambda _: self.refresh())
        session.label_changed.connect(lambda box: self.refresh() if box is None else None)
        look().changed.connect(self.refresh)
        self.rebuild()

    def rebuild(self) -> None:
        """Make the controls anew: the schema changed."""
        clear(self._column)
        schema = self._session.schema
        self.grades = [Grade(scale, self._session) for scale in schema.grades]
        self.findings = [FindingRow(finding, self._session) for finding in schema.findings]
        for made in self.grades:
            self._column.addWidget(made)
        if self.findings:
            holder = QWidget()
            rows = column(holder)
            rows.addWidget(heading("Findings"))
            for one in self.findings:
                rows.addWidget(one)
            self._column.addWidget(holder)
        if self.grades or self.findings:
            self._column.addWidget(line())
        self.setVisible(bool(self.grades or self.findings))
        self.refresh()

    def refresh(self) -> None:
        """Show the current label and prediction."""
        for made in self.grades:
            made.refresh()
        for one in self.findings:
            one.refresh()

    def by_digit(self, digit: str) -> bool:
        """Set the grade of this key: of the first scale not yet graded, else of the first one."""
        label_now = self._session.label
        fitting = [
            g for g in self.grades if any(digit_of(g.scale, value) == digit for value in g.scale.values)
        ]
        if label_now is None or not fitting:
            return False
        # A digit with the keyboard inside a scale is meant for that scale.
        focused = [g for g in fitting if g.isAncestorOf(self.focusWidget())] if self.focusWidget() else []
        open_ones = [g for g in fitting if g.scale.name not in label_now.grades]
        grade = (focused or open_ones or fitting)[0]
        value = next(value for value in grade.scale.values if digit_of(grade.scale, value) == digit)
        self._session.set_grade(grade.scale.name, value)
        return True
