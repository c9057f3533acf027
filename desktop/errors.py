"""The base of the errors that the application's own parts raise with a sentence for a person."""

from __future__ import annotations


class DesktopError(Exception):
    """An expected failure; `str()` is one clear English sentence that says what is wrong and what to do."""


class UsageError(DesktopError):
    """The command line itself makes no sense; ends the program with status 2."""


class SessionError(DesktopError):
    """Something was asked that makes no sense now, e.g. a stroke without an image."""
