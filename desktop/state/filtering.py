"""Which images the gallery lists, and in which order: the filter in force, what it found, saved ones.

The facts of all images lie in memory (`desktop.project.facts`), filled from the store behind and kept up to
date by what happens in the sitting. A question is answered off the GUI thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from desktop.jobs.behind import Behind
from desktop.project.facts import (
    Facts,
    Positions,
    area_column,
    finding_column,
    grade_column,
    predicted_column,
)
from desktop.project.filter import Filter, FilterError, SavedFilter, Sort
from desktop.project.filter_names import SAVED_KEY, renamed, still_asked
from desktop.state.names import Names
from desktop.state.pictures import Pictures
from desktop.state.routes import Routes

if TYPE_CHECKING:
    from desktop.project.facts import Question
    from desktop.project.project import Project
    from desktop.project.schema_carry import Names as NewNames
    from desktop.session import Session

log = logging.getLogger(__name__)

FEW = 64
"""So many changed entries are taken over one by one; more are read from the store, behind."""
LOAD_AFTER_MS = 400
COMPARE_AFTER_MS = 300
GROWN_AFTER_MS = 200
WRITTEN_AFTER_S = 30.0
"""What was learnt longer ago is in the store when it is read."""
LEARNT_KEPT = 4096


class Filtering(QObject):
    """The filter and the sort in force, and the positions that they give. GUI thread only."""

    asked = Signal()
    """`filter` or `sort` is another one; the answer follows by `changed`."""
    changed = Signal()
    """`rows` are others now."""
    drifted = Signal()
    """`left` or `fresh` changed: since the answer, images came to fit the filter or no longer do."""
    facts_changed = Signal()
    """More is known of the images (read from the store, or changed here)."""
    saved_changed = Signal()
    """`saved` changed."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.filter = Filter()
        self.sort = Sort()
        self.rows: Positions | None = None
        self.left = self.fresh = 0
        self.readers: tuple[str, ...] = ()
        self.saved: tuple[SavedFilter, ...] = ()
        self.facts = Facts()
        self.routes = Routes(session, self)
        self.pictures = Pictures(session, self)
        self.quiet = False
        self._strange: list[Any] = []
        self._names = Names(session.entries)
        self._row_of: Positions | None = None
        self._asked = 0
        self._learnt: dict[tuple[str, int], float] = {}
        self._loads = 0
        self._behind = Behind(self)
        self._load = self._timer(LOAD_AFTER_MS, self.load)
        self._compare = self._timer(COMPARE_AFTER_MS, self._ask_again)
        self._grown = self._timer(GROWN_AFTER_MS, self._ask)
        session.entries_reset.connect(self._reset)
        session.entries_appended.connect(self._appended)
        session.entries_changed.connect(self._entries_changed)
        session.values_changed.connect(self._values_changed)
        session.project_changed.connect(self._project_changed)
        session.opened.connect(lambda: self._load.start())

    def _timer(self, interval: int, what: Any) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=interval)
        timer.timeout.connect(what)
        return timer

    # ---- what is asked for

    @property
    def narrowed(self) -> bool:
        """Whether the filter leaves anything out, or may do so."""
        return bool(self.filter)

    def set(self, wanted: Filter | None = None, order: Sort | None = None) -> None:
        """Ask for another filter, another sort or both; what is None stays."""
        wanted, gone = still_asked(self.filter if wanted is None else wanted, self._session.schema)
        if gone:
            names = ", ".join(f"“{one}”" for one in gone)
            self._session.say(
                f"The filter asks for {names}, which the schema no longer has: that is left out."
            )
        order = order or self.sort
        if (wanted, order) == (self.filter, self.sort):
            return
        self.filter, self.sort = wanted, order
        self.asked.emit()
        self._ask()

    def clear(self) -> None:
        """List every image again; the sort stays."""
        self.set(Filter())

    def follow_names(self, names: NewNames) -> None:
        """Scales, values or findings are called otherwise now: the filter in force asks the same.

        Call it before the session has the new schema.
        """
        self.filter = renamed(self.filter, names)

    def refresh(self) -> None:
        """Ask the same again: what no longer fits goes, what fits now comes."""
        self._ask()

    def _ask(self) -> None:
        self._asked += 1
        self._compare.stop()
        if not self.filter and self.sort == Sort():
            self._take(self._asked, None)
            return
        question = self.facts.ask(self.filter, self.sort)
        self._behind.run(partial(self._answer, question, self._names), partial(self._take, self._asked))

    @staticmethod
    def _answer(question: Question, names: Names) -> Positions:
        paths = names.paths(question.count) if question.wanted.text.strip() else ()
        ranks = names.ranks(question.count) if question.order.key == "name" else None
        return question.answer(paths, ranks)

    def _take(self, asked: int, rows: Positions | None) -> None:
        if asked != self._asked:
            return
        self.rows, self._row_of = rows, None
        self._set_drift(0, 0)
        self.changed.emit()

    # ---- rows and positions

    def __len__(self) -> int:
        return len(self._session.entries) if self.rows is None else len(self.rows)

    def position(self, row: int) -> int:
        """Return the position of a row."""
        return row if self.rows is None else int(self.rows[row])

    def row_of(self, position: int) -> int | None:
        """Return the row of a position, None when the filter leaves it out."""
        if self.rows is None:
            return position if 0 <= position < len(self._session.entries) else None
        if self._row_of is None:
            self._row_of = np.full(max(len(self._session.entries), 1), -1, np.int32)
            self._row_of[self.rows] = np.arange(len(self.rows), dtype=np.int32)
        row = int(self._row_of[position]) if 0 <= position < len(self._row_of) else -1
        return row if row >= 0 else None

    def sorted_by(self, position: int) -> str:
        """Return the number of an image that the list is sorted by, as a person reads it; "" without one."""
        order, facts = self.sort, self.facts
        if order.class_id is not None:
            area = facts.number(area_column(order.class_id), position)
            said = facts.number(predicted_column(order.class_id), position)
            part = said if np.isnan(area) else area
            return "" if np.isnan(part) else f"{part * 100:.3g} %"
        if order.key not in ("uncertainty", "disagreement"):
            return ""
        value = facts.number(order.key, position)
        return "" if np.isnan(value) else f"{value:.2f}".removeprefix("0")

    # ---- what happened since the answer

    def _ask_again(self) -> None:
        """Compare what is listed with what would be now; nothing in the list moves by itself."""
        rows = self.rows
        if rows is None:
            return
        question, asked = self.facts.ask(self.filter, Sort()), self._asked

        def work() -> tuple[int, int]:
            now = self._answer(question, self._names)
            return len(np.setdiff1d(rows, now)), len(np.setdiff1d(now, rows))

        self._behind.run(work, lambda counts: self._set_drift(*counts) if asked == self._asked else None)

    def _set_drift(self, left: int, fresh: int) -> None:
        if (left, fresh) != (self.left, self.fresh):
            self.left, self.fresh = left, fresh
            self.drifted.emit()

    def learn(self, position: int, values: Mapping[str, Any]) -> None:
        """Take in what was learnt of an image just now, by column; a reading under way does not undo it."""
        self.facts.grow(len(self._session.entries))
        for name, value in values.items():
            self.facts.put_one(name, position, value)
            self._learnt[name, position] = time.monotonic()
        if len(self._learnt) > LEARNT_KEPT:
            self._learnt = self._learnt_since(time.monotonic() - WRITTEN_AFTER_S)
        self.told()

    def _learnt_since(self, moment: float) -> dict[tuple[str, int], float]:
        return {key: at for key, at in self._learnt.items() if at >= moment}

    def told(self) -> None:
        """Facts changed: say so, and see behind whether the list would be another one."""
        self.facts_changed.emit()
        if self.rows is not None and not self._compare.isActive():
            self._compare.start()

    # ---- saved filters

    def save(self, name: str) -> None:
        """Keep the filter and the sort in force under a name; one that had it is replaced."""
        kept = SavedFilter(name.strip(), self.filter, self.sort)
        if not kept.name:
            raise FilterError("A filter is saved under a name; give it one.")
        self._keep([*(one for one in self.saved if one.name != kept.name), kept])

    def forget(self, name: str) -> None:
        """Take a saved filter off the list."""
        self._keep([one for one in self.saved if one.name != name])

    def _keep(self, saved: Sequence[SavedFilter]) -> None:
        self.saved = tuple(sorted(saved, key=lambda one: one.name.casefold()))
        project = self._session.project
        if project is not None:
            # What a newer version wrote is kept as it is.
            records = [*(one.to_dict() for one in self.saved), *self._strange]
            self._session.saving.follow("", project.set_setting(SAVED_KEY, records))
        self.saved_changed.emit()

    def _read_saved(self, records: Any) -> None:
        saved, self._strange = [], []
        for record in records if isinstance(records, list) else []:
            try:
                saved.append(SavedFilter.from_dict(record))
            except FilterError as error:
                log.warning("a saved filter is passed over: %s", error)
                self._strange.append(record)
        self.saved = tuple(saved)
        self.saved_changed.emit()

    # ---- filling the facts

    def load(self) -> None:
        """Read the facts of all images from the store, behind."""
        session, project = self._session, self._session.project
        if project is None or not len(session.entries):
            return
        self._loads += 1
        model = session.model
        digest = model.digest if model is not None and session.model_allowed else None
        entries, names, load = session.entries, self._names, self._loads
        place, count = entries.position_of_path, len(entries)

        def work() -> tuple[Facts, tuple[str, ...]]:
            loaded = Facts()
            loaded.grow(count)
            for column in project.stored_facts(place, digest):
                inside = column.positions < count
                values = column.values
                if not inside.all():
                    values = [one for one, kept in zip(values, inside, strict=True) if kept]
                loaded.put(column.name, column.positions[inside], values)
            # The first search by name shall not wait for them.
            names.paths(count)
            names.ranks(count)
            return loaded, tuple(project.known_readers())

        began = time.monotonic()
        session.run_behind(work, lambda result: self._loaded(load, began, *result))

    def _loaded(self, load: int, began: float, loaded: Facts, readers: tuple[str, ...]) -> None:
        if load != self._loads:
            return
        self.readers = readers
        loaded.grow(self.facts.count)
        # A write that was on its way when the reading began is in memory only, as what came since.
        self._learnt = self._learnt_since(began - WRITTEN_AFTER_S)
        recent: dict[str, list[int]] = {}
        for name, position in self._learnt:
            recent.setdefault(name, []).append(position)
        loaded.take_over(self.facts, recent)
        self.facts = loaded
        self.told()
        if self.rows is not None and self.left + self.fresh == 0:
            self._grown.start()

    def _project_changed(self) -> None:
        project = self._session.project
        if project is None:
            return
        self._load.start()
        self.set()
        self.asked.emit()
        self._session.run_behind(partial(_saved_filters, project), self._read_saved)

    def _reset(self) -> None:
        self._behind.forget()
        self.pictures.forget()
        for timer in (self._load, self._compare, self._grown):
            timer.stop()
        self.facts, self._names = Facts(), Names(self._session.entries)
        self._learnt.clear()
        self._loads += 1
        self.filter, self.saved, self._strange, self.readers = Filter(), (), [], ()
        self.asked.emit()
        self._ask()
        self.saved_changed.emit()

    def _appended(self, first: int, count: int) -> None:
        self.facts.grow(first + count)
        if self.rows is not None and not self._grown.isActive():
            self._grown.start()

    def _entries_changed(self, first: int, last: int) -> None:
        if self.quiet:
            return
        if last - first >= FEW:
            self._load.start()
            return
        entries = self._session.entries
        self.facts.grow(len(entries))
        for position in range(first, min(last + 1, len(entries))):
            self._take_entry(position)
        self.told()

    def _take_entry(self, position: int) -> None:
        """Take over what the list says of one image, which nearly always is what the store says too."""
        entry = self._session.entries[position]
        self.facts.put_one("status", position, entry.status)
        self.facts.put_one("problem", position, bool(entry.problem))
        self.facts.put_one("group", position, getattr(entry.row, "group", None))
        self.facts.put_one("split", position, getattr(entry.row, "split", None))

    def _values_changed(self) -> None:
        position, label = self._session.position, self._session.label
        if label is None or not 0 <= position < len(self._session.entries):
            return
        schema = self._session.schema
        values = {grade_column(one.name): label.grades.get(one.name) for one in schema.grades}
        values |= {finding_column(one.name): label.findings.get(one.name) for one in schema.findings}
        self.learn(position, values)


def _saved_filters(project: Project) -> Any:
    return project.store.setting(SAVED_KEY, [])
