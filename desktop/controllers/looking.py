"""How the image is looked at: what the View tab and its keys do, and what is kept for the next start."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer

from desktop.canvas.adjust import ViewSettings, Window
from desktop.canvas.banner import Banner, Key
from desktop.canvas.pyramid import OverlayPyramid
from desktop.canvas.surface import StandIn
from desktop.jobs.comparing import (
    DIFFERENCE_STYLES,
    ONLY_LABEL,
    ONLY_PREDICTION,
    Difference,
    difference_of,
    prediction_overlay,
)

if TYPE_CHECKING:
    from desktop.canvas.view import CanvasView
    from desktop.project.provenance import Cut
    from desktop.session import Session
    from desktop.settings import Settings
    from inference.prediction import Prediction

__all__ = ["Looking", "window_from", "window_text"]

AHEAD_MS = 400
_KEPT = ("brightness", "contrast", "gamma", "channel", "clahe")

Held = Literal["", "prediction", "difference"]


class Looking:
    """The actions of the View section; restores the view settings at the start and keeps them."""

    def __init__(self, session: Session, canvas: CanvasView, settings: Settings) -> None:
        self._part = session.looking
        self._settings = settings
        self.held = HeldPlanes(session, canvas)
        self._restore(canvas)
        self._part.attach(canvas)
        self._part.settings_changed.connect(self._keep)
        self._part.keeping_changed.connect(self._keep)

    def toggle_overview(self) -> None:
        """Show or hide the small map."""
        self._part.keep(overview=not self._part.overview)

    def toggle_keep(self) -> None:
        """Keep zoom and place from image to image, or fit every image."""
        self._part.keep(place=not self._part.keep_place)

    def toggle_red_free(self) -> None:
        """The green channel alone, and back to colours."""
        self._part.set(channel="colour" if self._part.settings.channel == "green" else "green")

    def toggle_clahe(self) -> None:
        """Even local contrast, or not."""
        self._part.set(clahe=not self._part.settings.clahe)

    def reset(self) -> None:
        """Look at images as they are."""
        self._part.reset()

    @property
    def overview(self) -> bool:
        """Whether the small map is shown."""
        return self._part.overview

    @property
    def keeps_place(self) -> bool:
        """Whether zoom and place are kept from image to image."""
        return self._part.keep_place

    @property
    def red_free(self) -> bool:
        """Whether the green channel alone is shown."""
        return self._part.settings.channel == "green"

    @property
    def clahe(self) -> bool:
        """Whether local contrast is evened."""
        return self._part.settings.clahe

    @property
    def adjusted(self) -> bool:
        """Whether images look otherwise than they are."""
        return not self._part.settings.neutral

    def _restore(self, canvas: CanvasView) -> None:
        kept = self._settings
        self._part.keep(
            place=kept["view.keep_place"], settings=kept["view.keep_settings"], overview=kept["view.overview"]
        )
        canvas.pressure_used = lambda: bool(kept["tool.pressure"])
        if kept["view.keep_settings"]:
            values = {name: kept[f"view.{name}"] for name in _KEPT}
            self._part.use(ViewSettings(**values, window=window_from(kept["view.window"])))

    def _keep(self, _settings: object = None) -> None:
        part, kept = self._part, self._settings
        kept["view.keep_place"], kept["view.keep_settings"] = part.keep_place, part.keep_settings
        kept["view.overview"] = part.overview
        for name in _KEPT:
            kept[f"view.{name}"] = getattr(part.settings, name)
        kept["view.window"] = window_text(part.settings.window)


class HeldPlanes(QObject):
    """What is shown in the label's place while a key is held: the prediction, or where the two differ.

    The planes are composed behind; once the key was used in a sitting, those of the next prediction are
    composed before it is asked for.
    """

    def __init__(self, session: Session, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._held: Held = ""
        self._used = False
        self._composing = False
        self._predicted: tuple[Prediction, dict[str, Cut], OverlayPyramid] | None = None
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.setInterval(AHEAD_MS)
        self._ahead.timeout.connect(self._compose_ahead)
        session.prediction_changed.connect(self._prediction_changed)
        session.image_changed.connect(lambda _: self.let_go())
        session.entries_reset.connect(self._forget)

    def hold(self, what: Held) -> None:
        """Show this until `let_go`; what is not there yet appears when it is composed."""
        self._held, self._used = what, True
        self._show()

    def let_go(self) -> None:
        """Show the label again."""
        if self._held:
            self._held = ""
            self._canvas.set_stand_in(None)
            self._canvas.set_banner(None)

    def _cuts(self) -> dict[str, Cut]:
        session = self._session
        return {one.name: session.thresholds.cut(one.name) for one in session.schema.active_classes}

    def _at_hand(self) -> OverlayPyramid | None:
        """The planes of the current prediction at the thresholds in use, if they are composed."""
        known, prediction = self._predicted, self._session.prediction
        if known is None or known[0] is not prediction or known[1] != self._cuts():
            return None
        return known[2]

    def _show(self) -> None:
        prediction, model = self._session.prediction, self._session.model
        title = "Prediction" if self._held == "prediction" else "Difference"
        if prediction is None:
            why = "no model is in use" if model is None else "the model has not read this image yet"
            self._canvas.set_banner(Banner("No prediction", why))
            return
        overlay = self._at_hand()
        name = model.name if model is not None else ""
        self._canvas.set_banner(Banner(title, name))
        if overlay is None:
            self._compose(prediction)
        elif self._held == "prediction":
            self._canvas.set_stand_in(StandIn(overlay, self._session.styles))
        else:
            self._compare(overlay, prediction)

    def _compose(self, prediction: Prediction) -> None:
        if self._composing:
            return
        self._composing = True
        cuts = self._cuts()
        work = partial(prediction_overlay, prediction, self._session.schema, cuts)

        def done(overlay: OverlayPyramid) -> None:
            self._composing = False
            self._predicted = (prediction, cuts, overlay)
            if self._held:
                self._show()

        def failed(error: BaseException) -> None:
            self._composing = False
            self._session.problem.emit(f"The prediction cannot be shown ({error}).", "")

        self._session.run_behind(work, done, failed)

    def _compare(self, predicted: OverlayPyramid, prediction: Prediction) -> None:
        label = self._session.label
        if label is None or label.planes is None:
            return
        names = {
            one.id: one.label for one in self._session.schema.active_classes if one.name in prediction.classes
        }
        shown = [i for i, style in self._session.styles.items() if style.visible and i in names]
        work = partial(difference_of, label.planes.mask, predicted.levels[0], shown)

        def done(difference: Difference) -> None:
            if self._held == "difference" and self._session.label is label:
                self._canvas.set_stand_in(StandIn(difference.overlay, DIFFERENCE_STYLES))
                self._canvas.set_banner(_legend(difference, [names[i] for i in shown]))

        self._session.run_behind(work, done)

    def _prediction_changed(self) -> None:
        known = self._predicted
        if known is not None and known[0] is not self._session.prediction:
            self._predicted = None
        if self._held:
            self._show()
        elif self._used and self._session.prediction is not None:
            self._ahead.start()

    def _compose_ahead(self) -> None:
        prediction = self._session.prediction
        if prediction is not None and self._at_hand() is None:
            self._compose(prediction)

    def _forget(self) -> None:
        self.let_go()
        self._predicted = None
        self._composing = False  # what was under way is dropped with the folder


def _legend(difference: Difference, names: list[str]) -> Banner:
    """The banner of a difference: its colours, or that there is none."""
    where = ", ".join(names)
    if not names:
        return Banner("Difference", "no visible class is one of the model's")
    if difference.only_label == difference.only_prediction == 0:
        return Banner("No difference", where)
    keys = (
        Key(DIFFERENCE_STYLES[ONLY_LABEL].color, "only in the label"),
        Key(DIFFERENCE_STYLES[ONLY_PREDICTION].color, "only in the prediction"),
        Key("#FFFFFF", "in both"),
    )
    return Banner("Difference", where, keys)


def window_text(window: Window | None) -> str:
    """A window as the settings keep it: kind, black and white; empty: none."""
    return "" if window is None else f"{window.kind} {window.low!r} {window.high!r}"


def window_from(text: str) -> Window | None:
    """What `window_text` wrote; None for anything else."""
    parts = text.split()
    try:
        return Window(float(parts[1]), float(parts[2]), parts[0]) if len(parts) == 3 else None
    except ValueError:
        return None
