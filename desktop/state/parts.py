"""Everything that a session is made of: one line a part, in the order in which one leans on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from desktop.jobs.fine_tune import FineTune
from desktop.jobs.predicting import Predicting
from desktop.jobs.saving import Saving
from desktop.state.assessments import Assessments
from desktop.state.bulk import Bulk
from desktop.state.choices import Choices
from desktop.state.components import Components
from desktop.state.consistency import Consistency
from desktop.state.fact_keeping import FactKeeping
from desktop.state.filtering import Filtering
from desktop.state.finishing import Finishing
from desktop.state.landing import Landing
from desktop.state.late import LatePredictions
from desktop.state.layer_counts import LayerCounts
from desktop.state.layers import LayerState
from desktop.state.limits import Limits
from desktop.state.looking import Looking
from desktop.state.measuring import Measuring
from desktop.state.notes import Notes
from desktop.state.offers import Offers
from desktop.state.opening import Opening
from desktop.state.review import Review
from desktop.state.second_view import SecondView
from desktop.state.session_signals import SessionSignals
from desktop.state.showing import Showing
from desktop.state.thresholds import Thresholds
from desktop.state.timeline import Timeline
from desktop.state.viewing import Viewing

if TYPE_CHECKING:
    from desktop.session import Session


class SessionParts(SessionSignals):
    """Makes and holds the parts. Each is a QObject with signals of its own and belongs to the session."""

    def __init__(self, parent: QObject | None = None, *, predicting: Predicting | None = None) -> None:
        super().__init__(parent)
        session = cast("Session", self)
        self.showing = Showing(session)
        self.review = Review(session)
        self.layers = LayerState(session)
        self.layer_counts = LayerCounts(session)
        self.landing = Landing(session)
        self.offers = Offers(session)
        self.timeline = Timeline(session)
        self.thresholds = Thresholds(session)
        self.late = LatePredictions(session)
        self.finishing = Finishing(session)
        self.choices = Choices(session)
        self.limits = Limits(lambda: session.label, session)
        self.saving = Saving(session)
        self.predicting = predicting or Predicting(session)
        self.opening = Opening(session)
        self.looking = Looking(session, self.showing)
        self.fine_tune = FineTune(session)
        self.measuring = Measuring(session)
        self.viewing = Viewing(session)
        self.second_view = SecondView(session)
        self.components = Components(session)
        self.consistency = Consistency(session)
        self.notes = Notes(session)
        self.assessments = Assessments(session)
        self.filtering = Filtering(session)
        self.bulk = Bulk(session)
        self.fact_keeping = FactKeeping(session)
