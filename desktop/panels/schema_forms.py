"""The forms of the schema editor: a class, a scale, a finding, and what was set aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QListWidget, QListWidgetItem, QWidget

from desktop.panels.metrics import counted
from desktop.panels.swatch import Swatch
from desktop.panels.widgets import SearchField, button, column, icon_button, label, row
from desktop.theme import GRID

if TYPE_CHECKING:
    from desktop.controllers.schema import SchemaEditing
    from desktop.project.schema_draft import Draft

_FIELD = 40 * GRID
_WORDS = 11 * GRID
OLD = Qt.ItemDataRole.UserRole


class Form(QWidget):
    """One thing of the draft, by its key. Fields take effect when they are left or Enter is pressed."""

    def __init__(self, editing: SchemaEditing, title: str) -> None:
        super().__init__()
        self.editing = editing
        self.key: object = None
        self.setAccessibleName(title)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(2 * GRID)
        self.form.setVerticalSpacing(GRID)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        self.title = label(title, "heading")
        self.used = label("", "quiet", wrap=True)
        layout = column(self, margin=3 * GRID, spacing=2 * GRID)
        layout.addWidget(self.title)
        layout.addLayout(self.form)
        layout.addWidget(self.used)
        self.body = layout

    def line(self, text: str, changed: Callable[[str], object]) -> SearchField:
        """Add a text field."""
        made = SearchField()
        made.setFixedWidth(_FIELD)
        made.setAccessibleName(f"{text} of the {self.title.text().lower()}")
        made.editingFinished.connect(lambda: changed(made.text().strip()))
        self.row(text, made)
        return made

    def row(self, text: str, control: QWidget, form: QFormLayout | None = None) -> None:
        """Add a control with its words; the words of all rows are as wide."""
        words = label(text)
        words.setFixedWidth(_WORDS)
        (form or self.form).addRow(words, control)

    def show_key(self, key: object) -> None:
        """Show the thing with this key."""
        self.key = key
        self.refresh()

    def refresh(self) -> None:
        """Fill the fields from the draft."""


class ClassForm(Form):
    """Name, title, colour; retire and restore."""

    def __init__(self, editing: SchemaEditing) -> None:
        super().__init__(editing, "Class")
        self.name = self.line("Name", lambda text: self._change(name=text))
        self.named = self.line("Title", lambda text: self._change(title=text))
        self.named.setPlaceholderText("What people read; empty: the name")
        self.color = Swatch("this class", 20)
        self.color.chosen.connect(lambda color: self._change(color=color))
        self.row("Colour", self.color)
        self.retire = button("Retire this class", self._retire, icon="minus")
        self.body.addWidget(self.retire, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)

    def _change(self, **changes: str) -> None:
        key = self.key
        if isinstance(key, int) and not self.editing.step(lambda draft: draft.change_class(key, **changes)):
            self.refresh()

    def _retire(self) -> None:
        key = self.key
        if isinstance(key, int):
            self.editing.step(lambda draft: draft.retire_class(key))

    def refresh(self) -> None:
        """Fill the fields from the draft."""
        draft = self.editing.draft
        one = next((one for one in draft.schema.active_classes if one.id == self.key), None)
        if one is None:
            return
        self.name.setText(one.name)
        self.named.setText(one.title)
        self.color.set_color(one.color)
        usage = self.editing.usage
        count = usage.classes.get(one.id, 0) if usage is not None else 0
        said = f"Drawn or confirmed on {counted(count, 'image')}." if count else "Not on any image yet."
        self.used.setText(f"{said} A retired class keeps its mask and can be restored.")


class ScaleForm(Form):
    """Name, title, kind, role and the values in their order."""

    def __init__(self, editing: SchemaEditing) -> None:
        super().__init__(editing, "Scale")
        self.name = self.line("Name", lambda text: self._change(name=text))
        self.named = self.line("Title", lambda text: self._change(title=text))
        self.named.setPlaceholderText("What people read; empty: the name")
        self.kind = self._combo("Kind", (("ordinal", "Ordered"), ("nominal", "Unordered")), "kind")
        self.role = self._combo("Asks for", (("grade", "A grade"), ("quality", "Image quality")), "role")
        self.values = QListWidget()
        self.values.setAccessibleName("Values of the scale")
        self.values.setProperty("role", "plain")
        self.values.setFixedSize(_FIELD, 24 * GRID)
        self.values.itemChanged.connect(self._renamed)
        self.values.currentRowChanged.connect(lambda _row: self._show_value())
        self.row("Values", self.values)
        self.add = SearchField()
        self.add.setPlaceholderText("Another value, then Enter")
        self.add.setAccessibleName("Another value")
        self.add.setFixedWidth(_FIELD - 15 * GRID)
        self.add.returnPressed.connect(self._add)
        self.up = icon_button("chevron-up", "Earlier in the order", lambda: self._move(-1))
        self.down = icon_button("chevron-down", "Later in the order", lambda: self._move(1))
        self.remove = icon_button("minus", "Remove this value", self._remove)
        holder = QWidget()
        holder.setLayout(row(self.add, self.up, self.down, self.remove, spacing=GRID // 2))
        self.row("", holder)
        self.unusable = QCheckBox("With this value nothing else can be assessed")
        self.unusable.toggled.connect(self._mark)
        self.row("", self.unusable)
        self.aside = button("Set this scale aside", self._set_aside, icon="minus")
        self.body.addWidget(self.aside, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)

    def _combo(self, text: str, choices: tuple[tuple[str, str], ...], field: str) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(f"{text}, of the scale")
        combo.setFixedWidth(_FIELD)
        for value, words in choices:
            combo.addItem(words, value)
        combo.activated.connect(lambda _at: self._change(**{field: combo.currentData()}))
        self.row(text, combo)
        return combo

    def _change(self, **changes: object) -> None:
        key = str(self.key)
        if "name" in changes:
            self.key = changes["name"]
        if not self.editing.step(lambda draft: draft.change_scale(key, **changes)):
            self.key = key
            self.refresh()

    @property
    def value(self) -> str | None:
        """The selected value."""
        item = self.values.currentItem()
        return None if item is None else str(item.data(OLD))

    def _renamed(self, item: QListWidgetItem) -> None:
        old, new, key = str(item.data(OLD)), item.text().strip(), str(self.key)
        if new != old and not self.editing.step(lambda draft: draft.rename_value(key, old, new)):
            self.refresh()

    def _add(self) -> None:
        text, key = self.add.text().strip(), str(self.key)
        if text and self.editing.step(lambda draft: draft.add_value(key, text)):
            self.add.clear()
            self.values.setCurrentRow(self.values.count() - 1)

    def _move(self, step: int) -> None:
        value, key = self.value, str(self.key)
        if value is not None and self.editing.step(lambda draft: draft.move_value(key, value, step)):
            self._select(value)

    def _remove(self) -> None:
        value, key = self.value, str(self.key)
        if value is not None:
            self.editing.step(lambda draft: draft.remove_value(key, value))

    def _mark(self, on: bool) -> None:
        value, key = self.value, str(self.key)
        if value is None:
            return
        held = self.editing.draft.schema.scale(key)
        unusable = tuple(
            one for one in held.values if (one in held.unusable and one != value) or (on and one == value)
        )
        self.editing.step(lambda draft: draft.change_scale(key, unusable=unusable))

    def _set_aside(self) -> None:
        key = str(self.key)
        self.editing.step(lambda draft: draft.set_aside_scale(key))

    def _select(self, value: str) -> None:
        for at in range(self.values.count()):
            item = self.values.item(at)
            if item is not None and item.data(OLD) == value:
                self.values.setCurrentRow(at)

    def refresh(self) -> None:
        """Fill the fields from the draft."""
        draft = self.editing.draft
        scale = next((one for one in draft.schema.grades if one.name == self.key), None)
        if scale is None:
            return
        self.name.setText(scale.name)
        self.named.setText(scale.title)
        self.kind.setCurrentIndex(self.kind.findData(scale.kind))
        self.role.setCurrentIndex(self.role.findData(scale.role))
        chosen = self.values.currentRow()
        self.values.blockSignals(True)
        self.values.clear()
        for value in scale.values:
            item = QListWidgetItem(value)
            item.setData(OLD, value)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setToolTip("F2 or a double click gives it another name")
            self.values.addItem(item)
        self.values.setCurrentRow(min(max(chosen, 0), len(scale.values) - 1))
        self.values.blockSignals(False)
        self._show_value()

    def _show_value(self) -> None:
        value, draft, usage = self.value, self.editing.draft, self.editing.usage
        scale = next((one for one in draft.schema.grades if one.name == self.key), None)
        if scale is None or value is None:
            return
        self.unusable.blockSignals(True)
        self.unusable.setChecked(value in scale.unusable)
        self.unusable.blockSignals(False)
        self.unusable.setVisible(scale.role == "quality")
        self.remove.setEnabled(len(scale.values) > 2)
        stored = (draft.scales.get(scale.name, ""), draft.values.get((scale.name, value), ""))
        count = usage.values.get(stored, 0) if usage is not None else 0
        total = usage.scales.get(stored[0], 0) if usage is not None else 0
        said = f"“{value}” is the grade of {counted(count, 'image')}, of {counted(total, 'image')} graded."
        self.used.setText(said if total else "No image has a grade of this scale yet.")


class FindingForm(Form):
    """Name and title; set aside."""

    def __init__(self, editing: SchemaEditing) -> None:
        super().__init__(editing, "Finding")
        self.name = self.line("Name", lambda text: self._change(name=text))
        self.named = self.line("Title", lambda text: self._change(title=text))
        self.named.setPlaceholderText("What people read; empty: the name")
        self.aside = button("Set this finding aside", self._set_aside, icon="minus")
        self.body.addWidget(self.aside, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)

    def _change(self, **changes: str) -> None:
        key = str(self.key)
        if "name" in changes:
            self.key = changes["name"]
        if not self.editing.step(lambda draft: draft.change_finding(key, **changes)):
            self.key = key
            self.refresh()

    def _set_aside(self) -> None:
        key = str(self.key)
        self.editing.step(lambda draft: draft.set_aside_finding(key))

    def refresh(self) -> None:
        """Fill the fields from the draft."""
        draft, usage = self.editing.draft, self.editing.usage
        one = next((one for one in draft.schema.findings if one.name == self.key), None)
        if one is None:
            return
        self.name.setText(one.name)
        self.named.setText(one.title)
        count = usage.findings.get(draft.findings.get(one.name, ""), 0) if usage is not None else 0
        said = f"Answered on {counted(count, 'image')}." if count else "Not answered on any image yet."
        self.used.setText(f"{said} A finding that is set aside keeps its answers and can be restored.")


class AsideForm(Form):
    """Something that is no longer asked: bring it back."""

    def __init__(self, editing: SchemaEditing) -> None:
        super().__init__(editing, "Set aside")
        self.restore = button("Restore it", self._restore, icon="plus")
        self.body.addWidget(self.restore, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)

    def _restore(self) -> None:
        if isinstance(self.key, tuple):
            kind, key = self.key
            restores: dict[str, Callable[[Draft], Draft]] = {
                "class": lambda draft: draft.restore_class(key),
                "scale": lambda draft: draft.restore_scale(key),
                "finding": lambda draft: draft.restore_finding(key),
            }
            self.editing.step(restores[kind])

    def refresh(self) -> None:
        """Say what it is and what is kept of it."""
        if not isinstance(self.key, tuple):
            return
        kind, key = self.key
        usage, draft = self.editing.usage, self.editing.draft
        counts = {"class": "classes", "scale": "scales", "finding": "findings"}
        count = getattr(usage, counts[kind]).get(key, 0) if usage is not None else 0
        name = draft.schema.class_by_id(key).label if kind == "class" else key
        self.title.setText(f"The {kind} “{name}” is no longer asked")
        self.used.setText(f"What was recorded on {counted(count, 'image')} is kept, and comes back with it.")
