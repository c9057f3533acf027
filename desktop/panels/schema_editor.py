"""The schema page: what the project asks of every image; edited as a draft, applied when one says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.schema_forms import AsideForm, ClassForm, FindingForm, Form, ScaleForm
from desktop.panels.schema_rules import RuleForm
from desktop.panels.widgets import button, column, icon_button, label, line, row, seam, styled
from desktop.project.schema_draft import Draft
from desktop.theme import GRID, look, set_icon
from inference.rules import Rule
from inference.schema import Finding, GradeScale, MaskClass

if TYPE_CHECKING:
    from desktop.controllers.schema import SchemaEditing

KEY = Qt.ItemDataRole.UserRole
_LIST = 34 * GRID
_SAID = 12 * GRID
NO_PROJECT = "Open a folder first: a schema belongs to a project."
NOTHING = "Nothing is changed."
BEGIN = "Choose what to edit on the left, add something, or start from a template."
SECTIONS = (
    ("class", "Classes", "class"),
    ("scale", "Scales", "scale"),
    ("finding", "Findings", "finding"),
    ("rule", "Consistency rules", "rule"),
)


class SchemaPage(QWidget):
    """List of what is asked | form of one of it; below, what applying the draft would change."""

    def __init__(
        self, editing: SchemaEditing, *, apply: Callable[[], object], leave: Callable[[], object]
    ) -> None:
        super().__init__()
        styled(self, "panel")
        self.setAccessibleName("Schema")
        self._editing = editing
        self._apply = apply
        self._leave = leave
        self.tree: QTreeWidget | None = None
        self._wanted: tuple[str, object] | None = None
        editing.watched = self.isVisible

    def enter(self) -> None:
        """Show the draft; the keyboard goes to the list."""
        if self.tree is None:
            self._make()
        self._editing.enter()
        self._refresh()
        if self.tree is not None:
            self.tree.setFocus()

    # ---- made at the first look

    def _make(self) -> None:
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("What the project asks")
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(GRID)
        self.tree.setIconSize(QSize(16, 16))
        self.tree.currentItemChanged.connect(lambda *_: self._show_form())
        self.forms: dict[str, Form] = {
            "class": ClassForm(self._editing),
            "scale": ScaleForm(self._editing),
            "finding": FindingForm(self._editing),
            "rule": RuleForm(self._editing),
            "aside": AsideForm(self._editing),
        }
        self._stack = QStackedWidget()
        self._begin = label(BEGIN, "quiet", wrap=True)
        self._begin.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._begin)
        for form in self.forms.values():
            self._stack.addWidget(form)
        self.said = label("", "quiet", wrap=True, accessible="What will change")
        self.refused = label("", "bad", wrap=True, accessible="Why not")
        self.undo = icon_button("undo", "Take the last step back", self._editing.undo)
        self.redo = icon_button("redo", "Take it again", self._editing.redo)
        self.discard = button("Discard", self._editing.discard)
        self.apply = button("Apply", self._apply, role="primary", icon="check")
        self._arrange()
        self._editing.changed.connect(self._refresh)
        self._editing.said.connect(self._refuse)
        look().changed.connect(self._refresh)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID)
        head.setSpacing(GRID)
        head.addWidget(label("Schema", "heading"))
        head.addWidget(label("what this project asks of every image", "quiet"))
        head.addStretch(1)
        head.addWidget(self._begin_from())
        head.addWidget(icon_button("cross", "Close the schema (Esc)", self._leave))
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self._left())
        body.addWidget(seam())
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(styled(self._stack, "panel"))
        body.addWidget(scroll, 1)
        layout = column(self, spacing=0)
        layout.addLayout(head)
        layout.addWidget(line())
        layout.addLayout(body, 1)
        layout.addWidget(line())
        layout.addLayout(self._foot())

    def _left(self) -> QWidget:
        left = styled(QWidget(), "panel")
        left.setFixedWidth(_LIST)
        inner = column(left, margin=GRID, spacing=GRID)
        if self.tree is not None:
            inner.addWidget(self.tree, 1)
        self.add = self._menu_button("Add", "plus")
        menu = QMenu(self.add)
        for kind, _text, words in SECTIONS:
            menu.addAction(f"A {words}", partial(self._add, kind))
        self.add.setMenu(menu)
        self.up = icon_button("chevron-up", "Up in the list", partial(self._move, -1))
        self.down = icon_button("chevron-down", "Down in the list", partial(self._move, 1))
        inner.addLayout(row(self.add, self.up, self.down, spacing=GRID // 2))
        return left

    def _begin_from(self) -> QToolButton:
        self.begin_from = self._menu_button("Start from…", "layers")
        menu = QMenu(self.begin_from)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(lambda: self._fill_templates(menu))
        self.begin_from.setMenu(menu)
        return self.begin_from

    def _menu_button(self, text: str, icon: str) -> QToolButton:
        made = QToolButton()
        made.setText(text)
        made.setProperty("role", "menu")
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setAccessibleName(text)
        set_icon(made, icon, size=16)
        return made

    def _foot(self) -> QHBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(GRID // 2)
        holder = styled(QWidget(), "panel")
        inner = column(holder, spacing=0)
        inner.addWidget(self.said)
        inner.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setFixedHeight(_SAID)
        scroll.setWidget(holder)
        words.addWidget(label("What will change", "label"))
        words.addWidget(scroll)
        words.addWidget(self.refused)
        foot = QHBoxLayout()
        foot.setContentsMargins(3 * GRID, GRID, 2 * GRID, 2 * GRID)
        foot.setSpacing(GRID)
        foot.addLayout(words, 1)
        for widget in (self.undo, self.redo, self.discard, self.apply):
            foot.addWidget(widget, 0, Qt.AlignmentFlag.AlignBottom)
        return foot

    def _fill_templates(self, menu: QMenu) -> None:
        menu.clear()
        for template in self._editing.templates():
            action = menu.addAction(template.title, partial(self._editing.take, template.schema))
            action.setToolTip(template.about)
        declared = self._editing.declared
        menu.addSeparator()
        name, schema = declared if declared is not None else ("the model in use", None)
        action = menu.addAction(f"What {name} declares")
        action.setEnabled(schema is not None)
        if schema is not None:
            action.triggered.connect(lambda: self._editing.take(schema))

    # ---- the list

    def _refresh(self) -> None:
        tree = self.tree
        if tree is None:
            return
        held = self._wanted or self.selected
        self._wanted = None
        tree.blockSignals(True)
        tree.clear()
        items = [(kind, title, self._rows(kind)) for kind, title, _ in SECTIONS]
        if aside := self._aside():
            items.append(("aside", "No longer asked", aside))
        for kind, title, rows in items:
            above = QTreeWidgetItem(tree, [title if rows else f"{title}: none"])
            above.setFlags(Qt.ItemFlag.ItemIsEnabled)
            above.setForeground(0, look().color("text_quiet"))
            for key, text, color in rows:
                item = QTreeWidgetItem(above, [text])
                item.setData(0, KEY, (kind, key))
                item.setToolTip(0, text)
                if color:
                    item.setIcon(0, _swatch(color))
        tree.expandAll()
        tree.blockSignals(False)
        self._select(held)
        self._show_form()
        self._show_plan()

    def _rows(self, kind: str) -> list[tuple[object, str, str]]:
        schema = self._editing.draft.schema
        if kind == "class":
            return [(one.id, one.label, one.color) for one in schema.active_classes]
        if kind == "scale":
            return [(one.name, one.label, "") for one in schema.grades]
        if kind == "finding":
            return [(one.name, one.label, "") for one in schema.findings]
        return [(at, _rule_line(rule), "") for at, rule in enumerate(schema.rules)]

    def _aside(self) -> list[tuple[object, str, str]]:
        draft = self._editing.draft
        found: list[tuple[object, str, str]] = [
            (("class", one.id), one.label, one.color) for one in draft.schema.classes if one.retired
        ]
        found += [(("scale", one.name), one.label, "") for one in draft.aside.scales]
        return found + [(("finding", one.name), one.label, "") for one in draft.aside.findings]

    def items(self) -> list[QTreeWidgetItem]:
        """Return the lines that can be selected."""
        tree, found = self.tree, []
        for at in range(tree.topLevelItemCount() if tree is not None else 0):
            above = tree.topLevelItem(at) if tree is not None else None
            if above is not None:
                found += [above.child(n) for n in range(above.childCount())]
        return [one for one in found if one is not None]

    @property
    def selected(self) -> tuple[str, object] | None:
        """Kind and key of the line that is selected."""
        item = self.tree.currentItem() if self.tree is not None else None
        data = item.data(0, KEY) if item is not None else None
        return (data[0], data[1]) if data else None

    def _select(self, key: tuple[str, object] | None) -> None:
        form = self.forms.get(key[0]) if key is not None else None
        if form is not None and key is not None and key[0] != "aside" and form.key is not None:
            key = (key[0], form.key)  # its name may just have changed
        for item in self.items():
            data = item.data(0, KEY)
            if key is not None and (data[0], data[1]) == key and self.tree is not None:
                self.tree.blockSignals(True)
                self.tree.setCurrentItem(item)
                self.tree.blockSignals(False)
                return

    def choose(self, kind: str, key: object) -> None:
        """Select a line."""
        if kind in self.forms:
            self.forms[kind].key = key
        self._select((kind, key))
        self._show_form()

    def _show_form(self) -> None:
        chosen = self.selected
        if chosen is None:
            self._stack.setCurrentWidget(self._begin)
        else:
            form = self.forms[chosen[0]]
            form.show_key(chosen[1])
            self._stack.setCurrentWidget(form)
        movable = chosen is not None and chosen[0] in ("class", "scale", "finding")
        self.up.setEnabled(movable)
        self.down.setEnabled(movable)

    # ---- steps

    def _add(self, kind: str) -> None:
        schema = self._editing.draft.schema
        if kind == "rule":
            if self.tree is not None:
                self.tree.setCurrentIndex(QModelIndex())
            self.forms["rule"].show_key(None)
            self._stack.setCurrentWidget(self.forms["rule"])
            return
        named: tuple[MaskClass | GradeScale | Finding, ...] = (
            *schema.active_classes, *schema.grades, *schema.findings,
        )  # fmt: skip
        taken = {one.name.casefold() for one in named}
        name = _free(kind, taken)
        steps: dict[str, Callable[[Draft], Draft]] = {
            "class": lambda draft: draft.add_class(name),
            "scale": lambda draft: draft.add_scale(GradeScale(name, ("0", "1"))),
            "finding": lambda draft: draft.add_finding(name),
        }
        ids = [one.id for one in schema.classes]
        key: object = max(ids, default=-1) + 1 if kind == "class" else name
        self._wanted = (kind, key)
        self.forms[kind].key = key
        if self._editing.step(steps[kind]):
            first = self.forms[kind].name  # type: ignore[attr-defined]
            first.setFocus()
            first.selectAll()

    def _move(self, step: int) -> None:
        chosen = self.selected
        if chosen is None:
            return
        kind, key = chosen
        moves: dict[str, Callable[[Draft], Draft]] = {
            "class": lambda draft: draft.move_class(int(str(key)), step),
            "scale": lambda draft: draft.move_scale(str(key), step),
            "finding": lambda draft: draft.move_finding(str(key), step),
        }
        if kind in moves:
            self._editing.step(moves[kind])

    # ---- what will change

    def _show_plan(self) -> None:
        editing = self._editing
        plan = editing.plan()
        problems = editing.problems()
        sentences = plan.summary(editing.usage) if editing.usage is not None else []
        self.said.setText("\n".join(sentences) or (NOTHING if editing.has_project else NO_PROJECT))
        self.refused.setText(" ".join(problems))
        self.refused.setVisible(bool(problems))
        self.undo.setEnabled(editing.can_undo)
        self.redo.setEnabled(editing.can_redo)
        self.discard.setEnabled(plan.changes_anything)
        self.apply.setEnabled(plan.changes_anything and not problems and editing.usage is not None)
        self.apply.setText(f"Apply {len(sentences)} changes" if len(sentences) > 1 else "Apply")

    def _refuse(self, sentence: str) -> None:
        self.refused.setText(sentence)
        self.refused.setVisible(bool(sentence))


def _rule_line(rule: Rule) -> str:
    """Return how a rule is listed: what it is about, and its kind."""
    about = next((name for _subject, name in rule.names()), "")
    return rule.text or f"{about}: {rule.title[:1].lower()}{rule.title[1:]}"


def _free(kind: str, taken: set[str]) -> str:
    """Return a name for something new that nothing has yet."""
    number = 1
    while (name := f"new {kind}" if number == 1 else f"new {kind} {number}") in taken:
        number += 1
    return name


def _swatch(color: str) -> QIcon:
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(look().color("control_line"))
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(2, 2, 28, 28, 6, 6)
    painter.end()
    pixmap.setDevicePixelRatio(2.0)
    return QIcon(pixmap)
