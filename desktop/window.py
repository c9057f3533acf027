"""The window: it puts the parts together and carries what one says to the others. No logic of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QByteArray, QEvent, QObject, QThreadPool, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QIcon, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop.actions.catalogue import catalogue
from desktop.canvas.view import CanvasView
from desktop.controllers.exports import Exports
from desktop.controllers.help import ASIDE
from desktop.controllers.leaving import Leaving
from desktop.controllers.models import Modelling
from desktop.controllers.operations import Operations
from desktop.controllers.schema import SchemaEditing
from desktop.controllers.work import Work
from desktop.later import Later, Preparation
from desktop.messages import on_one_line
from desktop.panels.bottombar import BottomBar
from desktop.panels.notices import Notice, NoticeBar
from desktop.panels.review import ReviewPage
from desktop.panels.topbar import TopBar
from desktop.qactions import Actions
from desktop.session import Session
from desktop.settings import Settings
from desktop.standby import cards_of, pages_of, steps
from desktop.theme import look

if TYPE_CHECKING:
    from desktop.panels.keys import KeySheet
    from desktop.panels.models import ModelsPage
    from desktop.panels.overlay import Overlay
    from desktop.panels.palette import Palette
    from desktop.panels.schema_editor import SchemaPage
    from desktop.panels.settings_page import SettingsPage
    from desktop.panels.start import StartPage
    from desktop.panels.training import TrainingPage

_INPUT = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.Wheel)
SMALLEST = (960, 600)
FIRST_SIZE = (1440, 900)


class Window(QMainWindow):
    """Top bar, notices, pages, bottom bar. `gone` is emitted when everything is written and it has closed."""

    gone = Signal()
    _unsaved = Signal(object)

    def __init__(self, settings: Settings, session: Session | None = None, page: str = "start") -> None:
        """``page`` is shown first. What does not stand on it is made later (`desktop.standby`)."""
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Overread")
        self.setWindowIcon(QIcon(look().pixmap("app", "accent", 64)))
        self.setAcceptDrops(True)
        self.setMinimumSize(*SMALLEST)
        self.settings = settings
        self.session = session or Session()
        self.canvas = CanvasView()
        self.canvas.setAccessibleName("Image")
        self.desk = Operations(self, self.session, self.canvas, settings)
        self.commands = Actions(self, catalogue(self.desk), settings["keys.overrides"])
        self.notices = NoticeBar()
        self.exports = Exports(self.session, self.notices, self)
        self._leaving = Leaving(self.session, self.notices, self)
        self._closing = False
        self._make_pages()
        self._arrange()
        self._connect()
        self._restore()
        self.show_page(page)

    def _make_pages(self) -> None:
        tools = [f"tool.{name}" for name in self.desk.tools]
        self.review = ReviewPage(self.desk, self.commands, tools)
        self.gallery, self.values, self.layers = self.review.gallery, self.review.values, self.review.layers
        self.modelling = Modelling(self.session, self.settings, self.notices, self)
        self.top = TopBar(self.session, self.commands)
        self.bottom = BottomBar(self.session, self.commands)
        show_schema = partial(self.desk.help.go_aside, "schema")
        self.schema_editing = SchemaEditing(self.session, self.notices, show_schema)
        self.pages = QStackedWidget()
        self.named: Later[QWidget] = pages_of(self)
        self.cards: Later[Overlay] = cards_of(self)
        self.preparation = Preparation(steps(self), self)

    # --- what is made when it is first asked for

    @property
    def start(self) -> StartPage:
        """The page that one sees without a folder."""
        return cast("StartPage", self.named["start"])

    @property
    def models(self) -> ModelsPage:
        """The Models page."""
        return self.modelling.models

    @property
    def training(self) -> TrainingPage:
        """The Training page."""
        return self.modelling.training

    @property
    def settings_page(self) -> SettingsPage:
        """Settings and shortcuts."""
        return cast("SettingsPage", self.named["settings"])

    @property
    def schema_page(self) -> SchemaPage:
        """The editor of the schema."""
        return cast("SchemaPage", self.named["schema"])

    @property
    def finder(self) -> Palette:
        """The command palette."""
        return cast("Palette", self.cards["finder"])

    @property
    def keys(self) -> KeySheet:
        """The cheat sheet."""
        return cast("KeySheet", self.cards["keys"])

    def _arrange(self) -> None:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.top, self.notices):
            layout.addWidget(widget)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.bottom)
        self.setCentralWidget(body)

    def _connect(self) -> None:
        session = self.session
        # At once, not a moment later: the next key may be on its way.
        for signal in (
            session.project_changed, session.image_changed, session.display_changed, session.history_changed,
            session.prediction_changed, session.selection_changed, session.opened, session.entries_reset,
            session.components.changed,
            session.bulk.changed, session.filtering.changed, session.turned,
        ):  # fmt: skip
            signal.connect(lambda *_: self._refresh_commands())
        session.label_changed.connect(lambda box: self._refresh_commands() if box is None else None)
        session.entries_changed.connect(self._entries_changed)
        session.display_changed.connect(self._show_zoom)
        session.options_changed.connect(self.canvas.refresh_cursor)
        session.looking.settings_changed.connect(lambda _: self.commands.refresh())
        self._unsaved.connect(self.notices.tell)
        self.desk.gallery.tell_on(self.notices)
        session.problem.connect(self._problem)
        for refused in (self.canvas.refused, self.commands.refused):
            refused.connect(lambda sentence: self.notices.say(sentence, "warning", topic="refused"))
        session.noted.connect(lambda sentence: self.notices.say(sentence, "warning"))
        session.project_changed.connect(self._project_changed)
        session.closed.connect(self._closed)
        self.work = Work(session, self.exports, self.notices, self.top.tasks, self)
        self.modelling.asked_for.connect(self.show_page)
        self.canvas.pointer_moved.connect(self.bottom.show_point)
        self.review.options.option_set.connect(self.desk.tool_memory.keep)
        self.canvas.pointer_left.connect(lambda: self.bottom.show_point(-1.0, -1.0))
        self.canvas.view_changed.connect(self._show_zoom)

    def _restore(self) -> None:
        geometry = QByteArray.fromBase64(str(self.settings["view.geometry"]).encode())
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(*FIRST_SIZE)
        self.session.set_brush_radius(self.settings["tool.brush_radius"])
        if not self.settings["predict.automatically"]:
            self.session.predicting.pause(True)
        tool = self.settings["tool.name"]
        self.desk.choose_tool(tool if tool in self.desk.tools else next(iter(self.desk.tools)))
        if self.settings.problem:
            self.notices.say(self.settings.problem, "warning")

    # --- what a person asks

    def show_page(self, name: str) -> None:
        """Show "start", "review", "models", "training", "settings" or "schema"."""
        self.desk.page = name
        self.pages.setCurrentWidget(self.named[name])
        self.bottom.setVisible(name == "review")
        self._place_cards()
        if name == "review":
            self.canvas.setFocus()
            self.gallery.follow()
        elif name == "start":
            self.start.refresh()
            self.start.ask.setFocus()
        elif name in ASIDE:
            self.named[name].enter()  # type: ignore[attr-defined]
        else:
            self.top.tab_of(name).setFocus()
            self.modelling.refresh()
        self.commands.refresh()

    def open_folder(self, folder: Path) -> None:
        """Open a folder, when what was done in the present one is saved."""
        opening = partial(self._open_folder, folder)
        self._leaving.when_saved(opening, "open the folder again", "Open it and lose {them}")

    def _open_folder(self, folder: Path) -> None:
        # It becomes the first of the recent ones.
        self.settings.add_recent(folder.absolute())
        self.save_settings()
        self.notices.withdraw("open")
        self.show_page("review")
        self.setWindowTitle(f"{on_one_line(folder.name)} – Overread")
        self.session.open_folder(folder)

    def open_sample(self) -> None:
        """Open the sample project: a copy where the person may write."""
        from desktop.sample import prepare_sample

        self.session.run_behind(prepare_sample, self.open_folder)

    def apply_schema(self) -> None:
        """Apply the draft of the schema, once everything is saved."""
        self.canvas.finish_gesture()
        self.schema_editing.apply(self._leaving.when_saved, lambda held: self.setEnabled(not held))

    def _refresh_commands(self) -> None:
        if not self.session.turning:
            self.commands.refresh()

    def _entries_changed(self, first: int, last: int) -> None:
        if first <= self.session.position <= last:
            self.commands.refresh()

    def _show_zoom(self, _scale: float = 1.0) -> None:
        self.bottom.show_zoom(self.canvas.scale if self.canvas.image is not None else None)

    def _project_changed(self) -> None:
        if self.session.project is not None:
            self.notices.withdraw("open")

    def _problem(self, sentence: str, details: str) -> None:
        folder = self.session.folder
        if self.session.project is None and folder is not None:
            again = (("Try again", partial(self.open_folder, folder)),)
            self.notices.put(Notice(sentence, "problem", details, again, "open"))
        else:
            self.notices.put(Notice(sentence, "problem", details))

    def save_settings(self) -> None:
        """Write the settings behind; what goes wrong is told."""

        def save() -> None:
            try:
                self.settings.save()
            except OSError as error:
                self._unsaved.emit(error)

        QThreadPool.globalInstance().start(save)

    # --- Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Give the columns their widths, and listen for a person's input."""
        super().showEvent(event)
        self.review.restore(self.settings)
        handle = self.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Tell the session that a person is at work: heavy imports wait for an idle moment."""
        if event.type() in _INPUT:
            self.session.note_input()
            self.preparation.note_input()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the cards where they belong."""
        super().resizeEvent(event)
        self._place_cards()

    def _place_cards(self) -> None:
        for card in self.cards.made.values():
            card.place()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders and files."""
        if event.mimeData().hasUrls() and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the folder that was dropped, or the folder of the file."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            folder = paths[0] if paths[0].is_dir() else paths[0].parent
            if folder.is_dir():
                self.open_folder(folder)
            else:
                self.session.problem.emit(f"“{paths[0].name}” is not there any more; drop it again.", "")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Go only when everything is written; the window waits visibly, it never blocks."""
        if self._closing:
            event.accept()
            return
        event.ignore()
        self.canvas.finish_gesture()
        self.setEnabled(False)
        stay = partial(self.setEnabled, True)
        self._leaving.when_saved(self._leave, "close the window again", "Close and lose {them}", stay)

    def _leave(self) -> None:
        self.setEnabled(False)
        self.preparation.stop()
        self.review.keep(self.settings)
        self.settings["view.page"] = self.desk.help.page_to_keep()
        self.settings["view.geometry"] = bytes(self.saveGeometry().toBase64().data()).decode()
        self.save_settings()
        if self.modelling.busy:
            self.notices.say("Closing: the run saves what it has learnt.", topic="closing")
        self.modelling.finish_then(self.session.close)

    def _closed(self) -> None:
        if self.isEnabled():
            return
        self._closing = True
        self.exports.close()
        QThreadPool.globalInstance().waitForDone(2000)
        self.close()
        self.gone.emit()
