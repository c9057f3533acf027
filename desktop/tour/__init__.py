"""The tour: the whole loop in the real window, off screen where there is no screen."""

from desktop.tour.guide import TourPlan, TourResult, run

__all__ = ["TourPlan", "TourResult", "run"]
