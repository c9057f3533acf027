"""The form of a consistency rule: made from the fields of its kind."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QListWidget, QListWidgetItem, QSpinBox, QWidget

from desktop.panels.schema_forms import Form
from desktop.panels.widgets import SearchField, button, row
from desktop.theme import GRID
from inference.errors import SchemaError
from inference.rule_records import KINDS
from inference.rules import Rule
from inference.schema import Schema

if TYPE_CHECKING:
    from desktop.controllers.schema import SchemaEditing

_FIELD = 40 * GRID
_WORDS = {
    "scale": "Scale",
    "values": "Values",
    "classes": "Classes",
    "pixels": "Pixels",
    "findings": "Findings",
    "finding": "Finding",
    "class_name": "Class",
    "outer": "Inside",
    "text": "In your words",
}
_NONE = "none"


class RuleForm(Form):
    """A rule that is there (its key is its number), or a new one (None)."""

    def __init__(self, editing: SchemaEditing) -> None:
        super().__init__(editing, "Consistency rule")
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of the rule")
        self.kind.setFixedWidth(_FIELD)
        for kind, made in KINDS.items():
            self.kind.addItem(made.title, kind)
        self.kind.activated.connect(lambda _at: self._fields_of(self._kind, None))
        self.row("Kind", self.kind)
        self.parts = QFormLayout()
        self.parts.setHorizontalSpacing(2 * GRID)
        self.parts.setVerticalSpacing(GRID)
        self.parts.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        self.body.insertLayout(2, self.parts)
        self.controls: dict[str, QWidget] = {}
        self.put = button("Add this rule", self._put, role="primary")
        self.remove = button("Remove this rule", self._remove, icon="minus")
        self.body.addLayout(row(self.put, self.remove))
        self.body.addStretch(1)
        self.used.setText("A broken rule is a gentle note on the image; it forbids nothing.")

    @property
    def _kind(self) -> type[Rule]:
        return KINDS[str(self.kind.currentData())]

    def refresh(self) -> None:
        """Show the rule, or an empty one."""
        rules = self.editing.draft.schema.rules
        rule = rules[self.key] if isinstance(self.key, int) and self.key < len(rules) else None
        if rule is not None:
            self.kind.setCurrentIndex(self.kind.findData(rule.kind))
        self.put.setText("Add this rule" if rule is None else "Change this rule")
        self.remove.setVisible(rule is not None)
        self._fields_of(self._kind, rule)

    def _fields_of(self, kind: type[Rule], rule: Rule | None) -> None:
        while self.parts.rowCount():
            self.parts.removeRow(0)
        self.controls = {}
        schema = self.editing.draft.schema
        for item in sorted(fields(kind), key=lambda one: one.name == "text"):
            control = _made(item.name, schema, optional=item.default is not MISSING)
            control.setAccessibleName(f"{_WORDS[item.name]} of the rule")
            control.setFixedWidth(_FIELD)
            self.controls[item.name] = control
            self.row(_WORDS[item.name], control, self.parts)
        scale = self.controls.get("scale")
        if isinstance(scale, QComboBox):
            scale.currentIndexChanged.connect(lambda _at: self._offer_values())
            self._offer_values()
        if rule is not None:
            for name, control in self.controls.items():
                _fill(control, getattr(rule, name))
                if name == "scale":
                    self._offer_values()

    def _offer_values(self) -> None:
        scale, values = self.controls.get("scale"), self.controls.get("values")
        if isinstance(scale, QComboBox) and isinstance(values, QListWidget):
            name = scale.currentData()
            held = next((one.values for one in self.editing.draft.schema.grades if one.name == name), ())
            _offer(values, [(one, one) for one in held])

    def _put(self) -> None:
        try:
            rule = self._kind(**{name: _value(control) for name, control in self.controls.items()})
        except SchemaError as error:
            self.editing.said.emit(str(error))
            return
        rules = list(self.editing.draft.schema.rules)
        if isinstance(self.key, int) and self.key < len(rules):
            rules[self.key] = rule
        else:
            rules.append(rule)
        self.editing.step(lambda draft: draft.set_rules(tuple(rules)))

    def _remove(self) -> None:
        key = self.key
        left = [one for at, one in enumerate(self.editing.draft.schema.rules) if at != key]
        self.editing.step(lambda draft: draft.set_rules(tuple(left)))


def _made(name: str, schema: Schema, *, optional: bool) -> QWidget:
    """Return the control for a field of a rule."""
    if name == "pixels":
        spin = QSpinBox()
        spin.setRange(1, 10**8)
        spin.setFixedHeight(4 * GRID)
        return spin
    if name == "text":
        line = SearchField()
        line.setPlaceholderText("Empty: the program's own sentence")
        return line
    classes = [(one.label, one.name) for one in schema.active_classes]
    findings = [(one.label, one.name) for one in schema.findings]
    scales = [(one.label, one.name) for one in schema.grades]
    if name in ("classes", "findings", "values"):
        many = QListWidget()
        many.setProperty("role", "plain")
        many.setFixedHeight(15 * GRID)
        _offer(many, {"classes": classes, "findings": findings, "values": []}[name])
        return many
    combo = QComboBox()
    if optional:
        combo.addItem(_NONE, "")
    for text, value in {"scale": scales, "finding": findings}.get(name, classes):
        combo.addItem(text, value)
    return combo


def _offer(many: QListWidget, choices: list[tuple[str, str]]) -> None:
    many.clear()
    for text, value in choices:
        item = QListWidgetItem(text)
        item.setData(Qt.ItemDataRole.UserRole, value)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Unchecked)
        many.addItem(item)


def _fill(control: QWidget, value: Any) -> None:
    if isinstance(control, QSpinBox):
        control.setValue(value)
    elif isinstance(control, QComboBox):
        control.setCurrentIndex(max(control.findData(value), 0))
    elif isinstance(control, QListWidget):
        for at in range(control.count()):
            item = control.item(at)
            if item is not None and item.data(Qt.ItemDataRole.UserRole) in value:
                item.setCheckState(Qt.CheckState.Checked)
    elif isinstance(control, SearchField):
        control.setText(value)


def _value(control: QWidget) -> Any:
    if isinstance(control, QSpinBox):
        return control.value()
    if isinstance(control, QComboBox):
        return control.currentData() or ""
    if isinstance(control, QListWidget):
        items = [control.item(at) for at in range(control.count())]
        return tuple(
            str(one.data(Qt.ItemDataRole.UserRole))
            for one in items
            if one is not None and one.checkState() == Qt.CheckState.Checked
        )
    return control.text().strip()  # type: ignore[attr-defined]
